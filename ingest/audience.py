"""Whether a document is marked for internal use."""

from __future__ import annotations

import re
from collections.abc import Sequence

AUDIENCES = ("公开", "内部")

_RESTRICTED = re.compile(
    r"内部(?:资料|文件|使用|刊物|材料|传阅|参考|掌握|发行)|仅供内部|(?:绝密|机密|秘密)\s*(?:★|☆|$|[\d〇一二三四五六七八九十]+\s*年)|不得(?:外传|公开|对外)|严禁外传|注意(?:保密|保存)|党内(?:文件|传阅)"
)
MAX_MARK_CHARS = 40


def find_audience(head: Sequence[str], end: Sequence[str]) -> str:
    """内部 where a line of ``head`` or ``end`` is a mark of restriction, else 公开."""
    return AUDIENCES[1] if any(map(is_restriction, (*head, *end))) else AUDIENCES[0]


def is_restriction(line: str) -> bool:
    """Whether a line is hardly more than such a mark; a text that speaks of 内部文件 is public."""
    if len(line) > MAX_MARK_CHARS or not _RESTRICTED.search(line):
        return False
    return not re.search(r"[。；]|关于|规定|办法|条例|管理", line)
