"""The upload area and an album's recipe, for any page that wants them."""

from typing import Any

from django import template
from django.conf import settings

from gallery import selectors
from gallery.forms import AlbumRecipeForm
from gallery.models import Album
from gallery.permissions import Action
from gallery.quotas import usage_of
from gallery.uploads.services import photos_owner

register = template.Library()


@register.inclusion_tag("gallery/_upload.html", takes_context=True)
def upload_area(context: dict[str, Any], album: Album | None = None) -> dict[str, Any]:
    """Show where photos are dropped, into an album or into none, to whoever may add some."""
    person = context["request"].user
    if album and not selectors.albums_for(person, Action.EDIT).filter(pk=album.pk).exists():
        return {}
    return {
        "album": album,
        "person": person,
        "csrf_token": context["csrf_token"],
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "most": f"{settings.UPLOAD_MAX_BYTES // 2**20} MB",
        # What somebody else keeps is not told to those who add to their album.
        "usage": usage_of(person) if photos_owner(person, album) == person else None,
        "waiting": selectors.photos_waiting(person, album).count(),
        "starts": album is None or album.retouch_on_upload,
    }


@register.inclusion_tag("gallery/_album_recipe.html", takes_context=True)
def album_recipe(context: dict[str, Any], album: Album) -> dict[str, Any]:
    """Show the form of the recipe by which an album's new photos are retouched."""
    form = AlbumRecipeForm.of(album)
    return {"album": album, "form": form, "csrf_token": context["csrf_token"]}
