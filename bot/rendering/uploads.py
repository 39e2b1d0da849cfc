"""Uploads as plain text for a chat: what would come of the files sent, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from bot.rendering.report import CHANGES
from bot.rendering.step_names import step_name
from bot.rendering.telegram_split import split_text
from bot.rendering.wrapping import shorten
from ingest.plan import DocumentChange
from ingest.report import IngestReport
from ingest.uploads import UploadPlan
from retrieval.publication import NewRevision

# Ten files, which are an album, fit into one message.
_DOCUMENT_UNITS = 260
_STEPS_SHOWN = 4
_WARNINGS_SHOWN = 2
_TITLE_CHARS = 40
_NAME_CHARS = 50
_OTHERS_SHOWN = 5
_REMARK_CHARS = 400
_INTERNAL = "内部（只有工作人员和管理员在私聊里能看到）"


def upload_plan_text(plan: UploadPlan | None, refused: Sequence[str], remark: str = "") -> str:
    """What would become of each file, what cleaning did to it, and which files are refused, with reasons."""
    documents = plan.documents if plan else ()
    entries = [_planned(change, revision) for change, revision in documents]
    entries += [f"不收：{reason}" for reason in refused]
    numbered = [f"{n}. {_cut(entry)}" for n, entry in enumerate(entries, start=1)]
    others = [_gone(plan.others)] if plan and plan.others else []
    return "\n\n".join([*numbered, *others, *([shorten(remark, _REMARK_CHARS)] if remark else [])])


def upload_result_text(report: IngestReport) -> str:
    """What came of the files that were confirmed, and which version answers now."""
    lines = [
        f"{n}. {_name(each)}：{CHANGES[each.change][0]}，{each.passages} 段"
        + (f"（{each.reason}）" if each.change in ("broken", "quarantined") else "")
        for n, each in enumerate(report.documents, start=1)
    ]
    head = f"已导入，现在的回答已用上（资料版本 {report.version}，新算 {report.embedded} 个向量）："
    return "\n".join([head, *lines, *report.problems])


def _planned(change: DocumentChange, revision: NewRevision | None) -> str:
    label = CHANGES[change.change][0]
    if change.change == "broken":
        return f"不收：{change.reason}"
    if revision is None:
        return f"{_name(change)}　与资料库里的一样，不用导入"
    title = f"《{shorten(revision.title, _TITLE_CHARS)}》" if revision.title else "（没有认出标题）"
    audience = _INTERNAL if revision.metadata.get("audience") == "内部" else "公开"
    held_back = f"隔离，不导入：{revision.quarantine}" if revision.quarantine is not None else ""
    head = f"{_name(change)}　{held_back or f'{label}，{change.passages} 段，{audience}'}"
    resembles = [] if held_back or not change.resembles else [change.reason]
    return "\n".join([head, title, _repairs(revision), *resembles, *_warnings(revision.warnings)])


def _repairs(revision: NewRevision) -> str:
    if not revision.edits:
        return "清洗：没有改动"
    steps = Counter(step_name(edit["step"]) for edit in revision.edits).most_common()
    shown = "，".join(f"{name} {count}" for name, count in steps[:_STEPS_SHOWN])
    more = "……" if len(steps) > _STEPS_SHOWN else ""
    return f"清洗：改动 {len(revision.edits)} 处（{shown}{more}）"


def _warnings(warnings: Sequence[str]) -> list[str]:
    more = [f"警告：还有 {len(warnings) - _WARNINGS_SHOWN} 条"] if len(warnings) > _WARNINGS_SHOWN else []
    return [*(f"警告：{each}" for each in warnings[:_WARNINGS_SHOWN]), *more]


def _gone(others: Iterable[DocumentChange]) -> str:
    lines = [f"{CHANGES[each.change][0]}：{shorten(each.source, _NAME_CHARS)}" for each in others]
    more = [f"……共 {len(lines)} 份"] if len(lines) > _OTHERS_SHOWN else []
    return "\n".join(["同时：", *lines[:_OTHERS_SHOWN], *more])


def _name(change: DocumentChange) -> str:
    # What an archive holds is told apart by its path inside.
    return shorten("/".join(PurePosixPath(change.source).parts[1:]) or change.source, _NAME_CHARS)


def _cut(entry: str) -> str:
    first, *more = split_text(entry, _DOCUMENT_UNITS)
    return f"{first.rstrip()}……" if more else first
