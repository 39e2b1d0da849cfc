"""Questions as people and files give them: checked before anything else is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import asking
from retrieval.errors import InputError
from retrieval.json_lines import JsonLine, read_json_lines


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
    return asking.checked_question(
        text,
        when_empty="用引号括起一句问话，如：dangwu ask '什么是三会一课？'",
        when_long="只写要问的那句话；整篇资料请用 dangwu ingest 导入。",
    )


def read_question_file(path: Path) -> list[QuestionLine]:
    """The lines of a question file in order, broken ones with their error, blank ones left out.

    InputError where the file itself is missing or unreadable.
    """
    return [_question_line(line) for line in read_json_lines(path)]


def _question_line(line: JsonLine) -> QuestionLine:
    if line.error:
        return QuestionLine(line.number, error=line.error)
    record = line.record
    question = record.get("question")
    extra = {key: value for key, value in record.items() if key not in ("id", "question")}
    if not isinstance(question, str):
        error = f"第 {line.number} 行没有 question，或它不是文字"
        return QuestionLine(line.number, record.get("id"), "", extra, error)
    try:
        return QuestionLine(line.number, record.get("id"), checked_question(question), extra)
    except InputError as exc:
        error = f"第 {line.number} 行：{exc.message}"
        return QuestionLine(line.number, record.get("id"), question, extra, error)
