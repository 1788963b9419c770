"""The staff side's rows: data sets and checkpoints."""

from pathlib import Path

from django.db import models


class Dataset(models.Model):
    """Imported training photos of one kind; the files stay where they lie unless copied."""

    class State(models.TextChoices):
        """Only a data set that is ready can be trained on."""

        IMPORTING = "importing"
        REFUSED = "refused"
        READY = "ready"

    name = models.SlugField(unique=True)
    kind = models.CharField(max_length=20)
    source = models.TextField(help_text="The folder or table that was imported.")
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    options = models.JSONField(default=dict, blank=True, help_text="Limit, seed and copy.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class DatasetPhoto(models.Model):
    """One photo of a data set with its targets: where they lie, checksums, split and licence.

    targets: {"target": {"path", "sha256", "top_sha256"}} for pairs, keys "a", "b", "c" for
    PPR10K's experts, empty for unpaired photos; group: photos that never part between splits;
    augmentation: 0 for the photo itself, else the number of its augmented version; width, height:
    upright, in pixels; top_sha256: hash of the first rows' pixels, to find equal pictures;
    fingerprint: changes when the plan or a file's size or time does.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="photos")
    path = models.TextField()
    sha256 = models.CharField(max_length=64)
    top_sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    targets = models.JSONField(default=dict, blank=True)
    mask = models.TextField(blank=True)
    mask_sha256 = models.CharField(max_length=64, blank=True)
    split = models.CharField(max_length=10)
    group = models.TextField(blank=True)
    augmentation = models.PositiveSmallIntegerField(default=0)
    licence = models.TextField(blank=True)
    origin = models.TextField(blank=True)
    synthetic = models.BooleanField(default=False)
    fingerprint = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "path"], name="dataset_photo_path_once")
        ]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path

    def target_path(self, expert: str = "a") -> Path | None:
        """Return the target's path: the only one, or that of a PPR10K expert; None if unpaired."""
        target = self.targets.get("target") or self.targets.get(expert)
        return Path(target["path"]) if target else None


class Checkpoint(models.Model):
    """A trained checkpoint that this installation knows by name."""

    name = models.SlugField(unique=True)
    role = models.CharField(max_length=10, default="skin")
    path = models.TextField(help_text="Path of the card (JSON); the weights lie beside it.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
