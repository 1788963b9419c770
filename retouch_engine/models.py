"""The staff side's rows: data sets and checkpoints."""

from django.db import models


class Dataset(models.Model):
    """Imported training photos of one kind; the files stay where they lie."""

    name = models.SlugField(unique=True)
    kind = models.CharField(max_length=20)
    source = models.TextField(help_text="The folder that was imported.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class DatasetPhoto(models.Model):
    """One photo of a data set: where it lies, its checksum, split and licence."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="photos")
    path = models.TextField()
    sha256 = models.CharField(max_length=64)
    split = models.CharField(max_length=10)
    licence = models.TextField(blank=True)
    origin = models.TextField(blank=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "path"], name="dataset_photo_path_once")
        ]
        ordering = ["path"]

    def __str__(self) -> str:
        return self.path


class Checkpoint(models.Model):
    """A trained checkpoint that this installation knows by name."""

    name = models.SlugField(unique=True)
    role = models.CharField(max_length=10, default="skin")
    path = models.TextField(help_text="Path of the card (JSON); the weights lie beside it.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
