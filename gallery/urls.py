"""Pages of the gallery."""

from django.urls import path

from gallery import views

app_name = "gallery"
urlpatterns = [
    path("albums/", views.album_list, name="album_list"),
    path("albums/<uuid:album_id>/", views.album_detail, name="album_detail"),
    path("albums/<uuid:album_id>/rename/", views.album_rename, name="album_rename"),
    path("albums/<uuid:album_id>/delete/", views.album_delete, name="album_delete"),
    path("photos/", views.photo_list, name="photo_list"),
    path("trash/", views.trash, name="trash"),
    path("albums/<uuid:album_id>/upload/", views.album_upload, name="album_upload"),
    path("photos/<uuid:photo_id>/", views.photo_detail, name="photo_detail"),
    path("photos/<uuid:photo_id>/original/", views.photo_original, name="photo_original"),
    path("photos/<uuid:photo_id>/preview/", views.photo_preview, name="photo_preview"),
    path("photos/<uuid:photo_id>/thumbnail/", views.photo_thumbnail, name="photo_thumbnail"),
    path("photos/<uuid:photo_id>/trash/", views.photo_trash, name="photo_trash"),
    path("photos/<uuid:photo_id>/erase/", views.photo_erase, name="photo_erase"),
    path("trash/empty/", views.trash_empty, name="trash_empty"),
    path("photos/<uuid:photo_id>/restore/", views.photo_restore, name="photo_restore"),
    path("retouches/<uuid:retouch_id>/result/", views.retouch_result, name="retouch_result"),
    path("retouches/<uuid:retouch_id>/preview/", views.retouch_preview, name="retouch_preview"),
]
