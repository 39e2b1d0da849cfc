"""Files of JSON objects, one a line, in which a broken line does not spoil the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import InputError


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line, counted from 1: its object, or why it is none, in Chinese and with its number."""

    number: int
    record: Mapping[str, Any]
    error: str = ""


def read_json_lines(path: Path) -> list[JsonLine]:
    """The lines of a file in order, blank ones left out; InputError when the file cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise InputError(
            f"读不了题目文件：{path}（{exc.strerror}）",
            remedy="应是一个可读的 JSONL 文件，检查路径有没有写错。",
        ) from exc
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [_parse(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _parse(number: int, line: bytes) -> JsonLine:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return JsonLine(number, {}, f"第 {number} 行不是 UTF-8 编码")
    # Brackets without end exhaust the parser's stack.
    except (ValueError, RecursionError):
        return JsonLine(number, {}, f"第 {number} 行不是完整的 JSON")
    if not isinstance(record, dict):
        return JsonLine(number, {}, f"第 {number} 行应是一个 JSON 对象")
    return JsonLine(number, record)
