"""Metrics, each beside the identity row."""

from .metrics import EditScore, edit_score, psnr
from .painted import VALIDATION_SEED, ValidationFace, painted_scores, summary

__all__ = [
    "VALIDATION_SEED",
    "EditScore",
    "ValidationFace",
    "edit_score",
    "painted_scores",
    "psnr",
    "summary",
]
