"""Fixtures shared by all rooms."""

from collections.abc import Iterator

import pytest
from django.utils import translation

pytest_plugins = [
    "tests.support.redis",
    "tests.support.portraits",
    "tests.support.people",
    "tests.support.webhook_receiver",
]


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """End the language that a request of the test's client began, as a server's next one does."""
    yield
    translation.deactivate()
