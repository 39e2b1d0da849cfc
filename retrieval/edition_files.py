"""Reading the register of known editions: data of the program, and a file of the maintainer's.

The maintainer's file in the data folder adds to what is shipped and overrules it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from retrieval.authority import edition_key
from retrieval.editions import Edition, KnownEditions, Rule
from retrieval.errors import SettingError

EDITIONS_NAME = "editions.toml"
"""The maintainer's file below the data folder."""
_DAY = re.compile(r"(?:18|19|20)\d\d(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_RULE_KEYS = {"title": str, "issuer": str, "check": str, "editions": list, "ended": str}
_EDITION_KEYS = {
    "title": str, "issuer": str, "number": str, "adopted": str, "in_force": str, "note": str,
    "unconfirmed": bool,
}  # fmt: skip
_REMEDY = "照 docs/editions.md 改好它；暂时不用，就把它移开。"


def known_editions(data_dir: Path | None = None) -> KnownEditions:
    """The register of the program, with the maintainer's file where the data folder has one.

    A rule of the maintainer's takes the place of one that shares a title with it. SettingError for a file
    that cannot be read.
    """
    shipped = read_register(
        files("retrieval").joinpath("data/editions.toml").read_text(encoding="utf-8"), "editions.toml"
    )
    path = data_dir / EDITIONS_NAME if data_dir else None
    if path is None or not path.is_file():
        return shipped
    try:
        own = read_register(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeError) as exc:
        raise SettingError(f"读不了版本登记 {path}（{exc}）。", remedy=_REMEDY) from exc
    overruled = {edition_key(each.title) for rule in own.rules for each in rule.editions}
    kept = [
        rule for rule in shipped.rules if overruled.isdisjoint(edition_key(e.title) for e in rule.editions)
    ]
    return KnownEditions((*kept, *own.rules), max(shipped.as_of, own.as_of))


def read_register(text: str, name: str) -> KnownEditions:
    """The register written in a TOML file; SettingError, naming the place, for anything else."""
    try:
        document = tomllib.loads(text)
        as_of = _checked(document, {"as_of": str, "rule": list}).get("as_of", "")
        rules = tuple(_rule(each) for each in document.get("rule", []))
        return KnownEditions(rules, _day(as_of))
    except (tomllib.TOMLDecodeError, ValueError) as exc:
        raise SettingError(f"版本登记 {name} 不对：{exc}。", remedy=_REMEDY) from exc


def _rule(written: Any) -> Rule:
    found = _checked(written, _RULE_KEYS)
    title = found.get("title", "").strip()
    if not title or not found.get("editions"):
        raise ValueError(f"每个 [[rule]] 要有 title 和 editions：{written}")
    editions = [_edition(each, found) for each in found["editions"]]
    return Rule(title, tuple(sorted(editions, key=lambda each: each.adopted)), _day(found.get("ended", "")))


def _edition(written: Any, rule: Mapping[str, Any]) -> Edition:
    found = _checked(written, _EDITION_KEYS)
    adopted = _day(found.get("adopted", ""))
    if not adopted:
        raise ValueError(f"{rule['title']} 的每个版本要有 adopted")
    return Edition(
        title=found.get("title", rule["title"]).strip(),
        issuer=found.get("issuer", rule.get("issuer", "")),
        number=found.get("number", ""),
        adopted=adopted,
        in_force=_day(found.get("in_force", "")),
        note=found.get("note", ""),
        check=rule.get("check", ""),
        is_confirmed=not found.get("unconfirmed", False),
    )


def _checked(written: Any, keys: Mapping[str, type]) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise ValueError(f"应是一组“项 = 值”：{written}")
    for key, value in written.items():
        if key not in keys or not isinstance(value, keys[key]):
            raise ValueError(f"没有这一项，或它的值不对：{key} = {value!r}")
    return written


def _day(day: str) -> str:
    if day and not _DAY.fullmatch(day):
        raise ValueError(f"日期写成 2026、2026-05 或 2026-05-11：{day}")
    return day
