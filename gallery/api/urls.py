"""Routes of the REST API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from gallery.api.albums import AlbumViewSet
from gallery.api.batches import PhotoBatchView
from gallery.api.groups import GroupViewSet
from gallery.api.photos import PhotoViewSet
from gallery.api.retouches import RetouchViewSet
from gallery.api.uploads import UploadViewSet
from gallery.api.webhooks import WebhookViewSet

app_name = "api"
router = SimpleRouter()
router.register("albums", AlbumViewSet, "album")
router.register("photos", PhotoViewSet, "photo")
router.register("retouches", RetouchViewSet, "retouch")
router.register("groups", GroupViewSet, "group")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("uploads", UploadViewSet, "upload")
urlpatterns = [
    path("photos/batch/", PhotoBatchView.as_view(), name="photo-batch"),
    path("", include(router.urls)),
]
