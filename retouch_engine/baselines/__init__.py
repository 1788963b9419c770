"""Methods without learning: what the generator has to beat, and the ends of the scale.

`METHODS` holds them by the name that tables and commands use. None of them needs weights.
"""

from .frequency_separation import FrequencySeparation
from .method import Method
from .reference_methods import Identity, OracleInpainting
from .skin_decomposition import SkinDecomposition

METHODS: dict[str, Method] = {
    method.name: method
    for method in (Identity(), SkinDecomposition(), FrequencySeparation(), OracleInpainting())
}

__all__ = [
    "METHODS",
    "FrequencySeparation",
    "Identity",
    "Method",
    "OracleInpainting",
    "SkinDecomposition",
]
