"""Files that an admin sends in private: collected, fetched, planned, confirmed by buttons, ingested.

Each parcel (a file, or an album of them) is served by a task of its own, so that questions are answered
meanwhile. What is fetched waits in a folder below the data folder; a parcel that the end of the program
interrupts is told of at the next start.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from telegram import Bot, Chat, Message, Update

from bot import compose
from bot.rendering.stages import STAGES
from bot.rendering.telegram_keyboards import upload_keyboard
from bot.rendering.telegram_markup import Keyboard, with_keyboard
from bot.rendering.uploads import upload_plan_text, upload_result_text
from bot.telegram import wording
from bot.telegram.addressing import Addressed
from bot.telegram.callbacks import CallbackError, UploadChoice
from bot.telegram.delivery import Delivery, DeliveryClosed
from bot.telegram.gate import Gate
from bot.telegram.listings import text_parts
from bot.telegram.pacing import Sleep
from bot.telegram.parcels import Parcel, add_document, download, remark_on, stated_audience
from bot.telegram.replies import Reply, note, target_of
from bot.telegram.requests import Target
from bot.telegram.store import TelegramStore
from bot.telegram.turns import Turns
from ingest.parts import Progress
from ingest.uploads import UploadPlan, add_waiting
from retrieval.errors import DangwuError, PlanOutdated, SourceError
from retrieval.leftovers import INCOMING_NAME

_OPEN_MAX = 10
# The files of an album come as messages of their own, within a second or so.
_ALBUM_WAIT_S = 2.0
_CONFIRM_WITHIN_S = 30 * 60.0
_PROGRESS_EVERY_S = 3.0
# A thread cannot be interrupted, and what it does is soon done; a lost network may never come back.
_STOP_LOOK_EVERY_S = 0.1
_TELL_WITHIN_S = 10.0

_T = TypeVar("_T")


class Uploads:
    """The uploads of one bot; ``sleep`` waits for albums, for buttons and between lines of progress."""

    def __init__(
        self,
        application: compose.Application,
        store: TelegramStore,
        gate: Gate,
        turns: Turns,
        delivery: Delivery,
        bot: Bot,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._application = application
        self._store = store
        self._gate = gate
        self._turns = turns
        self._delivery = delivery
        self._bot = bot
        self._sleep = sleep
        self._home = application.data_dir / INCOMING_NAME
        self._parcels: dict[str, Parcel] = {}
        self._albums: dict[str, Parcel] = {}
        self._excusing: asyncio.Task[None] | None = None
        # One at a time, and beside the threads that answer questions.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="uploads")

    def takes(self, message: Message, said: Addressed) -> bool:
        """Whether a message is a file for the corpus rather than a question."""
        return message.chat.type == Chat.PRIVATE and message.document is not None and not said.command

    async def receive(self, update: Update, message: Message) -> Reply:
        """Take a file on; its parcel's own task answers, unless it is refused at once."""
        user_id = message.from_user.id if message.from_user else 0
        if self._gate.role(user_id) != "admin":
            return Reply([note(wording.UPLOADS_FOR_ADMINS)], "notice")
        parcel = self._albums.get(message.media_group_id or "") or self._opened(update, message, user_id)
        if parcel is None:
            return Reply([note(wording.TOO_MANY_UPLOADS.format(count=_OPEN_MAX))], "notice")
        if message.document is not None:
            add_document(parcel, message.document)
        if message.caption:
            parcel.captions.append(message.caption)
        return Reply([], "notice")

    def choose(self, wanted: UploadChoice, chat_id: int, user_id: int) -> str:
        """Pass the choice on to its parcel; CallbackError unless it is this person's and still open."""
        parcel = next((each for each in self._parcels.values() if each.ticket == wanted.ticket), None)
        if parcel is None or (parcel.target.chat_id, parcel.user_id) != (chat_id, user_id):
            raise CallbackError("no such upload here")
        if self._gate.role(user_id) != "admin" or parcel.choice is None or parcel.choice.done():
            raise CallbackError("not open to this person any more")
        parcel.choice.set_result(wanted.is_confirmed)
        return wording.UPLOAD_CHOSEN if wanted.is_confirmed else ""

    def excuse(self) -> None:
        """Drop what the end of the last process interrupted, and begin to tell those who sent it."""
        shutil.rmtree(self._home, ignore_errors=True)
        interrupted = self._store.open_uploads()
        if interrupted:
            self._excusing = asyncio.create_task(self._excuse(interrupted))

    async def close(self) -> None:
        """Finish what is being ingested and tell of it; what only waits is left to the next start."""
        tasks = [parcel.task for parcel in self._parcels.values() if parcel.task is not None]
        for parcel in self._parcels.values():
            if parcel.task is not None and not parcel.is_applying:
                parcel.task.cancel()
        if self._excusing is not None:
            self._excusing.cancel()
        while any(parcel.is_applying for parcel in self._parcels.values()):
            await asyncio.sleep(_STOP_LOOK_EVERY_S)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_TELL_WITHIN_S)
            for task in late:
                task.cancel()
        self._executor.shutdown(wait=False)

    async def _excuse(self, interrupted: Sequence[tuple[str, int]]) -> None:
        for token, chat_id in interrupted:
            await self._delivery.send(Target(chat_id), [note(wording.UPLOAD_INTERRUPTED)])
            self._store.close_upload(token)

    def _opened(self, update: Update, message: Message, user_id: int) -> Parcel | None:
        """A new parcel, written down; ``None`` where the person has too many open ones."""
        if sum(each.user_id == user_id for each in self._parcels.values()) >= _OPEN_MAX:
            return None
        token = secrets.token_hex(8)
        parcel = Parcel(token, update, target_of(message), user_id, self._home / token)
        self._store.open_upload(token, message.chat.id)
        self._parcels[token] = parcel
        if message.media_group_id:
            self._albums[message.media_group_id] = parcel
        parcel.task = asyncio.create_task(self._serve(parcel, message.media_group_id))
        return parcel

    async def _serve(self, parcel: Parcel, album: str | None) -> None:
        """One parcel from its first file to its end; what the end of the program cuts off stays noted."""
        try:
            await self._collect(parcel, album)
            if await self._show(parcel, wording.UPLOAD_RECEIVED.format(count=parcel.count)):
                await self._fetch(parcel)
                await self._settle(parcel)
        except DeliveryClosed:
            return
        except DangwuError as exc:
            await self._show(parcel, wording.failure(exc))
        except Exception as exc:
            await self._turns.fail(parcel.update, exc)
        shutil.rmtree(parcel.folder, ignore_errors=True)
        del self._parcels[parcel.token]
        self._store.close_upload(parcel.token)

    async def _collect(self, parcel: Parcel, album: str | None) -> None:
        """Wait until no more files of the album come."""
        if album is None:
            return
        count = 0
        while count < parcel.count:
            count = parcel.count
            await self._sleep(_ALBUM_WAIT_S)
        del self._albums[album]

    async def _fetch(self, parcel: Parcel) -> None:
        """Download the files to where they wait; those that cannot be had are refused."""
        audience = stated_audience(parcel.captions)
        for name, document in list(parcel.files.items()):
            try:
                data = await download(self._bot, document, self._sleep)
                await self._run(add_waiting, parcel.folder, name, data, audience, self._application.data_dir)
            except SourceError as exc:
                del parcel.files[name]
                parcel.refused.append(f"“{name}”{wording.failure(exc)}")

    async def _settle(self, parcel: Parcel) -> None:
        """Show the plan, ask, and carry it out; plan anew, or ask again, where that cannot be done."""
        plan, remark = await self._planned(parcel), remark_on(parcel.captions)
        while True:
            text = upload_plan_text(plan, parcel.refused, remark)
            if plan is None or not plan.accepted:
                await self._show(parcel, f"{text}\n\n{wording.UPLOAD_NOTHING}")
                return
            is_confirmed = await self._asked(parcel, text, len(plan.accepted))
            if not is_confirmed:
                ending = wording.UPLOAD_EXPIRED if is_confirmed is None else wording.UPLOAD_CANCELLED
                await self._show(parcel, f"{text}\n\n{ending}")
                return
            try:
                await self._carry_out(parcel, plan, text)
                return
            except PlanOutdated as exc:
                plan, remark = await self._planned(parcel), wording.failure(exc)
            except DangwuError as exc:
                remark = wording.UPLOAD_FAILED.format(reason=wording.failure(exc))

    async def _planned(self, parcel: Parcel) -> UploadPlan | None:
        if not parcel.files:
            return None
        async with self._reporting(parcel, ""):
            return await self._run(self._application.plan_uploads, parcel.folder, _noting(parcel))

    async def _asked(self, parcel: Parcel, text: str, count: int) -> bool | None:
        """Whether the plan is confirmed; ``None`` where nobody has chosen in time."""
        parcel.ticket = f"{parcel.token}-{secrets.token_hex(4)}"
        parcel.choice = asyncio.get_running_loop().create_future()
        expiry = asyncio.ensure_future(self._sleep(_CONFIRM_WITHIN_S))
        try:
            await self._show(
                parcel, f"{text}\n\n{wording.UPLOAD_ASKED}", upload_keyboard(parcel.ticket, count)
            )
            waited: set[asyncio.Future[Any]] = {parcel.choice, expiry}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            return parcel.choice.result() if parcel.choice.done() else None
        finally:
            parcel.ticket = ""
            expiry.cancel()

    async def _carry_out(self, parcel: Parcel, plan: UploadPlan, text: str) -> None:
        author = wording.UPLOAD_AUTHOR.format(user_id=parcel.user_id)
        await self._show(parcel, f"{text}\n\n{wording.UPLOAD_CHOSEN}")
        parcel.is_applying = True
        try:
            async with self._reporting(parcel, text):
                report = await self._run(
                    lambda: self._application.take_in(plan, _noting(parcel), author=author)
                )
        finally:
            parcel.is_applying = False
        await self._show(parcel, f"{text}\n\n{wording.UPLOAD_DONE}")
        await self._delivery.send(parcel.target, text_parts(upload_result_text(report)))

    @asynccontextmanager
    async def _reporting(self, parcel: Parcel, text: str) -> AsyncIterator[None]:
        """Show how far the work has come, every few seconds while the block runs."""
        parcel.progress = ""
        task = asyncio.create_task(self._report(parcel, text))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _report(self, parcel: Parcel, text: str) -> None:
        shown = ""
        while True:
            await self._sleep(_PROGRESS_EVERY_S)
            if parcel.progress != shown:
                shown = parcel.progress
                await self._show(parcel, f"{text}\n\n{shown}")

    async def _show(self, parcel: Parcel, text: str, keyboard: Keyboard = ()) -> bool:
        """Whether the parcel's one message now says ``text``; it is sent again where it was deleted."""
        (part,) = with_keyboard([note(text)], keyboard)
        if parcel.message_id is not None:
            outcome = await self._delivery.edit(parcel.target.chat_id, parcel.message_id, part)
            if outcome.fate != "gone":
                return True
        outcome = await self._delivery.send(parcel.target, [part])
        parcel.message_id = next(iter(outcome.message_ids), None)
        return parcel.message_id is not None

    async def _run(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def _noting(parcel: Parcel) -> Progress:
    """Called in another thread as work goes on; only the latest word counts."""

    def progress(stage: str, done: int, total: int) -> None:
        parcel.progress = f"{STAGES[stage]} {done}/{total}……"

    return progress
