"""What the sweeper does for accounts."""

import logging

from accounts.models import User
from accounts.personal_data import data_erase

logger = logging.getLogger(__name__)


def erasure_sweep(live: set[str]) -> None:
    """Erase a share of what people left who deleted their account, and last the account."""
    for user in User.objects.filter(erased_at__isnull=False):
        if data_erase(user):
            user.delete()
            logger.info("an account and everything in it is erased")
