"""Health: is the web process up, and can the whole platform retouch a photo now?"""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from job_queue.status import queue_status


def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the web process serves."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 only if database, Redis and a warm worker serve; else 503 with the reason."""
    reason = _obstacle()
    if reason is None:
        return JsonResponse({"status": "ready"})
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "not_ready",
        "detail": reason,
    }
    return JsonResponse(problem, status=503, content_type="application/problem+json")


def _obstacle() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "the database does not answer"
    try:
        return queue_status().obstacle or None
    except RedisError:
        return "Redis does not answer"
