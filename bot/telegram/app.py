"""The Telegram application: which parts it has and how they are joined; decisions live elsewhere."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    ExtBot,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot import compose
from bot.assistant import Assistant
from bot.settings import Settings, TelegramSettings
from bot.telegram.addressing import Identity
from bot.telegram.buttons import Buttons
from bot.telegram.client import client_options, request_options
from bot.telegram.commands import Commands
from bot.telegram.delivery import Delivery
from bot.telegram.gate import Gate
from bot.telegram.handlers import Handlers
from bot.telegram.inline import Inline
from bot.telegram.journal import UpdateJournal
from bot.telegram.limits import LimitSettings, PerPerson, RateLimits
from bot.telegram.menus import Menus
from bot.telegram.metrics import Metrics
from bot.telegram.monitor import Health, Monitor
from bot.telegram.pacing import Clock, Sleep
from bot.telegram.polling import PollingBot, PollRequest
from bot.telegram.running import Polls, Source, serve
from bot.telegram.store import TelegramStore
from bot.telegram.turns import Turns
from bot.telegram.uploads import Uploads
from bot.telegram.webhook import Calls, webhook_place
from bot.work import Lines, RateWindow, WorkQueue
from retrieval.errors import DangwuError

# Telegram remembers this list, and leaves out what is not on it.
ALLOWED_UPDATES = ("message", "callback_query", "inline_query", "my_chat_member")
# More than one of each person whose question is taken on and one of each who has pressed a button.
_DELIVERIES_OF_A_CHAT = 150
# With waits of up to half a minute: a network that is lost for ten minutes loses no reply.
_SEND_ATTEMPTS = 25
_STOP_WITHIN_S = 10.0

_log = logging.getLogger(__name__)
BotApplication: TypeAlias = Any


class _Stopping(Application):  # type: ignore[type-arg]
    """Stops by finishing what is being answered; what still waits stays in the journal."""

    def __init__(self, *, lines: Lines, delivery: Delivery, uploads: Uploads, **parts: Any) -> None:
        super().__init__(**parts)
        self._lines = lines
        self._delivery = delivery
        self._uploads = uploads

    async def stop(self) -> None:
        self._lines.stop()
        await self._uploads.close()
        closing = asyncio.create_task(self._close_delivery())
        await super().stop()
        closing.cancel()
        await self._delivery.close(0)

    async def _close_delivery(self) -> None:
        # A long answer to a group may wait for its pace longer than anybody waits for a stop.
        await asyncio.sleep(_STOP_WITHIN_S)
        await self._delivery.close(0)


def run(core: compose.Application) -> None:
    """Serve until the process is told to stop; TelegramError when Telegram cannot be reached at all."""
    application = build(core)
    asyncio.run(serve(application, source_of(application, core.settings.telegram)))


def source_of(application: BotApplication, settings: TelegramSettings) -> Source:
    """Where the updates of an application come from."""
    if not settings.webhook_url:
        return Polls(application.updater, ALLOWED_UPDATES)
    return Calls(application.bot, application.update_queue, webhook_place(settings), ALLOWED_UPDATES)


def build(
    core: compose.Application,
    *,
    assistant: Assistant | None = None,
    metrics: Metrics | None = None,
    limits: LimitSettings | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = asyncio.sleep,
) -> BotApplication:
    """The application with all its parts; nothing is contacted before it is initialised.

    ``assistant`` and ``metrics`` are those of another channel in the same process, where there is one.
    """
    limits = limits or LimitSettings()
    settings = core.settings.telegram
    store = TelegramStore(core.data_dir, goes_on=True)
    holds = bool(settings.webhook_url)
    journal = UpdateJournal(store, lambda update: handlers.is_addressed(update), holds=holds)
    # What a poll confirms, Telegram does not send again.
    polls = PollRequest(
        journal.pass_over, clock, before=journal.kept, connection_pool_size=1, **request_options(settings)
    )
    token = settings.token.get_secret_value()
    bot: ExtBot[None] = PollingBot(token, polls, journal.pass_over, sleep=sleep, **client_options(settings))
    gate = Gate(settings, migrations=store.migrations)
    rates = RateLimits(limits, now=clock)
    assistant = assistant or Assistant(core, bound=limits.queue)
    delivery = Delivery(
        bot, capacity=_DELIVERIES_OF_A_CHAT, attempts=_SEND_ATTEMPTS, clock=clock, sleep=sleep
    )
    lines = Lines(limits.chat_queue)
    menus = Menus(bot, gate, store)
    commands = Commands(assistant, store, menus, lambda: bot, _answerer(core.settings))
    metrics = metrics or Metrics()
    turns = Turns(store, rates, lines, delivery, metrics)
    uploads = Uploads(core, store, gate, turns, delivery, bot, sleep=sleep)

    def identity() -> Identity:
        return Identity(bot.id, bot.username)

    handlers = Handlers(commands, turns, uploads, gate, store, delivery, identity)
    presses, waiting = RateWindow(limits.per_chat, limits.window_s, clock), Lines(limits.chat_queue)
    buttons = Buttons(assistant, commands, store, gate, rates, presses, waiting, delivery, uploads)
    # Typing one question is many queries, which must not use up what the person may ask.
    inline = Inline(assistant, RateLimits(replace(limits, per_user=limits.per_chat), now=clock))
    _watch(metrics, assistant.work, lines, delivery)
    monitor = Monitor(metrics, lambda: _health(core, lines, polls))

    course = _Course(settings, bot, store, menus, journal, turns, uploads, monitor)
    closing = {"lines": lines, "delivery": delivery, "uploads": uploads}
    builder = ApplicationBuilder().application_class(_Stopping, closing)
    builder = builder.bot(bot).update_queue(journal).concurrent_updates(PerPerson())
    builder = builder.post_init(course.begin).post_stop(course.stop).post_shutdown(course.end)
    application = builder.build()
    application.add_handler(TypeHandler(object, gate.guarding(handlers.on_closed)), group=-1)
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE, handlers.on_message))
    application.add_handler(CallbackQueryHandler(buttons.on_press))
    application.add_handler(InlineQueryHandler(inline.on_query))
    application.add_handler(ChatMemberHandler(handlers.on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_error_handler(handlers.on_error)
    return application


@dataclass(frozen=True, slots=True)
class _Course:
    """What is done before the first update comes and after the last."""

    settings: TelegramSettings
    bot: ExtBot[None]
    store: TelegramStore
    menus: Menus
    journal: UpdateJournal
    turns: Turns
    uploads: Uploads
    monitor: Monitor

    async def begin(self, application: BotApplication) -> None:
        """Open what must be open, and take up what a former process left."""
        if self.settings.health_port:
            self.monitor.open(self.settings.listen, self.settings.health_port)
        await self.menus.announce()
        self.store.prune()
        self.turns.interrupted = await self.journal.restore(self.bot)
        self.uploads.excuse()
        _log.info("bot @%s is up", self.bot.username)
        if not self.bot.can_read_all_group_messages:
            _log.info("privacy mode is on: mentions reach only groups where the bot is an administrator")

    async def stop(self, application: BotApplication) -> None:
        """Forget what is settled: the last poll has confirmed it, so none of it comes again."""
        self.store.forget_settled()

    async def end(self, application: BotApplication) -> None:
        """Close what was opened."""
        await self.monitor.close()
        self.store.close()


def _watch(metrics: Metrics, work: WorkQueue, lines: Lines, delivery: Delivery) -> None:
    metrics.watch("dangwu_questions_waiting", "Questions that wait for a processor", lambda: work.length)
    metrics.watch("dangwu_messages_open", "Messages that have not had their reply", lambda: lines.waiting)
    metrics.watch_counts("dangwu_deliveries", "Requests and deliveries by what came of them", delivery.counts)


def _health(core: compose.Application, lines: Lines, polls: PollRequest) -> Health:
    try:
        version = core.open_store().current()
    except DangwuError:
        version = None
    # Where Telegram calls by webhook, its silence says nothing.
    silent_s = None if core.settings.telegram.webhook_url else polls.silent_s
    return Health(version.name if version else "", lines.waiting, silent_s)


def _answerer(settings: Settings) -> str:
    """How answers come about, for ``/privacy``."""
    if not settings.llm.model:
        return "由本机的阅读模型在资料里指认原文，不经过大模型"
    host = urlsplit(settings.llm.base_url).hostname
    return f"大模型 {settings.llm.model}（{host}）在检索到的原文里指认答案，提问和这些原文会发给它"
