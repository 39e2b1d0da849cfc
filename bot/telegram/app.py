"""The Telegram application: which parts it has and how they are joined; decisions live elsewhere."""

from __future__ import annotations

import hashlib
import logging
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    ChatMemberHandler,
    ContextTypes,
    ExtBot,
    JobQueue,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot import compose
from bot.settings import TelegramSettings
from bot.telegram import wording
from bot.telegram.addressing import Identity
from bot.telegram.desk import Desk
from bot.telegram.gate import Gate
from bot.telegram.handlers import Handlers
from bot.telegram.journal import UpdateJournal
from bot.telegram.limits import ChatOrder, LimitSettings, RateLimits, WorkQueue
from bot.telegram.replies import PlainSender
from bot.telegram.store import TelegramStore
from bot.telegram.turns import Turns

# Telegram remembers this list, and leaves out what is not on it.
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
# More threads than processors only make each answer slower.
_WORKERS = 2
_START_RETRIES = 5
_WEBHOOK_PORT = 8443
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_log = logging.getLogger(__name__)
BotApplication: TypeAlias = Application[
    ExtBot[None],
    ContextTypes.DEFAULT_TYPE,
    dict[Any, Any],
    dict[Any, Any],
    dict[Any, Any],
    JobQueue[ContextTypes.DEFAULT_TYPE],
]


class _Stopping(Application):  # type: ignore[type-arg]
    """Stops by finishing what is being answered; what still waits stays in the journal."""

    async def stop(self) -> None:
        if isinstance(self.update_processor, ChatOrder):
            self.update_processor.stop_waiting()
        await super().stop()


def run(core: compose.Application, limits: LimitSettings | None = None) -> None:
    """Serve until the process is told to stop; TelegramError when Telegram cannot be reached at all."""
    settings = core.settings.telegram
    application = build(core, limits or LimitSettings())
    if settings.webhook_url:
        application.run_webhook(
            **webhook_place(settings),
            bootstrap_retries=_START_RETRIES,
            allowed_updates=ALLOWED_UPDATES,
            drop_pending_updates=False,
        )
    else:
        application.run_polling(
            bootstrap_retries=_START_RETRIES, allowed_updates=ALLOWED_UPDATES, drop_pending_updates=False
        )


def build(core: compose.Application, limits: LimitSettings) -> BotApplication:
    """The application with all its parts; nothing is contacted before it is initialised."""
    settings = core.settings.telegram
    store = TelegramStore(core.data_dir)
    gate = Gate(settings, migrations=store.migrations)
    desk = Desk(core, WorkQueue(workers=_WORKERS, bound=limits.queue))
    turns = Turns(store, RateLimits(limits), PlainSender())

    def identity() -> Identity:
        return Identity(application.bot.id, application.bot.username)

    handlers = Handlers(desk, store, gate, turns, identity)
    journal = UpdateJournal(store, handlers.is_addressed)

    async def opened(started: BotApplication) -> None:
        await _announce_commands(started)
        store.prune()
        turns.interrupted = await journal.restore(started.bot)
        _log.info("bot @%s is up", started.bot.username)

    async def closed(stopped: BotApplication) -> None:
        store.close()

    builder = _builder(settings).application_class(_Stopping)
    builder = builder.update_queue(journal).concurrent_updates(ChatOrder(limits.chat_queue))
    application: BotApplication = builder.post_init(opened).post_shutdown(closed).build()
    _add_handlers(application, gate, handlers)
    return application


def _builder(settings: TelegramSettings) -> Any:
    builder: Any = ApplicationBuilder().token(settings.token.get_secret_value())
    if settings.base_url:
        root = settings.base_url.rstrip("/")
        builder = builder.base_url(f"{root}/bot").base_file_url(f"{root}/file/bot")
    if settings.proxy.get_secret_value():
        proxy = settings.proxy.get_secret_value()
        builder = builder.proxy(proxy).get_updates_proxy(proxy)
    # Every chat that is being answered may have a call open.
    return builder.connection_pool_size(64).pool_timeout(30.0)


def _add_handlers(application: BotApplication, gate: Gate, handlers: Handlers) -> None:
    application.add_handler(TypeHandler(object, gate.guarding(handlers.on_closed)), group=-1)
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE, handlers.on_message))
    application.add_handler(ChatMemberHandler(handlers.on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_error_handler(handlers.on_error)


async def _announce_commands(application: BotApplication) -> None:
    """Put the Chinese commands into the menus; without them the bot works as well."""
    menus = (
        (wording.PRIVATE_COMMANDS, BotCommandScopeAllPrivateChats()),
        (wording.GROUP_COMMANDS, BotCommandScopeAllGroupChats()),
    )
    try:
        for commands, scope in menus:
            await application.bot.set_my_commands([BotCommand(*each) for each in commands.items()], scope)
    except TelegramError as exc:
        _log.warning("menus not set: %s", type(exc).__name__)


def webhook_place(settings: TelegramSettings) -> dict[str, Any]:
    """Where to listen and what to tell Telegram, as arguments of ``run_webhook``.

    An address on this machine names the port itself; before any other stands a proxy that ends TLS and
    passes the path on to port 8443. The secret is drawn from the token, so it survives restarts.
    """
    url = urlsplit(settings.webhook_url)
    secret = hashlib.sha256(b"webhook:" + settings.token.get_secret_value().encode()).hexdigest()
    is_local = url.hostname in _LOOPBACK
    return {
        "listen": "127.0.0.1",
        "port": (url.port or _WEBHOOK_PORT) if is_local else _WEBHOOK_PORT,
        "url_path": url.path.strip("/"),
        "webhook_url": settings.webhook_url,
        "secret_token": secret,
    }
