"""Pins the floors of the quality gate to what is measured now: ``python -m tests.pin_floors [--lower]``.

Without ``--lower`` no floor is lowered: the command says which figures fell, and leaves the file alone.
"""

from __future__ import annotations

import argparse
import sys

from tests.quality import FLOORS, measure, questions_digest, read_floors, repinned, written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lower", action="store_true", help="lower floors too, or pin for other questions")
    lower = parser.parse_args().lower
    digest, old = read_floors() if FLOORS.exists() else ("", {})
    if digest and digest != questions_digest() and not lower:
        sys.exit("The questions have changed since the floors were pinned; --lower pins them anew.")
    measured = measure()
    try:
        floors = repinned(old, measured, lower=lower)
    except ValueError as exc:
        sys.exit(f"Not pinned, for these have fallen: {exc}")
    FLOORS.write_text(written(questions_digest(), floors), encoding="utf-8")
    print(FLOORS.read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
