"""What ``dangwu doctor`` says about editions: what the corpus holds only in a replaced one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.cli.checks import Check, broken
from retrieval.edition_files import known_editions
from retrieval.editions import spoken_day
from retrieval.errors import DangwuError

if TYPE_CHECKING:
    from bot.compose import Application

_NAMED_MAX = 10
_REMEDY = "找到现行的版本，导入它；登记有误就在数据目录的 editions.toml 里改正，见 docs/editions.md。"


def edition_checks(application: Application) -> Iterator[Check]:
    """One check of the register and of what the corpus lacks by it."""
    try:
        known = known_editions(application.data_dir)
    except DangwuError as exc:
        yield broken("版本登记", exc)
        return
    said = f"{spoken_day(known.as_of)}的登记，{len(known.rules)} 种规定的历次版本，可能不全"
    try:
        if application.is_empty:
            yield Check("版本登记", "ok", said)
            return
        from ingest.outlook import missing_now

        missing = missing_now(application.open_store(), known)
    except DangwuError:
        # A corpus that does not open has been named before.
        return
    if not missing:
        yield Check("版本登记", "ok", f"{said}；没有发现已被取代的旧版本")
        return
    named = [f"{each.document.source} {each.sentence.removesuffix('。')}" for each in missing[:_NAMED_MAX]]
    more = f"；另有 {len(missing) - _NAMED_MAX} 份" if missing[_NAMED_MAX:] else ""
    yield Check("版本登记", "warning", f"{said}；{'；'.join(named)}{more}", _REMEDY)
