"""ASGI: HTTP by Django, the progress socket by Channels."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in (str(ROOT), str(ROOT / "platform")):
    if folder not in sys.path:
        sys.path.insert(0, folder)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portrait_platform.settings.loopback")

from django.core.asgi import get_asgi_application  # noqa: E402

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from accounts.channels import BearerKeyMiddleware  # noqa: E402
from gallery.routing import websocket_urlpatterns  # noqa: E402
from portrait_platform.limited_bodies import LimitedBodies  # noqa: E402

# A bearer key proves itself; a cookie is sent by any page's script, so there the origin is checked.
sockets = URLRouter(websocket_urlpatterns)
application = ProtocolTypeRouter(
    {
        "http": LimitedBodies(http),
        "websocket": BearerKeyMiddleware(
            with_key=sockets,
            without_key=AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
        ),
    }
)
