#!/usr/bin/env python
"""Command line of the portrait platform: `manage.py help` lists the commands."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Put the project's folders on the import path and run one command."""
    # `platform/` is a plain folder without __init__.py: its children are imported by their own
    # names, so that `import platform` always means the standard library.
    sys.path.insert(0, str(ROOT / "platform"))
    # Photos, database and keys are the operator's alone, also against others on the machine.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portrait_platform.settings.loopback")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"CommandError: {error}")
    except KeyboardInterrupt:
        sys.exit("CommandError: stopped by Ctrl-C")
    except SystemExit as leaving:
        # The parser's own 2 would be a third outcome beside done and refused.
        sys.exit(1 if leaving.code == 2 else leaving.code)


if __name__ == "__main__":
    main()
