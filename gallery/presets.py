"""Presets: the built-in ones, and a person's own."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from gallery.errors import WishError
from gallery.models import Preset
from gallery.permissions import Person
from gallery.selectors import presets_for
from retouch_engine.retoucher import CONCERNS, Recipe

MOST_PRESETS = 50
LONGEST_NAME = 60
KEYS = (*CONCERNS, "keep_marks")
# What a preset does not name is 0.
BUILT_IN = (
    (gettext_lazy("Natural"), {"blemishes": 0.8, "light": 0.4}),
    (gettext_lazy("Clean"), {"blemishes": 1.0, "light": 0.5}),
    (
        gettext_lazy("Studio"),
        {"blemishes": 1.0, "evenness": 0.3, "shine": 0.4, "under_eyes": 0.4, "light": 0.8},
    ),
)


def built_in_presets() -> list[dict[str, Any]]:
    """Return the presets that everybody has: name, and recipe without an output format."""
    nothing = dict.fromkeys(CONCERNS, 0.0)
    return [
        {"name": str(name), "recipe": preset_recipe({**nothing, **wanted})}
        for name, wanted in BUILT_IN
    ]


def preset_choices(person: Person, base: Mapping[str, Any] | None = None) -> list[dict[str, str]]:
    """Return everybody's presets, then the person's own, oldest first, for pages that offer them.

    Each has an id (empty for everybody's), a name, and its recipe as JSON, laid over `base`.
    """
    rows = [("", one["name"], one["recipe"]) for one in built_in_presets()]
    own = presets_for(person).order_by("created_at")
    rows += [(str(one.pk), one.name, one.recipe) for one in own]
    return [
        {"id": key, "name": name, "recipe": json.dumps({**(base or {}), **recipe})}
        for key, name, recipe in rows
    ]


def preset_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a preset keeps of a recipe: no output format; raises RecipeError."""
    complete = Recipe.from_dict(recipe).to_dict()
    return {key: complete[key] for key in KEYS}


def preset_create(*, owner: User, name: str, recipe: Mapping[str, Any]) -> Preset:
    """Save settings under a name; raises RecipeError, WishError where the name is taken."""
    kept = preset_recipe(recipe)
    if Preset.objects.filter(owner=owner).count() >= MOST_PRESETS:
        text = _("You have %(count)s presets already: delete one first.")
        raise WishError("too_many_presets", text % {"count": MOST_PRESETS})
    return _save(Preset(owner=owner, recipe=kept), name)


def preset_change(
    *, preset: Preset, name: str | None = None, recipe: Mapping[str, Any] | None = None
) -> Preset:
    """Rename a preset or change what it holds; raises RecipeError, WishError."""
    if recipe is not None:
        preset.recipe = preset_recipe(recipe)
    return _save(preset, preset.name if name is None else name)


def preset_delete(*, preset: Preset) -> None:
    """Delete a preset; photos that were retouched with it stay as they are."""
    preset.delete()


def _save(preset: Preset, name: str) -> Preset:
    preset.name = name.strip()
    if not 0 < len(preset.name) <= LONGEST_NAME:
        text = _("A preset needs a name of at most %(count)s characters.")
        raise WishError("invalid_name", text % {"count": LONGEST_NAME}, 400)
    try:
        with transaction.atomic():
            preset.save()
    except IntegrityError as error:
        raise WishError("name_taken", _("You have a preset of this name already.")) from error
    return preset
