"""Routes of the REST API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from gallery.api.albums import AlbumViewSet
from gallery.api.batches import PhotoBatchView
from gallery.api.exports import ExportViewSet
from gallery.api.groups import GroupViewSet
from gallery.api.photos import PhotoViewSet
from gallery.api.presets import PresetViewSet
from gallery.api.retouches import RetouchViewSet
from gallery.api.sharing import RoleViewSet, ShareViewSet
from gallery.api.tiles import TileSetViewSet
from gallery.api.uploads import UploadViewSet
from gallery.api.webhooks import WebhookViewSet

app_name = "api"
router = SimpleRouter()
router.register("albums", AlbumViewSet, "album")
router.register("photos", PhotoViewSet, "photo")
router.register("retouches", RetouchViewSet, "retouch")
router.register("groups", GroupViewSet, "group")
router.register("presets", PresetViewSet, "preset")
router.register("exports", ExportViewSet, "export")
router.register("tiles", TileSetViewSet, "tiles")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("uploads", UploadViewSet, "upload")
router.register("shares", ShareViewSet, "share")
roles = RoleViewSet.as_view({"get": "list", "post": "create"})
role = RoleViewSet.as_view({"patch": "partial_update", "delete": "destroy"})
urlpatterns = [
    path("photos/batch/", PhotoBatchView.as_view(), name="photo-batch"),
    path("", include(router.urls)),
    path("albums/<str:album_id>/roles/", roles, name="roles"),
    path("albums/<str:album_id>/roles/<str:pk>/", role, name="role"),
    path("albums/<str:album_id>/leave/", RoleViewSet.as_view({"post": "leave"}), name="leave"),
]
