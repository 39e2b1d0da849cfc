"""The command line ``dangwu``: one module a command, imported only when the command is called."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program and leave with its exit status."""
    try:
        from bot.cli.entry import run

        status = run(sys.argv[1:])
    # Ctrl-C before anything is running, or while the last words are written.
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
