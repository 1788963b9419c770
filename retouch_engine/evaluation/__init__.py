"""Metrics, each beside the identity row, and the painter that only validation uses."""

from .consistency import GroupMeasures
from .judging import judged, retouching
from .lpips import Lpips, LpipsError
from .measurement import METRICS, Measured, Measurement, Row, Subject, measure, table_rows
from .metrics import EditScore, edit_score, painted_regions, paired_regions, psnr
from .painted import VALIDATION_SEED, PaintsSpots, ValidationFace, painted_scores, summary
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
from .subjects import EvaluationPhoto, SubjectError, subjects
from .validation_painter import ValidationPainter, ValidationPainterConfig

__all__ = [
    "METRICS",
    "VALIDATION_SEED",
    "EditScore",
    "EvaluationPhoto",
    "GroupMeasures",
    "Lpips",
    "LpipsError",
    "Measured",
    "Measurement",
    "PaintsSpots",
    "Row",
    "Subject",
    "SubjectError",
    "ValidationFace",
    "ValidationPainter",
    "ValidationPainterConfig",
    "artefact_shares",
    "artefacts_text",
    "edit_score",
    "finite",
    "groups_json",
    "groups_text",
    "interval_json",
    "interval_text",
    "judged",
    "measure",
    "measured_json",
    "painted_regions",
    "painted_scores",
    "paired_regions",
    "psnr",
    "retouching",
    "rows_json",
    "subjects",
    "summary",
    "table_rows",
    "text_tables",
]
