"""manage.py join_checkpoints: the spots of one checkpoint with the concerns of another."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError
from retouch_engine.services import checkpoint_resolve


class Command(DatabaseCommand):
    """Join two checkpoints."""

    help = (
        "Make one checkpoint of two that were trained at the same time: the spots of the first, "
        "evenness, shine and under-eyes of the second. It is registered as NAME, not yet measured: "
        "evaluate it, then promote it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare both checkpoints, the new one's name and how eagerly it removes spots."""
        parser.add_argument("spots", metavar="SPOTS", help="a name or a path")
        parser.add_argument("concerns", metavar="CONCERNS", help="a name or a path")
        parser.add_argument("name", metavar="NAME", help="of the new checkpoint")
        parser.add_argument(
            "--mask-bias",
            type=float,
            default=0.0,
            metavar="B",
            help="added to the mask's logits: above 0 more spots are removed, and more is touched "
            "that is none (default 0)",
        )

        parser.add_argument(
            "--average",
            metavar="OTHER",
            help="a name or a path: average the spots' weights with those of this checkpoint, best "
            "one of a run that started from the same weights",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Join, register and say where the files are."""
        try:
            from retouch_engine.checkpoint_joining import checkpoints_join
            from retouch_engine.registry import checkpoint_register, refuse_promoted
            from retouch_engine.training_runs import check_run_name, run_folder
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: run `make setup`") from error
        name, other = options["name"], options["average"]
        try:
            check_run_name(name)
            refuse_promoted(name)
            card = checkpoints_join(
                spots=checkpoint_resolve(options["spots"]),
                concerns=checkpoint_resolve(options["concerns"]),
                mask_bias=options["mask_bias"],
                averaged_with=checkpoint_resolve(other) if other else None,
                stem=run_folder(name) / name,
            )
            checkpoint_register(card)
        except (CheckpointError, ValueError) as error:
            raise CommandError(getattr(error, "detail", str(error))) from error
        except OSError as error:
            raise CommandError(f"{name} cannot be written: {error}") from error
        self.stdout.write(f"checkpoint {name}: {card}")
