"""nn.Modules only: the coarse-to-fine edit generator."""

from .edit_generator import (
    EditGenerator,
    EditGeneratorConfig,
    EditPrediction,
    ExportedGenerator,
)

__all__ = ["EditGenerator", "EditGeneratorConfig", "EditPrediction", "ExportedGenerator"]
