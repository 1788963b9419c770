"""manage.py run_worker: one warm worker."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from job_queue.worker import work


class Command(BaseCommand):
    """Serve the queue in this process."""

    help = "Run one warm worker; a supervisor should start it again when it ends."

    def handle(self, *args: Any, **options: Any) -> None:
        """Warm up, then serve until SIGTERM."""
        work(import_string(settings.JOB_QUEUE_WARM_UP), import_string(settings.JOB_QUEUE_FACTS))
