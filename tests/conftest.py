"""Fixtures shared by all rooms."""

pytest_plugins = [
    "tests.support.redis",
    "tests.support.portraits",
    "tests.support.people",
    "tests.support.webhook_receiver",
]
