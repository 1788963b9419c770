"""Socket routes."""

from django.urls import path

from gallery.consumers import RetouchConsumer

websocket_urlpatterns = [path("ws/retouches/", RetouchConsumer.as_asgi())]
