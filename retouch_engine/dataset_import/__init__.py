"""Importing training data: read a layout, check every file, keep one manifest with checksums."""

from .importing import LAYOUTS, ImportOptions, dataset_import, dataset_plan
from .plan import DatasetError, DatasetRefusedError, PlannedPhoto, Problem
from .recording import ImportReport
from .splits import parse_limit

__all__ = [
    "LAYOUTS",
    "DatasetError",
    "DatasetRefusedError",
    "ImportOptions",
    "ImportReport",
    "PlannedPhoto",
    "Problem",
    "dataset_import",
    "dataset_plan",
    "parse_limit",
]
