"""How uploads are shown: every file with its fate, whatever is in it, within one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rendering.telegram import MESSAGE_UNITS
from bot.rendering.telegram_split import utf16_length
from bot.rendering.uploads import upload_plan_text, upload_result_text
from bot.telegram.parcels import FILES_MAX, stated_audience
from ingest.plan import Change, DocumentChange
from ingest.report import IngestReport
from ingest.uploads import UploadPlan
from retrieval.publication import NewRevision

LONG = "特别长的一段话😀" * 100


def revision(text: str = "标题", audience: str = "公开", quarantine: str | None = None) -> NewRevision:
    edits = [{"step": step} for step in ("page-number", "page-number", "hard-wrap+spaces")]
    return NewRevision(
        document_id="1",
        source=f"uploads/{text}.txt",
        location=f"/data/uploads/{text}.txt",
        fingerprint="f",
        raw=b"",
        title=text,
        text=text,
        metadata={"audience": audience},
        edits=edits,
        warnings=[text] * 5,
        quarantine=quarantine,
        format="text",
        encoding="utf-8",
        passages=[],
    )


def plan(*documents: tuple[DocumentChange, NewRevision | None], others: int = 0) -> UploadPlan:
    gone = tuple(DocumentChange(str(n), f"docs/{LONG}{n}", "deleted", LONG) for n in range(others))
    return UploadPlan(Path("waiting"), documents, gone, "basis")


def change(kind: Change, reason: str = "", name: str = "甲.txt") -> DocumentChange:
    return DocumentChange("1", f"uploads/{name}", kind, reason, 12)


def test_what_cleaning_did_and_who_may_see_it_are_said() -> None:
    text = upload_plan_text(plan((change("new"), revision(audience="内部"))), [])
    assert "甲.txt　新增，12 段，内部（只有" in text and "《标题》" in text
    assert "改动 3 处（去页码 2，接合断行＋整理空格 1）" in text
    assert text.count("警告：标题") == 2 and "还有 3 条" in text


def test_every_fate_is_said() -> None:
    text = upload_plan_text(
        plan(
            (change("quarantined", "全是乱码"), revision(quarantine="全是乱码")),
            (change("unchanged"), None),
            (change("broken", "“丙.pdf”只有图片。请先做 OCR。"), None),
            others=7,
        ),
        ["“丁.exe”不是可以收录的文件。"],
        "看新的计划",
    )
    for said in (
        "隔离，不导入：全是乱码",
        "一样",
        "不收：“丙.pdf”只有图片",
        "不收：“丁.exe”",
        "共 7 份",
        "看新的计划",
    ):
        assert said in text


def test_the_longest_plan_fits_into_one_message() -> None:
    name = f"{LONG[:60]}.txt"
    documents = [(change("new", LONG, name), revision(LONG)) for _ in range(FILES_MAX)]
    text = upload_plan_text(plan(*documents, others=9), [], LONG)
    assert utf16_length(text) < MESSAGE_UNITS - 100 and text.count("\n\n") >= FILES_MAX


def test_the_result_names_the_version_and_what_went_wrong() -> None:
    documents = (change("new"), change("broken", "读不了", "乙.txt"))
    text = upload_result_text(IngestReport("v3-1a2b3c4d", True, documents, 5))
    assert "v3-1a2b3c4d" in text and "甲.txt：新增，12 段" in text and "读不了" in text


@pytest.mark.parametrize(
    ("captions", "expected"),
    [
        ([], None),
        (["#内部"], "内部"),
        (["这一份仅供内部使用"], "内部"),
        (["公开"], "公开"),
        (["公开。", "内部"], "内部"),
        (["不公开"], None),
        (["请收录"], None),
    ],
)
def test_the_narrower_audience_counts(captions: list[str], expected: str | None) -> None:
    assert stated_audience(captions) == expected
