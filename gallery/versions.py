"""Finished versions: going back to one, and taking a photo's settings to others."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from gallery.errors import WishError
from gallery.models import Photo, Retouch
from gallery.presets import KEYS
from gallery.services import locked, look_hash, requeue, retouch_change, retouch_create
from retouch_engine.retoucher import Recipe


@transaction.atomic
def version_restore(*, retouch: Retouch, number: int) -> Retouch:
    """Make the next version as an earlier one was: its recipe, decisions, look and analysis.

    Raises WishError `version_missing`.
    """
    retouch = locked(retouch)
    version = retouch.versions.filter(number=number).select_related("rendition__analysis").first()
    if version is None:
        text = _("There is no finished version %(number)s.")
        raise WishError("version_missing", text % {"number": number}, 404)
    analysis = version.rendition.analysis
    return requeue(
        retouch,
        recipe=version.recipe,
        recipe_hash=look_hash(Recipe.from_dict(version.recipe), version.look),
        decisions=version.decisions,
        carried_decisions=[],
        look=version.look,
        analysis=analysis,
        checkpoint_name=version.checkpoint_name,
        checkpoint_sha256=analysis.checkpoint_sha256,
        version=F("version") + 1,
    )


@transaction.atomic
def settings_copy(*, retouch: Retouch, photos: Iterable[Photo]) -> list[dict[str, Any]]:
    """Give other photos the strengths of a retouch, each as its next version, or its first.

    Output format and decisions on marks stay each photo's own. Returns for each
    {"retouch", "restorable": the version that was newest before, None where there was none}.
    Photos that have these settings already are left out.
    """
    chosen = {key: retouch.recipe[key] for key in KEYS}
    copied: list[dict[str, Any]] = []
    for photo in photos:
        found = photo.retouches.order_by("-created_at").first()
        if photo.pk == retouch.photo_id:
            continue
        if found is None:
            made, created = retouch_create(owner=photo.owner, photo=photo, recipe=chosen)
            copied += [{"retouch": made, "restorable": None}] if created else []
        elif any(found.recipe[key] != value for key, value in chosen.items()):
            newest = found.versions.order_by("-number").first()
            changed = retouch_change(retouch=found, recipe={**found.recipe, **chosen})
            copied.append({"retouch": changed, "restorable": newest and newest.number})
    return copied
