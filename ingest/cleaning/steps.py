"""The table of cleaning steps, in the order in which they run.

A step is a name, a detector that says whether the document bears this damage at all, and a repair that
lists what to replace. Both look at the current text alone, so that the same text is always cleaned alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, repeat
from typing import NamedTuple

from ingest.cleaning import (
    boilerplate,
    byteslip,
    characters,
    contents,
    jammers,
    markup,
    mojibake,
    pages,
    radicals,
    script,
    tables,
    titles,
    whitespace,
    wraps,
)
from ingest.cleaning.annotations import bears_injected_annotations, remove_annotations
from ingest.cleaning.trace import Replacement, TracedText


class Step(NamedTuple):
    """One kind of damage: ``detect`` asks for it, ``repair`` lists the replacements on the same text."""

    name: str
    detect: Callable[[str], bool]
    repair: Callable[[str], Iterable[Replacement]]


def _always(_text: str) -> bool:
    return True


STEPS: tuple[Step, ...] = (
    Step("latin", mojibake.looks_like_latin, mojibake.decode_latin),
    Step("utf8-as-gbk", mojibake.looks_like_wide, mojibake.decode_wide),
    Step("line-ends", _always, whitespace.line_ends),
    Step("invisible", _always, whitespace.invisible),
    Step("spaces", _always, whitespace.spaces),
    Step("radicals", radicals.has_radicals, radicals.replace_radicals),
    Step("byte-slip", byteslip.has_slips, byteslip.repair_slips),
    Step("entities", markup.bears_entities, markup.decode_entities),
    Step("escapes", markup.bears_escapes, markup.decode_escapes),
    Step("tags", markup.bears_tags, markup.remove_tags),
    Step("markdown", markup.is_markdown, markup.plain_markdown),
    Step("jammers", jammers.bears_jammers, jammers.remove_jammers),
    Step("pinyin", bears_injected_annotations, remove_annotations),
    Step("traditional", script.is_traditional, script.simplify),
    Step("stray-traditional", script.has_stray_traditional, script.simplify_strays),
    Step("rules", _always, wraps.rules),
    Step("contents", _always, contents.dotted_contents),
    Step("spam", _always, boilerplate.spam_lines),
    Step("link-farm", _always, boilerplate.link_farms),
    Step("wrapper", _always, titles.unwrap),
    Step("news-frame", _always, boilerplate.news_frame),
    Step("advertisement", _always, boilerplate.inline_advertisements),
    Step("credit", _always, boilerplate.credits),
    Step("slogan", _always, boilerplate.slogans),
    Step("page-header", _always, boilerplate.page_header),
    Step("tail", _always, boilerplate.tail),
    Step("furniture", _always, boilerplate.furniture_lines),
    Step("page-number", _always, pages.page_numbers),
    Step("page-marker", _always, pages.page_markers),
    Step("hard-wrap", _always, wraps.hard_wraps),
    Step("site-suffix", _always, titles.site_suffix),
    Step("file-suffix", _always, titles.file_suffix),
    Step("repeated-title", _always, titles.repeated_title),
    Step("table-head", tables.has_headed_table, tables.labelled_rows),
    Step("merged-cells", _always, tables.merged_cells),
    Step("intruder", _always, characters.intruders),
    Step("character", characters.shows_damage, characters.mend_characters),
    Step("blank-lines", _always, whitespace.blank_lines),
)

# Every repair may lay bare damage that another step mends; real documents settle in two or three passes.
_PASSES_MAX = 12


def run(raw: str) -> TracedText:
    """``raw`` after all steps, over and over until none of them has anything to change."""
    traced = TracedText.of(raw)
    idle = 0
    for step in chain.from_iterable(repeat(STEPS, _PASSES_MAX)):
        text = traced.text
        if step.detect(text):
            traced = traced.replace(step.name, step.repair(text))
        idle = idle + 1 if traced.text == text else 0
        if idle == len(STEPS):
            break
    return traced
