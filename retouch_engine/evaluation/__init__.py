"""Metrics, each beside the identity row."""

from .checkpoint import PhotoScore, score_checkpoint, score_table
from .metrics import EditScore, edit_score, psnr
from .painted import VALIDATION_SEED, ValidationFace, painted_scores, summary

__all__ = [
    "VALIDATION_SEED",
    "EditScore",
    "PhotoScore",
    "ValidationFace",
    "edit_score",
    "painted_scores",
    "psnr",
    "score_checkpoint",
    "score_table",
    "summary",
]
