"""Forms of the pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AlbumForm(forms.Form):
    """A new album."""

    title = forms.CharField(max_length=120, label=_("Name of the album"))
