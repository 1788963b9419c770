"""The Django project: settings, URLs, ASGI, system checks."""
