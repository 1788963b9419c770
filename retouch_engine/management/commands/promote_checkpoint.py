"""manage.py promote_checkpoint: the gates on a data set, then retouches use the checkpoint."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.datasets import DatasetError
from retouch_engine.evaluation import SubjectError
from retouch_engine.evaluation_photos import evaluation_photos
from retouch_engine.licences import licence_meaning
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.models import Checkpoint
from retouch_engine.promotion_gates import Verdict
from retouch_engine.registry import checkpoint_promote
from retouch_engine.retoucher import CheckpointError


class Command(DatabaseCommand):
    """Promote a checkpoint."""

    help = (
        "Judge a checkpoint on a data set beside the one that serves and the untouched photos, "
        "print every verdict, and promote it if all gates pass. Running workers use it from their "
        "next job on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, data set and the way past a failed gate."""
        parser.add_argument("name", metavar="NAME", help="a registered checkpoint, or a path")
        parser.add_argument("--dataset", metavar="NAME", help="the gates run on it; always needed")
        parser.add_argument("--split", default="validation", help="of the data set")
        parser.add_argument("--expert", default="", choices=("a", "b", "c"), help="of PPR10K (a)")
        parser.add_argument(
            "--force", metavar="WHY",
            help="promote in spite of failed gates; the reason is recorded. Files that do not "
            "match their card are refused all the same",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge, print and promote; every refusal ends in one line."""
        if not options["dataset"]:
            raise CommandError("--dataset NAME is needed: the gates run on it, with --force too")
        if options["force"] is not None and not options["force"].strip():
            raise CommandError('--force needs a reason: --force "why"')
        try:
            from retouch_engine import promotion
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: run `make setup`") from error
        try:
            photos = evaluation_photos(options["dataset"], options["split"], options["expert"])
            contest = promotion.promotion_contest(promotion.promotion_candidate(options["name"]))
            self.stdout.write(
                f"{contest.checkpoint.name} against {contest.current.name}, on {len(photos)} photos"
                f" of {options['dataset']} ({options['split']})"
            )
            verdicts = promotion.promotion_verdicts(contest, photos)
            self._print(verdicts, contest.checkpoint)
            self._refuse_failed(contest.checkpoint, verdicts, options["force"])
            checkpoint_promote(
                checkpoint=contest.checkpoint,
                judged_against=contest.current.sha256,
                dataset=options["dataset"],
                split=options["split"],
                verdicts=verdicts,
                forced_reason=(options["force"] or "").strip(),
                promoted_by=user_name(),
            )
        except (CheckpointError, DatasetError, SubjectError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{contest.checkpoint.name} is promoted: retouches use it from their next job on; "
            f"rollback_checkpoint brings {contest.current.name} back"
        )

    def _print(self, verdicts: list[Verdict], checkpoint: Checkpoint) -> None:
        width = max(len(verdict.gate) for verdict in verdicts)
        for verdict in verdicts:
            word = "passed" if verdict.passed else "FAILED"
            self.stdout.write(f"{word}  {verdict.gate:<{width}}  {verdict.text}")
        self.stdout.write(f"licence: {checkpoint.licence}")
        self.stdout.write(licence_meaning(checkpoint.licence))

    def _refuse_failed(
        self, checkpoint: Checkpoint, verdicts: list[Verdict], reason: str | None
    ) -> None:
        failed = [verdict.gate for verdict in verdicts if not verdict.passed]
        if failed and not reason:
            raise CommandError(
                f"{checkpoint.name} is not promoted, it failed: {', '.join(failed)} "
                '(--force "why" promotes it all the same)'
            )
        if failed:
            self.stdout.write(f"forced, the reason is recorded: {reason}")


def user_name() -> str:
    """Return who runs this command, as the system knows them; "" where it does not."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
