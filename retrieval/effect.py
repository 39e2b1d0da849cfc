"""The states of a rule, one word for each, and what a document says itself of its own on a day.

The words are those of ``show``, ``topics``, ``search``, answers and the sidecar.
"""

from __future__ import annotations

from retrieval.records import DocumentInfo

IN_FORCE = "现行"
ON_TRIAL = "试行"
COMING = "尚未施行"
AMENDED = "部分修改"
REVISED = "已修订"
REPEALED = "已废止"
EXPIRED = "已失效"
STATES = (IN_FORCE, ON_TRIAL, COMING, AMENDED, REVISED, REPEALED, EXPIRED)
LAPSED = frozenset({REVISED, REPEALED, EXPIRED})
"""Not in force any more."""
NOT_IN_FORCE = LAPSED | {COMING}
STATED = frozenset({"附属文件", "标注"})
"""Where a field comes from that a maintainer has stated."""


def is_stated(document: DocumentInfo) -> bool:
    """Whether a maintainer has stated the document's status, which outweighs all that texts say."""
    return bool(document.status) and document.metadata.get("status_from", "") in STATED


def own_state(document: DocumentInfo, day: str) -> str:
    """The state on a day, ISO 8601, as far as the document tells it alone; its status without a day."""
    if document.status in LAPSED or is_stated(document) or not day:
        return document.status
    if (until := document.metadata.get("expires", "")) and until < day:
        return EXPIRED
    # A year or a month may have begun before the day that is meant.
    since = document.metadata.get("effective", "")
    return COMING if len(since) == len(day) and since > day else document.status
