"""Files that nothing refers to any more and that still have to go."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

# Who wrote the row removes the file itself; the sweeper is there for those that did not get to it.
GRACE = timedelta(minutes=1)


def _soon() -> datetime:
    return timezone.now() + GRACE


class FileRemoval(models.Model):
    """A stored file whose rows are gone, written with their deletion; `due_at` is the next try."""

    name = models.CharField(max_length=300)
    due_at = models.DateTimeField(default=_soon)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return self.name
