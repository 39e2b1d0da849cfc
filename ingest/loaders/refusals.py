"""How a loader says no: one sentence about the file, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from retrieval.errors import SourceError

SAVE_AS = "请用 WPS 或 Word 打开，另存为 docx 或 pdf 后再导入。"
NOT_A_DOCUMENT = "请确认这是要收录的文档；可收录的格式见 dangwu formats。"
PICTURE_REMEDY = "图片里的文字请先用 OCR 软件识别，另存为 docx 或 pdf 后再导入。"
ARCHIVE_REMEDY = "请先解压，把里面的文档放入文件夹，或改用 zip 压缩。"
CONTAINER_REMEDY = "用 dangwu ingest 收录它；用 dangwu ingest --plan 查看里面的每一份。"
DAMAGED_REMEDY = "请重新下载或重新导出这个文件。"
PASSWORD_REMEDY = "请打开后去掉密码，另存为 docx 或 pdf 后再导入。"  # nosec B105 # a sentence, no password
WITHOUT_PROGRAMS = "请去掉宏、控件和内嵌的文件，另存为普通的 docx、xlsx 或 pptx。"
REPEATED_REMEDY = "请用 WPS 或 Office 打开核对后重新另存。"
SPLIT_REMEDY = "请拆成几个文件，或去掉图片后另存。"
CHECK_REMEDY = "请确认文件已保存完整，再重新放入。"


def refuse(name: str, why: str, remedy: str, *, cause: BaseException | None = None) -> NoReturn:
    """Raises the ``SourceError`` of one file: ``“name”why。`` and the remedy."""
    raise SourceError(f"“{name}”{why}。", remedy=remedy) from cause


@contextmanager
def reading(name: str, why: str = "不完整或已损坏，打不开") -> Iterator[None]:
    """Whatever a foreign parser raises inside becomes one refusal; refusals pass through.

    Parsers meet hostile bytes with any exception there is (``AttributeError`` on a missing part,
    ``zlib.error`` in a damaged one), so no list of them is ever complete.
    """
    try:
        yield
    except (SourceError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # Libraries of Rust panic with a BaseException of their own.
    except BaseException as error:
        refuse(name, why, DAMAGED_REMEDY, cause=error)
