"""Pages of the gallery."""

from django.urls import include, path

from gallery.views import albums, files, photos, trash

app_name = "gallery"
urlpatterns = [
    path("albums/", albums.album_list, name="album_list"),
    path("albums/<uuid:album_id>/", albums.album_detail, name="album_detail"),
    path("albums/<uuid:album_id>/rename/", albums.album_rename, name="album_rename"),
    path("albums/<uuid:album_id>/delete/", albums.album_delete, name="album_delete"),
    path("photos/", photos.photo_list, name="photo_list"),
    path("trash/", trash.trash, name="trash"),
    path("albums/<uuid:album_id>/upload/", albums.album_upload, name="album_upload"),
    path("photos/<uuid:photo_id>/", photos.photo_detail, name="photo_detail"),
    path("photos/<uuid:photo_id>/original/", files.photo_original, name="photo_original"),
    path("photos/<uuid:photo_id>/preview/", files.photo_preview, name="photo_preview"),
    path("photos/<uuid:photo_id>/thumbnail/", files.photo_thumbnail, name="photo_thumbnail"),
    path("photos/<uuid:photo_id>/trash/", photos.photo_trash, name="photo_trash"),
    path("photos/<uuid:photo_id>/erase/", trash.photo_erase, name="photo_erase"),
    path("trash/empty/", trash.trash_empty, name="trash_empty"),
    path("photos/<uuid:photo_id>/restore/", trash.photo_restore, name="photo_restore"),
    path("retouches/<uuid:retouch_id>/result/", files.retouch_result, name="retouch_result"),
    path("retouches/<uuid:retouch_id>/preview/", files.retouch_preview, name="retouch_preview"),
    path("", include("gallery.sharing.urls")),
]
