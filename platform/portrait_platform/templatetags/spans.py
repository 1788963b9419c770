"""Spans of time in a few letters."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()
MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.filter
def span(seconds: float | None) -> str:
    """Return seconds as `0.4 s`, `12 s`, `3 min`, `2 h 5 min` or `4 d`."""
    if seconds is None:
        return "–"
    if seconds < MINUTE:
        return _("%(n)s s") % {"n": f"{seconds:.1f}" if seconds < 10 else round(seconds)}
    if seconds < HOUR:
        return _("%(n)s min") % {"n": int(seconds // MINUTE)}
    if seconds < DAY:
        hours, rest = divmod(int(seconds), HOUR)
        return _("%(h)s h %(n)s min") % {"h": hours, "n": rest // MINUTE}
    return _("%(n)s d") % {"n": int(seconds // DAY)}


@register.filter
def age(moment: datetime | None) -> str:
    """Return how long ago something was, as `span` writes it."""
    return span((timezone.now() - moment).total_seconds()) if moment else span(None)
