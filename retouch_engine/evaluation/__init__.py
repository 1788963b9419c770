"""Metrics, each beside the identity row, and the painter that only validation uses."""

from .band_scores import BandScores, band_scores
from .clean_portraits import CleanScore, clean_rows, clean_score, read_clean_list
from .concern_painter import CONCERNS, FaceToPaint, paint_concern
from .concern_scores import ConcernScores, concern_rows, concern_scores
from .consistency import GroupMeasures
from .default_scores import DefaultScore, DefaultScores, default_rows, default_score
from .examination import Examination, Examined
from .examination_report import examination_json, examination_rows, examination_text
from .judging import judged, retouching
from .lpips import Lpips, LpipsError
from .measurement import METRICS, Measured, Measurement, Row, Subject, measure, table_rows
from .metrics import EditScore, edit_score, painted_regions, paired_regions, psnr
from .painted import VALIDATION_SEED, PaintsSpots, ValidationFace, painted_scores, summary
from .protocol import Protocol
from .report import (
    artefact_shares,
    artefacts_text,
    finite,
    groups_json,
    groups_text,
    interval_json,
    interval_text,
    measured_json,
    rows_json,
    text_tables,
)
from .spot_rows import SpotScores, kept_rows, sort_rows
from .spot_scores import SortError, SpotOutcome, sort_errors, spot_outcomes
from .spot_truth import SORTS, PaintedSpot, PaintedSpots, SpotTruth
from .subjects import EvaluationPhoto, SubjectError, subjects
from .validation_painter import ValidationPainter, ValidationPainterConfig

__all__ = [
    "CONCERNS",
    "METRICS",
    "SORTS",
    "VALIDATION_SEED",
    "BandScores",
    "CleanScore",
    "ConcernScores",
    "DefaultScore",
    "DefaultScores",
    "EditScore",
    "EvaluationPhoto",
    "Examination",
    "Examined",
    "FaceToPaint",
    "GroupMeasures",
    "Lpips",
    "LpipsError",
    "Measured",
    "Measurement",
    "PaintedSpot",
    "PaintedSpots",
    "PaintsSpots",
    "Protocol",
    "Row",
    "SortError",
    "SpotOutcome",
    "SpotScores",
    "SpotTruth",
    "Subject",
    "SubjectError",
    "ValidationFace",
    "ValidationPainter",
    "ValidationPainterConfig",
    "artefact_shares",
    "artefacts_text",
    "band_scores",
    "clean_rows",
    "clean_score",
    "concern_rows",
    "concern_scores",
    "default_rows",
    "default_score",
    "edit_score",
    "examination_json",
    "examination_rows",
    "examination_text",
    "finite",
    "groups_json",
    "groups_text",
    "interval_json",
    "interval_text",
    "judged",
    "kept_rows",
    "measure",
    "measured_json",
    "paint_concern",
    "painted_regions",
    "painted_scores",
    "paired_regions",
    "psnr",
    "read_clean_list",
    "retouching",
    "rows_json",
    "sort_errors",
    "sort_rows",
    "spot_outcomes",
    "subjects",
    "summary",
    "table_rows",
    "text_tables",
]
