"""Settings that a person saved under a name."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower


class Preset(models.Model):
    """A person's own preset; `recipe` holds strengths and `keep_marks`, no output format."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets"
    )
    name = models.CharField(max_length=60)
    recipe = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint("owner", Lower("name"), name="preset_name_once")
        ]

    def __str__(self) -> str:
        return f"preset {self.pk}"
