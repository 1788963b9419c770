"""Health: is the web process up, and can the whole platform retouch a photo now?"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from redis.exceptions import RedisError

from job_queue.queue import COLD, IDLE, queue, worker_jobs


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
        workers = worker_jobs()
    except RedisError:
        return "Redis does not answer"
    warm = any(job != COLD for job in workers.values())
    return None if warm else "no warm worker is running"


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus text to whoever holds METRICS_TOKEN; 404 to all others."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, expected):
        raise Http404
    try:
        waiting, workers = len(queue()), worker_jobs()
    except RedisError:
        return HttpResponse("portrait_redis_up 0\n", content_type="text/plain; version=0.0.4")
    busy = sum(job not in (IDLE, COLD) for job in workers.values())
    lines = [
        "portrait_redis_up 1",
        f"portrait_queue_length {waiting}",
        f"portrait_workers {len(workers)}",
        f"portrait_workers_busy {busy}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")
