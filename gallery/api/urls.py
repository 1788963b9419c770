"""Routes of the REST API."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from gallery.api import views

app_name = "api"
router = SimpleRouter()
router.register("albums", views.AlbumViewSet, "album")
router.register("photos", views.PhotoViewSet, "photo")
router.register("retouches", views.RetouchViewSet, "retouch")
urlpatterns = [path("", include(router.urls))]
