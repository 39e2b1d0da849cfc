"""Questions as people and files give them: checked before anything else is done with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.errors import InputError

# The longest question of a person; ten times what the question files hold.
QUESTION_CHARS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A line of a question file, counted from 1: a question, or the ``error`` that makes it none.

    ``extra`` holds the keys that are handed through.
    """

    number: int
    id: Any = None
    question: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def checked_question(text: str) -> str:
    """The question without white space around it; InputError where it is empty or too long."""
    # Bytes of the command line that are no UTF-8 arrive as lone surrogates.
    question = text.encode("utf-8", "replace").decode("utf-8").strip()
    if not any(c.isalnum() for c in question):
        raise InputError("问题是空的。", remedy="用引号括起一句问话，如：dangwu ask '什么是三会一课？'")
    if len(question) > QUESTION_CHARS_MAX:
        raise InputError(
            f"问题太长：有 {len(question)} 个字，最多 {QUESTION_CHARS_MAX} 个。",
            remedy="只写要问的那句话；整篇资料请用 dangwu ingest 导入。",
        )
    return question


def read_question_file(path: Path) -> list[QuestionLine]:
    """The lines of a question file in order, broken ones with their error, blank ones left out.

    InputError where the file itself is missing or unreadable.
    """
    if not path.exists():
        raise InputError(f"找不到题目文件：{path}", remedy="检查路径有没有写错。")
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise InputError(
            f"读不了题目文件：{path}（{exc.strerror}）", remedy="应是一个可读的 JSONL 文件。"
        ) from exc
    return list(_lines(data.removeprefix(b"\xef\xbb\xbf")))


def _lines(data: bytes) -> Iterator[QuestionLine]:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield _parse(number, line)


def _parse(number: int, line: bytes) -> QuestionLine:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return QuestionLine(number, error=f"第 {number} 行不是 UTF-8 编码")
    except (ValueError, RecursionError):
        return QuestionLine(number, error=f"第 {number} 行不是完整的 JSON")
    if not isinstance(record, dict):
        return QuestionLine(number, error=f"第 {number} 行应是一个 JSON 对象")
    question = record.get("question")
    extra = {key: value for key, value in record.items() if key not in ("id", "question")}
    if not isinstance(question, str):
        error = f"第 {number} 行没有 question，或它不是文字"
        return QuestionLine(number, record.get("id"), "", extra, error)
    try:
        return QuestionLine(number, record.get("id"), checked_question(question), extra)
    except InputError as exc:
        return QuestionLine(number, record.get("id"), question, extra, f"第 {number} 行：{exc.message}")
