"""The three actors, and what the owner owns."""

import io

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import api_key_create, user_create
from gallery import services
from gallery.models import Photo


@pytest.fixture
def owner(db: None) -> User:
    return user_create(email="owner@example.org", password="a-long-password")


@pytest.fixture
def stranger(db: None) -> User:
    return user_create(email="stranger@example.org", password="a-long-password")


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("staff@example.org", "a-long-password")


def api(user: User | None) -> APIClient:
    """Return an API client signed in as `user`."""
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


def program(user: User, scopes: list[str] | None = None) -> APIClient:
    """Return an API client with a bearer key of `user`."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {api_key_create(user=user, scopes=scopes)[1]}")
    return client


@pytest.fixture
def photo(owner: User, portrait_jpeg: bytes) -> Photo:
    created, _ = services.photo_create(
        owner=owner, file=io.BytesIO(portrait_jpeg), name="portrait.jpg"
    )
    return created
