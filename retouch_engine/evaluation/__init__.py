"""Metrics, each beside the identity row, and the painter that only validation uses."""

from .checkpoint import PhotoScore, score_checkpoint, score_table
from .lpips import Lpips, LpipsError
from .measurement import METRICS, Measured, Measurement, Row, Subject, measure, table_rows
from .metrics import EditScore, edit_score, painted_regions, paired_regions, psnr
from .painted import VALIDATION_SEED, PaintsSpots, ValidationFace, painted_scores, summary
from .validation_painter import ValidationPainter, ValidationPainterConfig

__all__ = [
    "METRICS",
    "VALIDATION_SEED",
    "EditScore",
    "Lpips",
    "LpipsError",
    "Measured",
    "Measurement",
    "PaintsSpots",
    "PhotoScore",
    "Row",
    "Subject",
    "ValidationFace",
    "ValidationPainter",
    "ValidationPainterConfig",
    "edit_score",
    "measure",
    "painted_regions",
    "painted_scores",
    "paired_regions",
    "psnr",
    "score_checkpoint",
    "score_table",
    "summary",
    "table_rows",
]
