"""What album and photo pages show of sharing, so that their views need not know of it."""

from typing import Any

from django import template
from django.template import RequestContext

from gallery import selectors
from gallery.models import Album, Photo
from gallery.permissions import Action
from gallery.sharing import proofs, sitters

register = template.Library()


@register.inclusion_tag("gallery/_album_sharing.html", takes_context=True)
def album_sharing(context: RequestContext, album: Album) -> dict[str, Any]:
    """Show who may see an album, what guests say, and whose photos will be erased soon."""
    user = context["user"]
    actions = selectors.actions_on_album(user, album)
    shown: dict[str, Any] = {"album": album, "actions": actions, "request": context["request"]}
    if Action.EDIT in actions and proofs.is_proofed(album):
        shown["counts"] = proofs.counts_of(user, album)
    if Action.MANAGE in actions:
        shown["people"] = album.roles.count()
        shown["open_links"] = album.share_links.open().count()
        shown["erased_soon"] = sitters.erased_soon(album)
    return shown


@register.inclusion_tag("gallery/_photo_proofs.html", takes_context=True)
def photo_feedback(context: RequestContext, photo: Photo) -> dict[str, Any]:
    """Show what guests say of a photo to those who may edit it."""
    user = context["user"]
    may_edit = Action.EDIT in selectors.actions_on_photo(user, photo)
    said = proofs.feedback_on(user, [photo]).get(photo.pk, []) if may_edit else []
    return {"photo": photo, "said": said, "may_edit": may_edit}
