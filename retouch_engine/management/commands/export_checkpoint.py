"""manage.py export_checkpoint: a checkpoint's network as a file for other runtimes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError
from retouch_engine.services import checkpoint_resolve


class Command(DatabaseCommand):
    """Export a checkpoint."""

    help = (
        "Export a checkpoint's network from its safetensors to ONNX with dynamic batch, height and "
        "width, the format that TensorFlow, TFLite and TensorRT converters read; checked against "
        "torch."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, format and output."""
        parser.add_argument("name", metavar="NAME", help="default, shipped, a name or a path")
        parser.add_argument("--format", required=True, metavar="onnx", help="onnx")
        parser.add_argument("--output", type=Path, help="the file to write (default NAME.onnx)")
        parser.add_argument("--overwrite", action="store_true", help="replace an existing file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, check and print what the network takes and gives."""
        if options["format"] != "onnx":
            raise CommandError(f"--format is onnx, not {options['format']!r}")
        try:
            from retouch_engine.checkpoint_export import checkpoint_export
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: run `make setup`") from error
        try:
            card_path = checkpoint_resolve(options["name"])
            output = options["output"] or Path(f"{card_path.stem}.onnx")
            exported = checkpoint_export(
                card_path=card_path, output=output, overwrite=options["overwrite"]
            )
        except CheckpointError as error:
            raise CommandError(error.detail) from error
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}") from error
        for line in exported.lines():
            self.stdout.write(line)
