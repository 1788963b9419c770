"""manage.py create_api_key: a key for a program."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import OperationalError, transaction

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
        try:
            validate_email(email)
            expires = _expiry(options["expires"])
            plain = _key(email, options["create"], options["scope"], expires)
        except ValidationError as error:
            raise CommandError(f"{email} is no e-mail address") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError("there is no database yet: start `make run` once") from error
        self.stdout.write(f"API key of {email}; it is shown this once:")
        self.stdout.write(plain)


@transaction.atomic
def _key(email: str, create: bool, scopes: list[str] | None, expires: datetime | None) -> str:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        if not create:
            raise ValueError(f"no account {email}: add --create to make it")
        user = user_create(email=email)
    return api_key_create(user=user, scopes=scopes, expires_at=expires)[1]


def _expiry(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"--expires {text!r} is no ISO date or time, such as 2030-12-31"
        ) from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)
