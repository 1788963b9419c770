"""The queue: every wish with its state and reason, to be run again or cancelled."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from gallery import services
from gallery.admin.facts import FactsAdmin
from gallery.errors import WishError
from gallery.models import Retouch


@admin.register(Retouch)
class RetouchAdmin(FactsAdmin):
    """What was wished and how it went; people's photos are not shown."""

    list_display = ("short_id", "status", "error_code", "share", "owner", "version", "attempt",
                    "queued_at", "waited", "took")  # fmt: skip
    list_filter = ("status", "error_code", "queued_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "=photo__id", "owner__email")
    search_help_text = "The id of a retouch or of its photo, or an e-mail address."
    ordering = ("-queued_at",)
    actions = ["requeue_selected", "cancel_selected"]
    fields = (
        "id", "owner", "photo", "status", "share", "error_code", "error_detail", "version",
        "attempt", "enqueue_number", "recipe", "checkpoint_name", "checkpoint_sha256",
        "created_at", "queued_at", "started_at", "finished_at",
    )  # fmt: skip

    @admin.display(description="id", ordering="id")
    def short_id(self, retouch: Retouch) -> str:
        """Return enough of the id to tell rows of a page apart."""
        return str(retouch.pk)[:8]

    @admin.display(description="progress", ordering="progress")
    def share(self, retouch: Retouch) -> str:
        """Return the progress in percent."""
        return f"{retouch.progress:.0%}"

    @admin.display(description="waited", ordering=F("started_at") - F("queued_at"))
    def waited(self, retouch: Retouch) -> str:
        """Return how long it has waited for a worker, or did."""
        is_queued = retouch.status == Retouch.Status.QUEUED
        end = timezone.now() if is_queued else retouch.started_at
        return f"{(end - retouch.queued_at).total_seconds():.0f} s" if end else "-"

    @admin.display(description="took", ordering=F("finished_at") - F("started_at"))
    def took(self, retouch: Retouch) -> str:
        """Return how long it has run, or did."""
        begin, running = retouch.started_at, retouch.status == Retouch.Status.RUNNING
        end = timezone.now() if running else retouch.finished_at
        return f"{(end - begin).total_seconds():.1f} s" if begin and end else "-"

    @admin.action(description="Requeue selected (failed or cancelled)", permissions=["change"])
    def requeue_selected(self, request: HttpRequest, chosen: QuerySet[Retouch]) -> None:
        """Run failed and cancelled retouches again under the next number."""
        count = self._each(request, chosen, "requeued", _requeue)
        text = ngettext("%(n)s retouch was requeued.", "%(n)s retouches were requeued.", count)
        self._report(request, text, count, len(chosen), "only failed and cancelled ones can be")

    @admin.action(description="Cancel selected (waiting or running)", permissions=["change"])
    def cancel_selected(self, request: HttpRequest, chosen: QuerySet[Retouch]) -> None:
        """Cancel unfinished retouches; a running job has no say any more."""
        count = self._each(request, chosen, "cancelled", _cancel)
        text = ngettext("%(n)s retouch was cancelled.", "%(n)s retouches were cancelled.", count)
        self._report(request, text, count, len(chosen), "only unfinished ones can be")

    def _each(
        self,
        request: HttpRequest,
        chosen: QuerySet[Retouch],
        what: str,
        do: Callable[[Retouch], bool],
    ) -> int:
        done = [retouch for retouch in chosen if do(retouch)]
        for retouch in done:
            self.log_change(request, retouch, what)
        return len(done)

    def _report(self, request: HttpRequest, text: str, count: int, of: int, rule: str) -> None:
        level = messages.SUCCESS if count == of else messages.WARNING
        rest = f" {of - count} stayed as they were: {rule}." if count < of else ""
        self.message_user(request, text % {"n": count} + rest, level)


def _requeue(retouch: Retouch) -> bool:
    try:
        services.retouch_retry(retouch=retouch)
    except WishError:
        return False
    return True


def _cancel(retouch: Retouch) -> bool:
    before = retouch.status
    return services.retouch_cancel(retouch=retouch).status == "cancelled" != before
