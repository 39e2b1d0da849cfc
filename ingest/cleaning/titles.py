"""The document's own title: taken out of wrappers, freed of the site's name, standing once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cleaning.lines import Line, ends_sentence, lines_of
from ingest.cleaning.trace import Replacement

# «标题 | … |» over «范文 | … |»: a collection of samples printed as a table of two rows.
_WRAPPED = re.compile(
    r"\s*(?P<head>(?:标题|题目|题名|篇名|名称)\s*[|｜]\s*)"
    r"(?P<title>[^\n|｜]{2,80}?)(?P<close>\s*[|｜])?[ \t]*\n\s*"
    r"(?P<label>(?:范文|正文|内容|原文|全文|文章|释义|详情)\s*[|｜]\s*)"
)
_CLOSING_BAR = re.compile(r"[|｜]")
_WRAPPED_BODY_MIN = 100
_SITE_SUFFIX = re.compile(
    r"(?:\s*[_|｜]\s*[^_|｜\n]{1,16}|\s+-+\s+[^_|｜\n-]{1,16})*"
    r"(?:\s*[_|｜]\s*|\s+-+\s+)[^_|｜\n\s]{0,16}(?:网|网站|频道|文库|门户|在线|论坛|百科|范文大全|com|cn)"
)
_FILE_SUFFIX = re.compile(r"\.(?:docx?|pdf|pptx?|wps|txt)$", re.IGNORECASE)
_TITLE_MAX = 80
_TITLE_MIN = 6


def unwrap(text: str) -> Iterator[Replacement]:
    """The bars and labels of a wrapper ``标题 | … |`` / ``范文 | … |``; the title and the text stay."""
    found = _WRAPPED.match(text)
    if found is None:
        return
    line_end = text.find("\n", found.end())
    line_end = len(text) if line_end < 0 else line_end
    if line_end - found.end() < _WRAPPED_BODY_MIN:
        return
    yield Replacement(found.start("head"), found.end("head"), "")
    if found["close"]:
        yield Replacement(found.start("close"), found.end("close"), "")
    yield Replacement(found.start("label"), found.end("label"), "")
    body = text[found.end() : line_end].rstrip()
    if _CLOSING_BAR.match(body[-1:]):
        yield Replacement(found.end() + len(body) - 1, found.end() + len(body), "")


def site_suffix(text: str) -> Iterator[Replacement]:
    """The name of the site behind the title, ``_先锋文汇_共产党员网``."""
    line = _first(text)
    if line is None or not _TITLE_MIN <= len(line.text) <= _TITLE_MAX + 40:
        return
    begin = text.index(line.text, line.start)
    cut = re.search(r"[_|｜]|\s-+\s", line.text)
    if cut is not None and cut.start() >= _TITLE_MIN and _SITE_SUFFIX.fullmatch(line.text, cut.start()):
        yield Replacement(begin + cut.start(), begin + len(line.text), "")


def file_suffix(text: str) -> Iterator[Replacement]:
    """The suffix of a file name behind the title, ``.docx``."""
    line = _first(text)
    found = _FILE_SUFFIX.search(line.text) if line is not None and len(line.text) <= _TITLE_MAX else None
    if line is not None and found is not None and found.start() >= _TITLE_MIN:
        yield Replacement(line.text_start + found.start(), line.text_end, "")


def repeated_title(text: str) -> Iterator[Replacement]:
    """The title where it stands a second time directly below itself."""
    filled = [line for line in lines_of(text[:2000]) if line.text][:2]
    if len(filled) < 2 or len(filled[0].text) < _TITLE_MIN:
        return
    if filled[0].text == _FILE_SUFFIX.sub("", filled[1].text):
        yield Replacement(filled[1].start, filled[1].end, "")


def own_title(text: str) -> str:
    """The first line if it stands there as a title, else an empty string."""
    line = _first(text)
    if line is None or not 4 <= len(line.text) <= _TITLE_MAX:
        return ""
    if ends_sentence(line.text) or line.text[-1] in "，、：:,；" or line.end >= len(text):
        return ""
    return line.text.lstrip("# ").strip()


def _first(text: str) -> Line | None:
    return next((line for line in lines_of(text[:2000]) if line.text), None)
