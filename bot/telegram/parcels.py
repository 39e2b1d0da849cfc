"""Parcels of files that are sent together: what is in them, what is refused at sight, how it is fetched."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

from telegram import Bot, Document, Update
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.telegram import wording
from bot.telegram.pacing import Sleep
from bot.telegram.requests import Target
from ingest.uploads import checked_name
from retrieval.errors import SourceError
from retrieval.records import Audience

FILE_BYTES_MAX = 20 * 1024 * 1024
"""What Telegram lets a bot download."""
FILES_MAX = 10
_ATTEMPTS = 3


@dataclass(slots=True)
class Parcel:
    """The files that are taken in together; ``refused`` says of the others why not.

    ``ticket`` is what the buttons on show carry, empty while there are none.
    """

    token: str
    update: Update
    target: Target
    user_id: int
    folder: Path
    files: dict[str, Document] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    message_id: int | None = None
    ticket: str = ""
    choice: asyncio.Future[bool] | None = None
    progress: str = ""
    is_applying: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many files have come."""
        return len(self.files) + len(self.refused)


def stated_audience(captions: list[str]) -> Audience | None:
    """The audience that the words beside the files state, the narrower one where they contradict."""
    if any("内部" in caption for caption in captions):
        return "内部"
    return "公开" if any(re.sub(r"\W", "", caption) == "公开" for caption in captions) else None


def remark_on(captions: list[str]) -> str:
    """What is to be said of words beside the files that state nothing; else empty."""
    return wording.CAPTION_UNUSED if captions and stated_audience(captions) is None else ""


def add_document(parcel: Parcel, document: Document) -> None:
    """Put a file into the parcel, or why it is refused before it is fetched."""
    try:
        name = checked_name(document.file_name or "")
        if name in parcel.files:
            raise SourceError(f"“{name}”在这一批里有两个。", remedy="请改名后分开发送。")
        if len(parcel.files) >= FILES_MAX:
            raise SourceError(f"“{name}”超出了一次 {FILES_MAX} 个的上限。", remedy="请分几次发送。")
        if (document.file_size or 0) > FILE_BYTES_MAX:
            raise SourceError(f"“{name}”{wording.FILE_TOO_BIG}", remedy=wording.FILE_TOO_BIG_REMEDY)
    except SourceError as exc:
        parcel.refused.append(wording.failure(exc))
    else:
        parcel.files[name] = document


async def download(bot: Bot, document: Document, sleep: Sleep) -> bytes:
    """The bytes of a file; SourceError where Telegram does not give them, or too many."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            file = await bot.get_file(document.file_id)
            data = bytes(await file.download_as_bytearray())
        except BadRequest as exc:
            raise _not_had(is_too_big="too big" in exc.message.lower()) from exc
        except NetworkError:
            await sleep(attempt)
        except TelegramError as exc:
            raise _not_had() from exc
        else:
            if len(data) > FILE_BYTES_MAX:
                raise _not_had(is_too_big=True)
            return data
    raise _not_had()


def _not_had(*, is_too_big: bool = False) -> SourceError:
    if is_too_big:
        return SourceError(wording.FILE_TOO_BIG, remedy=wording.FILE_TOO_BIG_REMEDY)
    return SourceError("没能从 Telegram 下载。", remedy="请重新发送。")
