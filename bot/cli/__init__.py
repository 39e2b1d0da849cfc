"""The command line ``dangwu``: one module a command, imported only when the command is called."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program and leave with its exit status."""
    from bot.cli.entry import run

    sys.exit(run(sys.argv[1:]))
