"""The staff side's rows: data sets, training runs, checkpoints and their promotions."""

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

    def target_path(self, expert: str = "") -> Path | None:
        """Return the target's path: the only one, or that of a PPR10K expert; None if unpaired.

        expert: "" takes the first that there is.
        """
        target = self.targets.get("target") or self.targets.get(
            expert or min(self.targets, default="")
        )
        return Path(target["path"]) if target else None


class TrainingRun(models.Model):
    """One `train` command, from its start to its end or its last resumption.

    A run that was killed cannot say so: its state stays `running` until it is resumed, and
    `selectors.run_condition` tells it from one that a process trains.
    """

    class State(models.TextChoices):
        """Stopped runs are saved and go on with --resume; failed ones say why."""

        RUNNING = "running"
        FINISHED = "finished"
        STOPPED = "stopped"
        FAILED = "failed"

    name = models.SlugField(unique=True)
    config = models.JSONField(default=dict)
    datasets = models.JSONField(default=list, help_text="Names of the data sets.")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    reason = models.TextField(blank=True, help_text="Why it stopped or failed.")
    samples = models.PositiveBigIntegerField(default=0, help_text="Crops seen when it ended.")
    folder = models.TextField(help_text="Config, log, TensorBoard events, state, checkpoint.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.name


class Checkpoint(models.Model):
    """A trained checkpoint that this installation knows by name.

    Retouches use the promoted one of a role; the shipped one, which has no row, where none is.
    """

    class State(models.TextChoices):
        """Candidate until it is promoted; retired when another takes its place."""

        CANDIDATE = "candidate"
        PROMOTED = "promoted"
        RETIRED = "retired"

    name = models.SlugField(unique=True)
    role = models.CharField(max_length=10, default="skin")
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    path = models.TextField(help_text="Path of the card (JSON); the weights lie beside it.")
    sha256 = models.CharField(max_length=64)
    config_name = models.CharField(max_length=100, blank=True, help_text="It was trained with.")
    licence = models.TextField(blank=True, help_text="The strictest of its training data's.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["role"],
                condition=models.Q(state="promoted"),
                name="one_promoted_checkpoint_per_role",
            )
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """One promotion: a fact of the past, but for the moment it was rolled back.

    replaced: None for the shipped checkpoint; sha256: of the safetensors then; verdicts:
    [{"gate", "passed", "figures"}]; forced_reason: why it was promoted against a verdict.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="promotions")
    replaced = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    role = models.CharField(max_length=10, default="skin")
    sha256 = models.CharField(max_length=64)
    dataset = models.CharField(max_length=50)
    split = models.CharField(max_length=10)
    verdicts = models.JSONField(default=list)
    forced_reason = models.TextField(blank=True)
    promoted_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    rolled_back_at = models.DateTimeField(null=True, blank=True)
    rolled_back_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.checkpoint} on {self.created_at:%Y-%m-%d %H:%M}"
