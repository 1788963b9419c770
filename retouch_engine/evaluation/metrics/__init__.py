"""Metrics as pure functions of numpy arrays; pictures are uint8 sRGB (H, W, 3)."""

from .colour import (
    TONE_BANDS,
    TONE_BOUNDS,
    delta_e_2000,
    delta_e_ab,
    ita,
    lab_to_srgb,
    srgb_to_lab,
    tone_band,
)
from .edits import (
    INSIDE_DENSITY,
    OUTSIDE_DENSITY,
    EditRegions,
    EditScore,
    change_map,
    edit_score,
    fixed_share,
    mean_error,
    painted_regions,
    paired_regions,
    soft_iou,
)
from .fidelity import SSIM_NOTE, mean_squared_error, psnr, ssim
from .groups import delta_e, delta_e_hc, group_level_consistency, mean_chromaticity, psnr_hc
from .skin import ToneShift, texture_kept, tone_shift
from .statistics import (
    UNPROVEN_BELOW,
    Interval,
    bootstrap_difference,
    bootstrap_mean,
    bootstrap_reduction,
)

__all__ = [
    "INSIDE_DENSITY",
    "OUTSIDE_DENSITY",
    "SSIM_NOTE",
    "TONE_BANDS",
    "TONE_BOUNDS",
    "UNPROVEN_BELOW",
    "EditRegions",
    "EditScore",
    "Interval",
    "ToneShift",
    "bootstrap_difference",
    "bootstrap_mean",
    "bootstrap_reduction",
    "change_map",
    "delta_e",
    "delta_e_2000",
    "delta_e_ab",
    "delta_e_hc",
    "edit_score",
    "fixed_share",
    "group_level_consistency",
    "ita",
    "lab_to_srgb",
    "mean_chromaticity",
    "mean_error",
    "mean_squared_error",
    "painted_regions",
    "paired_regions",
    "psnr",
    "psnr_hc",
    "soft_iou",
    "srgb_to_lab",
    "ssim",
    "texture_kept",
    "tone_band",
    "tone_shift",
]
