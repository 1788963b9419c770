"""Pages on which owners say who may look: roles on albums and share links."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gallery import selectors
from gallery.errors import WishError
from gallery.forms import LinkForm, RoleChangeForm, RoleForm
from gallery.models import AlbumRole, ShareLink
from gallery.permissions import Action
from gallery.sharing import links, records, roles

NEWEST_RECORDS = 100
USUAL_DAYS = timedelta(days=30)


@login_required
def album_access(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show who may see an album and what happened to it; give roles."""
    album = selectors.album_for(request.user, album_id, Action.MANAGE)
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given, _new = roles.role_give(album=album, **form.cleaned_data)
        except WishError as error:
            form.add_error("email", error.detail)
        else:
            messages.success(request, _("Access for %(email)s.") % {"email": given.email})
            return redirect("gallery:album_access", album_id=album.pk)
    context = {
        "album": album,
        "form": form,
        "roles": selectors.roles_of(album),
        "role_choices": AlbumRole.Role.choices,
        "links": selectors.links_for(request.user).filter(album=album),
        "records": records.records_of_album(album, NEWEST_RECORDS),
    }
    return render(request, "gallery/album_access.html", context)


@login_required
@require_GET
def album_part(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show the part of an album's page that guests change."""
    album = selectors.album_for(request.user, album_id)
    return render(request, "gallery/album_sharing.html", {"album": album})


@login_required
@require_POST
def role_change(request: HttpRequest, album_id: UUID, role_id: UUID) -> HttpResponse:
    """Give somebody another role."""
    album = selectors.album_for(request.user, album_id, Action.MANAGE)
    role = selectors.role_of(album, role_id)
    form = RoleChangeForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data
        roles.role_change(role=role, to=wanted["role"], may_download=wanted["may_download"])
        messages.success(request, _("Access for %(email)s.") % {"email": role.email})
    return redirect("gallery:album_access", album_id=album.pk)


@login_required
@require_POST
def role_remove(request: HttpRequest, album_id: UUID, role_id: UUID) -> HttpResponse:
    """Take a role away."""
    album = selectors.album_for(request.user, album_id, Action.MANAGE)
    role = selectors.role_of(album, role_id)
    roles.role_remove(role=role)
    messages.info(request, _("%(email)s has no access any more.") % {"email": role.email})
    return redirect("gallery:album_access", album_id=album.pk)


@login_required
@require_POST
def album_leave(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Give one's own role on somebody's album back."""
    album = selectors.album_for(request.user, album_id)
    if roles.album_leave(album=album, person=request.user):  # type: ignore[arg-type]
        messages.info(request, _("You have left the album %(title)s.") % {"title": album.title})
    return redirect("gallery:album_list")


@login_required
@require_GET
def link_list(request: HttpRequest) -> HttpResponse:
    """Show the person's share links."""
    return render(request, "gallery/link_list.html", {"links": selectors.links_for(request.user)})


@login_required
def link_new(request: HttpRequest) -> HttpResponse:
    """Make a link to `?album=ID`, or to the photos of `?photo=ID&photo=ID`."""
    named = request.POST if request.method == "POST" else request.GET
    album = None
    if named.get("album"):
        album = selectors.album_for(request.user, named["album"], Action.MANAGE)
    identifiers = [UUID(text) for text in named.getlist("photo") if _is_uuid(text)]
    photos = selectors.photos_named(request.user, identifiers, Action.MANAGE)
    first = {
        "title": album.title if album else "",
        "expires_on": timezone.localdate() + USUAL_DAYS,
        "shows_originals": True,
    }
    form = LinkForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            link, token = links.link_create(
                owner=request.user,  # type: ignore[arg-type]
                album=album,
                photos=() if album else photos,
                **form.settings(),
            )
        except WishError as error:
            form.add_error(None, error.detail)
        else:
            return _show_once(request, link, token)
    context = {"form": form, "album": album, "photos": photos}
    return render(request, "gallery/link_new.html", context)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _show_once(request: HttpRequest, link: ShareLink, token: str) -> HttpResponse:
    # The next page takes it out again: a reload makes no second link and shows none.
    request.session["new_link"] = {"id": str(link.pk), "token": token}
    return redirect("gallery:link_detail", link_id=link.pk)


@login_required
def link_detail(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Show and change a link; its address is shown once, right after it was made."""
    link = selectors.link_for(request.user, link_id)
    initial = {
        "title": link.title,
        "expires_on": link.last_day,
        "may_download": link.may_download,
        "shows_originals": link.shows_originals,
    }
    form = LinkForm(request.POST or None, initial=initial)
    del form.fields["password"]
    if request.method == "POST" and form.is_valid():
        wanted = form.settings()
        wanted["title"] = wanted["title"] or link.title
        try:
            links.link_change(link=link, **wanted)
        except WishError as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, _("Saved."))
            return redirect("gallery:link_detail", link_id=link.pk)
    context = {
        "link": link,
        "form": form,
        "address": _new_address(request, link),
        "records": records.records_of_link(link, NEWEST_RECORDS),
        "guests": link.guests.order_by("created_at"),
    }
    return render(request, "gallery/link_detail.html", context)


def _new_address(request: HttpRequest, link: ShareLink) -> str:
    new = request.session.get("new_link") or {}
    if new.get("id") != str(link.pk):
        return ""
    del request.session["new_link"]
    return request.build_absolute_uri(reverse("gallery:share", args=[new["token"]]))


@login_required
@require_POST
def link_password(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Give a link another password, or none; who is in must give it again."""
    link = selectors.link_for(request.user, link_id)
    try:
        links.link_change(link=link, password=request.POST.get("password", ""))
    except WishError as error:
        messages.warning(request, error.detail)
    else:
        messages.success(request, _("Saved. Guests must open the link again."))
    return redirect("gallery:link_detail", link_id=link.pk)


@login_required
@require_POST
def link_renew(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Replace a link's address by a new one."""
    link = selectors.link_for(request.user, link_id)
    try:
        return _show_once(request, link, links.link_renew(link=link))
    except WishError as error:
        messages.warning(request, error.detail)
    return redirect("gallery:link_detail", link_id=link.pk)


@login_required
@require_POST
def link_revoke(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """End a link for ever."""
    link = selectors.link_for(request.user, link_id)
    links.link_revoke(link=link)
    messages.info(request, _("The link is revoked: nobody sees anything by it any more."))
    return redirect("gallery:link_detail", link_id=link.pk)
