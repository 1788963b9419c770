"""Staff pages of the engine: data sets, training runs, checkpoints and promotions, to be read.

What is written here is written by commands, which check it; so nothing can be changed on pages.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from retouch_engine.curves import curves_svg, run_curves
from retouch_engine.licences import licence_meaning, strictest_licence
from retouch_engine.models import Checkpoint, Dataset, DatasetPhoto, Promotion, TrainingRun
from retouch_engine.selectors import INTERRUPTED, read_card, run_condition
from retouch_engine.services import SHIPPED, SKIN

NOTHING = "-"
INTERRUPTED_REASON = "its process was killed, or the machine went down: go on with train --resume"


class FactsAdmin(admin.ModelAdmin):
    """Rows that are facts: they are shown, and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: commands write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: a fact does not change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: others stand on it."""
        return False


def table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> SafeString:
    """Return an HTML table; every cell is escaped."""
    head = format_html_join("", '<th scope="col">{}</th>', ((cell,) for cell in header))
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows),
    )
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)


def preformatted(values: Any) -> SafeString:
    """Return values as indented JSON."""
    return format_html("<pre>{}</pre>", json.dumps(values, indent=2, ensure_ascii=False))


class DatasetList(ChangeList):
    """The list of data sets, with the licences of all of them in one query."""

    def get_results(self, request: HttpRequest) -> None:
        """Give each row of the page its licences."""
        super().get_results(request)
        rows = {dataset.pk: dataset for dataset in self.result_list}
        for dataset in rows.values():
            dataset.licences = set()
        photos = DatasetPhoto.objects.filter(dataset__in=rows).order_by()
        for pk, licence in photos.values_list("dataset_id", "licence").distinct():
            rows[pk].licences.add(licence)


@admin.register(Dataset)
class DatasetAdmin(FactsAdmin):
    """Imported data sets: photos per split, and the strictest licence among them."""

    list_display = ("name", "kind", "state", "train", "validation", "test", "licence", "created_at")
    list_filter = ("kind", "state")
    search_fields = ("name",)
    fields = (
        "name", "kind", "state", "source", "options", "train", "validation", "test", "licences",
        "created_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that knows licences."""
        return DatasetList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        """Count the photos of each split in the same query; augmented versions do not count."""
        counts = {
            f"{split}_photos": Count(
                "photos", filter=Q(photos__split=split, photos__augmentation=0)
            )
            for split in ("train", "validation", "test")
        }
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="train photos", ordering="train_photos")
    def train(self, dataset: Any) -> int:
        """Return how many photos are trained on."""
        return int(dataset.train_photos)

    @admin.display(description="validation photos", ordering="validation_photos")
    def validation(self, dataset: Any) -> int:
        """Return how many photos are validated on."""
        return int(dataset.validation_photos)

    @admin.display(description="test photos", ordering="test_photos")
    def test(self, dataset: Any) -> int:
        """Return how many photos are kept for the last test."""
        return int(dataset.test_photos)

    @admin.display(description="strictest licence")
    def licence(self, dataset: Any) -> str:
        """Return what a checkpoint inherits that is trained on it."""
        return strictest_licence(dataset.licences)

    @admin.display(description="licences")
    def licences(self, dataset: Dataset) -> SafeString:
        """Return how many photos of which licence and origin there are."""
        counted = dataset.photos.order_by().values_list("licence").annotate(Count("pk"))
        return table(("licence", "photos"), [(licence or "none", n) for licence, n in counted])


@admin.register(TrainingRun)
class TrainingRunAdmin(FactsAdmin):
    """Training runs with their curves."""

    list_display = ("name", "condition", "config_name", "trained_on", "samples", "started_at",
                    "finished_at")  # fmt: skip
    list_filter = ("state",)
    search_fields = ("name",)
    fields = (
        "name", "condition", "why", "trained_on", "samples", "started_at", "finished_at", "folder",
        "curves", "settings",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="state", ordering="state")
    def condition(self, run: TrainingRun) -> str:
        """Return the state; a run whose process was killed could not write down its own."""
        return run_condition(run)

    @admin.display(description="reason")
    def why(self, run: TrainingRun) -> str:
        """Return why it ended early."""
        return INTERRUPTED_REASON if run_condition(run) == INTERRUPTED else run.reason or NOTHING

    @admin.display(description="config")
    def config_name(self, run: TrainingRun) -> str:
        """Return the config's name."""
        return str(run.config.get("name", NOTHING))

    @admin.display(description="data sets")
    def trained_on(self, run: TrainingRun) -> str:
        """Return the names of the data sets."""
        return ", ".join(run.datasets)

    @admin.display(description="curves")
    def curves(self, run: TrainingRun) -> SafeString | str:
        """Draw what the run has logged so far."""
        return curves_svg(run_curves(Path(run.folder))) or "nothing is logged yet"

    @admin.display(description="config")
    def settings(self, run: TrainingRun) -> SafeString:
        """Return the whole config."""
        return preformatted(run.config)


@admin.register(Checkpoint)
class CheckpointAdmin(FactsAdmin):
    """Checkpoints with their cards."""

    list_display = ("name", "role", "state", "config_name", "licence", "created_at")
    list_filter = ("state", "role", "config_name")
    search_fields = ("name",)
    fields = (
        "name", "role", "state", "what_to_do", "config_name", "path", "sha256", "created_at",
        "licence", "meaning", "data", "metrics", "history", "card",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="what can be done")
    def what_to_do(self, checkpoint: Checkpoint) -> SafeString:
        """Return the command that makes it serve, or that takes it back."""
        if checkpoint.state == Checkpoint.State.PROMOTED:
            text, command = (
                "It serves. Take it back with",
                f"rollback_checkpoint{_role(checkpoint)}",
            )
        else:
            text = "It does not serve. Judge it, and let it serve where it passes, with"
            command = f"promote_checkpoint {checkpoint.name} --dataset NAME"
        return format_html("{} <code>manage.py {}</code>", text, command)

    @admin.display(description="what the licence means")
    def meaning(self, checkpoint: Checkpoint) -> str:
        """Return what the licence means for this installation."""
        return licence_meaning(checkpoint.licence)

    @admin.display(description="trained on")
    def data(self, checkpoint: Checkpoint) -> SafeString:
        """Return the card's collections."""
        values, problem = read_card(Path(checkpoint.path))
        keys = ("collection", "photos", "licence")
        rows = [[source.get(key, "") for key in keys] for source in values.get("data", [])]
        return table(keys, rows) if not problem else format_html("{}", problem)

    @admin.display(description="metrics")
    def metrics(self, checkpoint: Checkpoint) -> SafeString:
        """Return the card's metrics."""
        values, _ = read_card(Path(checkpoint.path))
        return table(("metric", "value"), flattened(values.get("metrics", {})))

    @admin.display(description="promotions")
    def history(self, checkpoint: Checkpoint) -> SafeString:
        """Return when it was promoted, and when that was undone."""
        rows = [
            (f"{p.created_at:%Y-%m-%d %H:%M}", p.dataset, verdict_summary(p), p.forced_reason,
             f"{p.rolled_back_at:%Y-%m-%d %H:%M}" if p.rolled_back_at else NOTHING)
            for p in checkpoint.promotions.all()
        ]  # fmt: skip
        return table(("promoted", "data set", "gates", "forced, because", "rolled back"), rows)

    @admin.display(description="card")
    def card(self, checkpoint: Checkpoint) -> SafeString:
        """Return the rest of the card: architecture, training, hashes."""
        values, _ = read_card(Path(checkpoint.path))
        shown = {k: v for k, v in values.items() if k not in ("data", "metrics")}
        return preformatted(shown)


def _role(row: Checkpoint | Promotion) -> str:
    return "" if row.role == SKIN else f" --role {row.role}"


def flattened(values: Any, name: str = "") -> list[tuple[str, str]]:
    """Return nested values as rows of (path, value), numbers with four digits after the point."""
    if isinstance(values, dict):
        parts = [flattened(value, f"{name} {key}".strip()) for key, value in values.items()]
        return [row for part in parts for row in part]
    return [(name, f"{values:.4f}" if isinstance(values, float) else str(values))]


def verdict_summary(promotion: Promotion) -> str:
    """Return how many gates passed, and which did not."""
    failed = [verdict["gate"] for verdict in promotion.verdicts if not verdict["passed"]]
    count = len(promotion.verdicts)
    summary = f"{count - len(failed)} of {count} passed"
    return f"{summary}, failed: {', '.join(failed)}" if failed else summary


@admin.register(Promotion)
class PromotionAdmin(FactsAdmin):
    """The history of promotions with their verdicts."""

    list_display = ("checkpoint", "role", "instead_of", "dataset", "summary", "forced_reason",
                    "promoted_by", "created_at", "rolled_back_at")  # fmt: skip
    list_filter = ("role", "created_at", ("rolled_back_at", admin.EmptyFieldListFilter))
    list_select_related = ("checkpoint", "replaced")
    search_fields = ("checkpoint__name", "dataset", "promoted_by")
    fields = (
        "checkpoint", "role", "sha256", "instead_of", "dataset", "split", "verdict_table",
        "forced_reason", "promoted_by", "created_at", "how_to_undo", "rolled_back_at",
        "rolled_back_by",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="how to undo it")
    def how_to_undo(self, promotion: Promotion) -> SafeString | str:
        """Return the command that undoes it, or why there is none."""
        if promotion.rolled_back_at:
            return "It was undone."
        newest = Promotion.objects.filter(role=promotion.role, rolled_back_at=None).first()
        command = format_html("<code>manage.py rollback_checkpoint{}</code>", _role(promotion))
        if newest is not None and newest.pk != promotion.pk:
            return format_html("Newer ones stand on it: {} undoes the newest first.", command)
        text = "{}: {} serves again from the next job on, without restart."
        return format_html(text, command, self.instead_of(promotion))

    @admin.display(description="instead of")
    def instead_of(self, promotion: Promotion) -> str:
        """Return what served before."""
        return promotion.replaced.name if promotion.replaced else SHIPPED

    @admin.display(description="gates")
    def summary(self, promotion: Promotion) -> str:
        """Return how many gates passed."""
        return verdict_summary(promotion)

    @admin.display(description="verdicts")
    def verdict_table(self, promotion: Promotion) -> SafeString:
        """Return every gate with its figures."""
        rows = [
            (v["gate"], "passed" if v["passed"] else "failed", v["text"])
            for v in promotion.verdicts
        ]
        return table(("gate", "verdict", "figures"), rows)
