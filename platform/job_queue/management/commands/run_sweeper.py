"""manage.py run_sweeper: put lost rows back into the queue."""

from typing import Any

from django.core.management.base import BaseCommand

from job_queue.sweeper import sweep_forever


class Command(BaseCommand):
    """Sweep until the process is ended."""

    help = "Put rows back into the queue that no live worker knows."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep forever."""
        sweep_forever()
