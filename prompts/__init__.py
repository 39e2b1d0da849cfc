"""The program's longer texts as files, with checked variables: ``{name}`` in ``NAME.txt``."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from string import Formatter


@cache
def _template(name: str) -> str:
    return files("prompts").joinpath(f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def variables(name: str) -> frozenset[str]:
    """The variables that the template ``name`` needs."""
    return frozenset(field for _, field, _, _ in Formatter().parse(_template(name)) if field)


def render(name: str, **values: str) -> str:
    """The template with its variables filled in; ValueError if one is missing or unknown."""
    wanted = variables(name)
    if wanted != values.keys():
        differing = sorted(wanted ^ values.keys())
        raise ValueError(f"template {name!r} needs {sorted(wanted)}, differing: {differing}")
    return _template(name).format(**values)


def fingerprint(*names: str) -> str:
    """Eight hexadecimal digits that change whenever one of these templates does."""
    return sha256("\0".join(map(_template, names)).encode()).hexdigest()[:8]
