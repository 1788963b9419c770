"""Pages of the gallery."""

from django.urls import include, path

from gallery.views import (
    albums,
    archives,
    files,
    grids,
    photos,
    thumbnails,
    trash,
    uploads,
    webhooks,
)

app_name = "gallery"
urlpatterns = [
    path("albums/", albums.album_list, name="album_list"),
    path("albums/<uuid:album_id>/", albums.album_detail, name="album_detail"),
    path("albums/<uuid:album_id>/rename/", albums.album_rename, name="album_rename"),
    path("albums/<uuid:album_id>/delete/", albums.album_delete, name="album_delete"),
    path("albums/<uuid:album_id>/cover/", albums.album_cover, name="album_cover"),
    path("albums/<uuid:album_id>/move/", albums.album_move, name="album_move"),
    path("albums/<uuid:album_id>/restore/", trash.album_restore, name="album_restore"),
    path("albums/<uuid:album_id>/erase/", trash.album_erase, name="album_erase"),
    path("albums/<uuid:album_id>/recipe/", uploads.album_recipe, name="album_recipe"),
    path("uploads/signed-in/", uploads.signed_in, name="upload_signed_in"),
    path("photos/", grids.photo_list, name="photo_list"),
    path("photos/cards/", grids.card_list, name="card_list"),
    path("photos/zip/", archives.photos_zip, name="photos_zip"),
    path(
        "photos/<uuid:photo_id>/pictures/<str:source>/<str:name>",
        thumbnails.photo_picture,
        name="photo_picture",
    ),
    path("trash/", trash.trash, name="trash"),
    path("photos/<uuid:photo_id>/", photos.photo_detail, name="photo_detail"),
    path("photos/<uuid:photo_id>/original/", files.photo_original, name="photo_original"),
    path("photos/<uuid:photo_id>/preview/", files.photo_preview, name="photo_preview"),
    path("photos/<uuid:photo_id>/thumbnail/", files.photo_thumbnail, name="photo_thumbnail"),
    path("photos/<uuid:photo_id>/retouch/", photos.photo_retouch, name="photo_retouch"),
    path("photos/<uuid:photo_id>/trash/", photos.photo_trash, name="photo_trash"),
    path("photos/<uuid:photo_id>/erase/", trash.photo_erase, name="photo_erase"),
    path("trash/empty/", trash.trash_empty, name="trash_empty"),
    path("trash/restore/", trash.trash_restore, name="trash_restore"),
    path("photos/<uuid:photo_id>/restore/", trash.photo_restore, name="photo_restore"),
    path("retouches/<uuid:retouch_id>/result/", files.retouch_result, name="retouch_result"),
    path("retouches/<uuid:retouch_id>/preview/", files.retouch_preview, name="retouch_preview"),
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/<uuid:webhook_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/<uuid:webhook_id>/enable/", webhooks.webhook_enable, name="webhook_enable"),
    path("webhooks/<uuid:webhook_id>/delete/", webhooks.webhook_delete, name="webhook_delete"),
    path("", include("gallery.sharing.urls")),
]
