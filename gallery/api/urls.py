"""Routes of the REST API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from gallery.api import views
from gallery.api.groups import GroupViewSet

app_name = "api"
router = SimpleRouter()
router.register("albums", views.AlbumViewSet, "album")
router.register("photos", views.PhotoViewSet, "photo")
router.register("retouches", views.RetouchViewSet, "retouch")
router.register("groups", GroupViewSet, "group")
urlpatterns = [path("", include(router.urls))]
