"""What every test of training starts from."""

from collections.abc import Iterator

import pytest
import torch

from retouch_engine.training import TrainingFace
from tests.support.training import tiny_faces


@pytest.fixture(scope="module")
def faces() -> list[TrainingFace]:
    return tiny_faces()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks are slower on several threads, much slower beside other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
