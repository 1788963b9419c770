"""Forms of the pages."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models import Album, AlbumRole, Feedback
from gallery.models.sharing import LONGEST_COMMENT
from gallery.sharing.links import LONGEST_PASSWORD
from retouch_engine.retoucher import Recipe

# A day after it and a time zone must still fit into a date.
LAST_DAY = date(8999, 12, 31)
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


class FeedbackForm(forms.Form):
    """What a guest says of a photo: a verdict, a comment, or both."""

    verdict = forms.ChoiceField(choices=Feedback.Verdict.choices, required=False)
    comment = forms.CharField(max_length=LONGEST_COMMENT, required=False, strip=True)

    def said(self) -> dict[str, str]:
        """Return what was sent; what was not sent stays as it was."""
        said = {name: self.cleaned_data[name] for name in self.fields if name in self.data}
        return {name: value for name, value in said.items() if value or name == "comment"}


class RoleForm(forms.Form):
    """Somebody's role on an album."""

    email = forms.CharField(
        max_length=254,
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(choices=AlbumRole.Role.choices, label=_("Role"))
    may_download = forms.BooleanField(required=False, initial=True, label=_("May download"))


class RoleChangeForm(RoleForm):
    """Another role for the same person."""

    email = None  # type: ignore[assignment]


class LinkForm(forms.Form):
    """A share link's settings."""

    title = forms.CharField(max_length=120, required=False, label=_("Heading that guests see"))
    expires_on = forms.DateField(
        required=False,
        label=_("Last day"),
        help_text=_("Empty: until you revoke it."),
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_PASSWORD,
        label=_("Password"),
        help_text=_("Empty: whoever has the link may look."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    may_download = forms.BooleanField(required=False, label=_("Guests may download the results"))
    shows_originals = forms.BooleanField(
        required=False, initial=True, label=_("Guests see the originals beside the results")
    )

    def settings(self) -> dict[str, Any]:
        """Return what the service takes; the last day counts whole."""
        chosen = dict(self.cleaned_data)
        day = chosen.pop("expires_on")
        if day is not None:
            end = datetime.combine(day + timedelta(days=1), time.min)
            chosen["expires_at"] = timezone.make_aware(end)
        else:
            chosen["expires_at"] = None
        return chosen


class SitterForm(forms.Form):
    """Who is on some photos, what they agreed to, and the day on which all of it goes."""

    sitter_name = forms.CharField(max_length=120, label=_("Name of the person"))
    consent_note = forms.CharField(
        max_length=2000,
        required=False,
        label=_("What was agreed"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    delete_by = forms.DateField(
        required=False,
        label=_("Erase everything on"),
        help_text=_("Empty: nothing is erased by itself."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
