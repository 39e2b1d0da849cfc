"""How much the pages of a PDF draw: their own programs, and those of forms as often as they are drawn.

Forms may draw each other, ten times each, ten levels deep: such a file has a kilobyte and takes years. The
library that extracts the text carries all of it out, so it is counted beforehand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

# A name, white space or comments, and the operator that draws what is called so.
_DRAWN = re.compile(rb"/([^\s/<>\[\](){}%]+)(?:\s|%[^\r\n]*[\r\n])+Do(?![^\s/<>\[\](){}%])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class DrawnBytes:
    """Counts for one file; a form that is drawn from several places is counted once and multiplied."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def of_page(self, page: Any) -> int:
        """The bytes of all drawing programs that the page carries out."""
        contents = page.get_contents()
        return 0 if contents is None else self._of(contents.get_data(), page.get("/Resources"))

    def _of(self, program: bytes, resources: Any) -> int:
        objects = _objects(resources)
        total = len(program)
        for name, times in Counter(_DRAWN.findall(program)).items():
            drawn = objects.get("/" + _ESCAPED.sub(_unescaped, name).decode("latin-1"))
            total += times * self._of_form(drawn, resources)
        return total

    def _of_form(self, form: Any, resources: Any) -> int:
        if form is None or form.get("/Subtype") != "/Form":
            return 0
        number = form.indirect_reference.idnum if form.indirect_reference else id(form)
        if number not in self._known:
            # A form that draws itself is met again here; the library stops at it as well.
            self._known[number] = 0
            self._known[number] = self._of(form.get_data(), form.get("/Resources", resources))
        return self._known[number]


def _objects(resources: Any) -> Mapping[str, Any]:
    """What the resources name, by name, references followed."""
    named = resources.get_object().get("/XObject") if resources is not None else None
    found = named.get_object() if named is not None else {}
    return {str(name): found[name] for name in found}


def _unescaped(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])
