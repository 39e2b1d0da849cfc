"""Whether a document is marked for internal use, and where the mark stands.

A mark is a phrase by itself: a line of its own, in brackets, or set apart in a name. A text that only
speaks of such matters (内部监督, 秘密的范围) stays public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from ingest.records import Margin
from retrieval.invisible import INVISIBLE

AUDIENCES = ("公开", "内部")

# What alone makes a line a mark, and a name of a file or folder as well.
_RESTRICTED = re.compile(
    r"内部(?:资料|文件|使用|刊物|材料|传阅|参考|参阅|掌握|发行|学习|明电)|仅[供限]内部|内参"
    r"|(?:不得|不宜|严禁|请勿|禁止|切勿|勿)(?:擅自|随意|私自|对外|向外)?"
    r"(?:外传|公开|对外|外泄|泄露|泄密|转发|扩散)"
    r"|注意(?:保密|保存)|党内(?:文件|传阅|资料)|此件不(?:公开|予公开)|不予公开|依申请公开"
    r"|(?:限|仅限?|只)(?:发|供|向)?[^，。,;；]{0,12}(?:内部|参会|与会|涉密)[^，。,;；]{0,6}(?:传达|阅读|使用|人员|查阅)"
)
_LEVEL = r"(?:绝密|机密|秘密|工作秘密|内部|涉密|保密)"
_TERM = r"(?:[★☆*]|[\d〇一二三四五六七八九十]+(?:年|个?月)|长期|启用前|解密前)"
# A grade by itself, with its term, its label, or the number of the copy behind it.
_GRADED = re.compile(
    rf"(?:(?:密级|保密级别|秘密等级|知悉范围|公开(?:属性|方式|类别))[:：])?[【\[(（<〈《]?{_LEVEL}"
    rf"(?:[】\])）>〉》]|{_TERM})*(?:(?:编号|份号|No\.?|第)?[:：]?\d{{1,8}}号?)?"
)
_SPEAKS_OF = re.compile(r"[。；]|关于|规定|办法|条例|管理|制度|细则|要求|情形|责任|范围|[？?]")
MAX_MARK_CHARS = 40
# Inside a text only what can hardly be anything else is a mark: a list may well name 秘密.
_INSIDE = re.compile(
    r"[(（【\[]?(?:内部(?:资料|文件|材料|刊物|使用)|仅供内部(?:使用|参考|学习)?)"
    r"(?:[,，、:：!！·\-—]*(?:注意(?:保密|保存|保管)|妥善保管|(?:不得|严禁|请勿|切勿)(?:外传|外泄|公开|传播|转发)))*[)）】\]]?[!！]?"
)
_NAME_PART = re.compile(r"[\s_\-－—–·.,，、+&()（）【】\[\]〔〕《》<>〈〉]+")
_NAME_MARK = re.compile(
    rf"(?:{_LEVEL}|内部(?:资料|文件|使用|刊物|材料|传阅|参考|参阅|掌握|学习|版)|仅供内部(?:使用|参考|学习)?|内参|不公开"
    rf"|(?:不得|不宜|严禁|请勿|切勿)(?:外传|公开|对外|外泄|转发)|注意(?:保密|保存)|(?:秘密|机密|绝密|涉密|保密)(?:文件|资料|材料)"
    rf"|(?:秘密|机密|绝密)(?:{_TERM})*)"
)


def find_audience(
    head: Sequence[str], end: Sequence[str], inside: Iterable[str] = (), margins: Iterable[Margin] = ()
) -> tuple[str, str]:
    """The audience, and in Chinese where the mark was found: empty for a public document.

    ``head`` and ``end`` are lines at the ends of the page, ``inside`` all lines of the text.
    """
    for place, line in [
        *((each.place, each.text) for each in margins),
        *(("首页", line) for line in head),
        *(("文末", line) for line in end),
    ]:
        if is_restriction(line):
            return AUDIENCES[1], quoted(place, line)
    for line in inside:
        if len(line) <= MAX_MARK_CHARS and _INSIDE.fullmatch(_closed(line)):
            return AUDIENCES[1], quoted("正文", line)
    return AUDIENCES[0], ""


def marked_name(path: PurePosixPath) -> str:
    """Where the name of a file, or of a folder above it, is marked; empty where none is."""
    for part, place in [(path.stem, "文件名"), *((parent.name, "文件夹名") for parent in path.parents)]:
        if any(_NAME_MARK.fullmatch(_closed(piece)) for piece in _NAME_PART.split(part)):
            return quoted(place, part)
    return ""


def is_restriction(line: str) -> bool:
    """Whether a line is hardly more than such a mark; a text that speaks of 内部文件 is public."""
    closed = _closed(line)
    if not closed or len(closed) > MAX_MARK_CHARS or len(INVISIBLE.sub("", line)) > 3 * MAX_MARK_CHARS:
        return False
    if _GRADED.fullmatch(closed):
        return True
    return bool(_RESTRICTED.search(closed)) and not _SPEAKS_OF.search(closed)


def quoted(place: str, mark: str) -> str:
    """``页眉“内部资料”``: the place and what stands there, shortened."""
    flat = " ".join(mark.split())
    return f"{place}“{flat[: MAX_MARK_CHARS - 1] + '…' if len(flat) > MAX_MARK_CHARS else flat}”"


def _closed(line: str) -> str:
    """The line without white space, by which 内 部 资 料 is spread out, and without what nobody sees."""
    return "".join(INVISIBLE.sub("", line).split())
