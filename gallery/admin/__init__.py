"""Staff pages of the gallery: the queue, people's usage, photos by id, groups, webhooks.

Staff see what was wished and how it went. Nobody's pictures, titles and file names are shown.
"""

from gallery.admin import people, photos, queue, webhooks

__all__ = ["people", "photos", "queue", "webhooks"]
