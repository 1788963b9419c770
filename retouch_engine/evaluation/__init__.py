"""Metrics, each beside the identity row, and the painter that only validation uses."""

from .checkpoint import PhotoScore, score_checkpoint, score_table
from .judging import judged, retouching
from .lpips import Lpips, LpipsError
from .measurement import METRICS, Measured, Measurement, Row, Subject, measure, table_rows
from .metrics import EditScore, edit_score, painted_regions, paired_regions, psnr
from .painted import VALIDATION_SEED, PaintsSpots, ValidationFace, painted_scores, summary
from .subjects import EvaluationPhoto, SubjectError, subjects
from .validation_painter import ValidationPainter, ValidationPainterConfig

__all__ = [
    "METRICS",
    "VALIDATION_SEED",
    "EditScore",
    "EvaluationPhoto",
    "Lpips",
    "LpipsError",
    "Measured",
    "Measurement",
    "PaintsSpots",
    "PhotoScore",
    "Row",
    "Subject",
    "SubjectError",
    "ValidationFace",
    "ValidationPainter",
    "ValidationPainterConfig",
    "edit_score",
    "judged",
    "measure",
    "painted_regions",
    "painted_scores",
    "paired_regions",
    "psnr",
    "retouching",
    "score_checkpoint",
    "score_table",
    "subjects",
    "summary",
    "table_rows",
]
