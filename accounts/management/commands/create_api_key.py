"""manage.py create_api_key: a key for a program."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import SCOPES, api_key_create, user_create


class Command(BaseCommand):
    """Create an API key and print it once."""

    help = "Create an API key; it is printed once, alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the person, scopes and expiry."""
        parser.add_argument("email")
        parser.add_argument("--scope", action="append", choices=SCOPES, help="repeatable; all")
        parser.add_argument("--expires", help="ISO date or time, UTC where it names no zone")
        parser.add_argument("--create", action="store_true", help="make the account if needed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the key."""
        email = options["email"].lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            if not options["create"]:
                raise CommandError(f"no account {email}: add --create to make it")
            user = user_create(email=email)
        try:
            expires = _expiry(options["expires"])
            _, plain = api_key_create(user=user, scopes=options["scope"], expires_at=expires)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"API key of {email}; it is shown this once:")
        self.stdout.write(plain)


def _expiry(text: str | None) -> datetime | None:
    if not text:
        return None
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
