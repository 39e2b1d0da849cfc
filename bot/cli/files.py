"""Writing a file that people have open: the old one whole, or the new one whole."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from retrieval.errors import InputError, WorkError


def write_whole(path: Path, page: str) -> None:
    """Replace the file at once: whoever has the old one open never reads half of a new one.

    InputError where its folder does not exist, WorkError where it cannot be written.
    """
    if not path.parent.is_dir():
        raise InputError(f"文件夹不存在：{path.parent}", remedy="先建好它，或换一处。")
    from bot.reporting.places import draft_place

    draft = draft_place(path)
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(path)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink()
        raise WorkError(
            f"写不了 {path}（{exc.strerror or exc}）。", remedy="检查权限和磁盘空间，或换一处。"
        ) from exc
