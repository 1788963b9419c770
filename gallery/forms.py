"""Forms of the pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery.models import Album
from retouch_engine.retoucher import Recipe

STRENGTHS = ("blemishes", "evenness", "shine", "under_eyes", "light")


class AlbumForm(forms.Form):
    """A new album."""

    title = forms.CharField(max_length=120, label=_("Name of the album"))


def _strength(label: Any) -> forms.IntegerField:
    slider = forms.NumberInput(attrs={"type": "range", "step": 5})
    return forms.IntegerField(min_value=0, max_value=100, label=label, widget=slider)


class AlbumRecipeForm(forms.Form):
    """The recipe of retouches that begin in an album: strengths in percent."""

    blemishes = _strength(_("Blemishes"))
    evenness = _strength(_("Evenness"))
    shine = _strength(_("Shine"))
    under_eyes = _strength(_("Under the eyes"))
    light = _strength(_("Light"))
    keep_marks = forms.BooleanField(required=False, label=_("Keep moles and freckles"))

    @classmethod
    def of(cls, album: Album) -> "AlbumRecipeForm":
        """Return the form with an album's recipe."""
        recipe = Recipe.from_dict(album.recipe)
        percents = {name: round(100 * getattr(recipe, name)) for name in STRENGTHS}
        return cls(initial={**percents, "keep_marks": recipe.keep_marks})

    def recipe(self, album: Album) -> dict[str, Any]:
        """Return the album's recipe with what was chosen; what the form lacks stays."""
        strengths = {name: self.cleaned_data[name] / 100 for name in STRENGTHS}
        return {**album.recipe, **strengths, "keep_marks": self.cleaned_data["keep_marks"]}
