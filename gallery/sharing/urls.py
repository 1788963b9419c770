"""Pages of sharing: a guest's, and those of owners and of people with a role."""

from django.urls import path

from gallery.views import guests, proofs, sharing, sitters

PHOTO = "s/<str:token>/photos/<uuid:photo_id>"
urlpatterns = [
    path("s/<str:token>/", guests.share_page, name="share"),
    path("s/<str:token>/unlock/", guests.share_unlock, name="share_unlock"),
    path("s/<str:token>/name/", guests.share_name, name="share_name"),
    path("s/<str:token>/zip/", guests.share_zip, name="share_zip"),
    path(f"{PHOTO}/feedback/", guests.share_feedback, name="share_feedback"),
    path(f"{PHOTO}/before/", guests.share_before, name="share_before"),
    path(f"{PHOTO}/after/", guests.share_after, name="share_after"),
    path(f"{PHOTO}/download/", guests.share_download, name="share_download"),
    path("albums/<uuid:album_id>/access/", sharing.album_access, name="album_access"),
    path("albums/<uuid:album_id>/roles/<uuid:role_id>/", sharing.role_change, name="role_change"),
    path(
        "albums/<uuid:album_id>/roles/<uuid:role_id>/remove/",
        sharing.role_remove,
        name="role_remove",
    ),
    path("albums/<uuid:album_id>/leave/", sharing.album_leave, name="album_leave"),
    path("shares/", sharing.link_list, name="link_list"),
    path("shares/new/", sharing.link_new, name="link_new"),
    path("shares/<uuid:link_id>/", sharing.link_detail, name="link_detail"),
    path("shares/<uuid:link_id>/password/", sharing.link_password, name="link_password"),
    path("shares/<uuid:link_id>/renew/", sharing.link_renew, name="link_renew"),
    path("shares/<uuid:link_id>/revoke/", sharing.link_revoke, name="link_revoke"),
    path("albums/<uuid:album_id>/sharing/", sharing.album_part, name="album_sharing"),
    path("albums/<uuid:album_id>/proofs/", proofs.album_proofs, name="album_proofs"),
    path("photos/<uuid:photo_id>/proofs/", proofs.photo_proofs, name="photo_proofs"),
    path("albums/<uuid:album_id>/sitters/", sitters.sitter_list, name="sitter_list"),
    path("sitters/<uuid:group_id>/", sitters.sitter_change, name="sitter_change"),
    path("sitters/<uuid:group_id>/erase/", sitters.sitter_erase, name="sitter_erase"),
]
