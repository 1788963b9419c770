"""What the queue calls: a dotted path each, one id, no logic."""

from gallery import erasure, errands, exports, groups, previews, runs, tiles
from gallery.sharing import sitters
from gallery.uploads import sweeping
from gallery.webhooks import delivery


def retouch_run(identifier: str) -> None:
    """Run the retouch of job `{row id}-{number}`."""
    runs.retouch_run(identifier)


def retouch_sweep(live: set[str]) -> None:
    """Give lost retouches back to the queue."""
    runs.retouch_sweep(live)


def photo_preview_run(identifier: str) -> None:
    """Make the small pictures of the photo of job `{row id}-{number}`."""
    previews.photo_preview_run(identifier)


def photo_preview_sweep(live: set[str]) -> None:
    """Enqueue photos whose small pictures nobody makes."""
    previews.photo_preview_sweep(live)


def group_run(identifier: str) -> None:
    """Agree on the tone of the group of job `{row id}-{number}`."""
    groups.group_run(identifier)


def group_sweep(live: set[str]) -> None:
    """Take the steps of groups that nobody took."""
    groups.group_sweep(live)


def trash_sweep(live: set[str]) -> None:
    """Erase what lay in the trash for long enough, and remove files that are left of it."""
    erasure.trash_sweep()
    erasure.removals_sweep()


def tiles_run(identifier: str) -> None:
    """Cut the picture of job `{row id}-{number}` into tiles."""
    tiles.tiles_run(identifier)


def export_run(identifier: str) -> None:
    """Write the file of job `{row id}-{number}`."""
    exports.export_run(identifier)


def errand_sweep(live: set[str]) -> None:
    """Give lost errands back to the queue, and remove files whose time is over."""
    errands.errands_sweep(live)
    exports.exports_sweep()


def sitters_sweep(live: set[str]) -> None:
    """Erase the photos of sitters whose day has come."""
    sitters.sitters_sweep()


def webhook_deliver(identifier: str) -> None:
    """Try the webhook delivery of job `{row id}-{number}`."""
    delivery.webhook_deliver(identifier)


def webhook_sweep(live: set[str]) -> None:
    """Take webhook deliveries whose time has come, and forget old ones."""
    delivery.webhook_sweep(live)


def upload_sweep(live: set[str]) -> None:
    """Forget uploads that nobody continued in time."""
    sweeping.upload_sweep()
