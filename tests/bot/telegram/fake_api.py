"""A small Bot API of our own, over real HTTP on the loopback: it refuses what Telegram refuses.

It is not Telegram. It is strict where a bot is easily wrong: lengths in UTF-16 units, HTML, unknown messages,
button data, pollers, one message a second for a chat and twenty a minute for a group. Its clock may run
faster than the wall's. Every call is recorded with the moment at which it came.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.bot.telegram.fake_rules import (
    BOT_ID,
    COMMAND,
    DOWNLOAD_MAX,
    TOKEN,
    Clock,
    Json,
    Pace,
    Refusal,
    bot_user,
    chat_of,
    check_buttons,
    checked_text,
    entities_of,
    public,
    utf16,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came: ``at`` in the fake's seconds, ``refused`` the status of a refusal, 0 for none.

    ``retry_after`` are the seconds that the refusal wants to be waited.
    """

    method: str
    fields: Json
    at: float
    refused: int = 0
    retry_after: int = 0

    @property
    def chat_id(self) -> int:
        return int(self.fields.get("chat_id", 0))


@dataclass
class Fault:
    """What happens to the next ``times`` calls of a method: a delay, then a status or a closed connection.

    ``drops``: the call is lost on its way here. ``mutes``: it is carried out and its answer is lost. ``body``
    is answered in place of a result. A fault with none of these lets calls pass.
    """

    status: int = 0
    description: str = ""
    times: int = 1
    drops: bool = False
    mutes: bool = False
    delay_s: float = 0.0
    body: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)


class FakeApi:
    """The server; ``url`` is its root. Updates are given to it by ``say`` and ``push``."""

    def __init__(self, *, speed: float = 1.0, is_paced: bool = True, reads_all: bool = False) -> None:
        self.now = Clock(speed)
        self.calls: list[Call] = []
        self.files: dict[str, bytes] = {}
        self.messages: dict[int, dict[int, Json]] = defaultdict(dict)
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.members: dict[int, str] = {}
        self.webhook: Json = {}
        self.webhook_trouble: Json = {}
        self.polls = 0
        self.url = ""
        self._reads_all = reads_all
        self._pace = Pace(self.now) if is_paced else None
        self._updates: list[Json] = []
        self._last_update = 1000
        self._last_message: dict[int, int] = defaultdict(int)
        self._callbacks: dict[str, float] = {}
        self._poller: asyncio.Future[None] | None = None
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def serving(self) -> Iterator[FakeApi]:
        """Serve from a thread of its own until the block ends."""
        ready, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=self._serve, args=(ready, stop), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            stop.set()
            thread.join(10)

    def say(self, chat: Json, user: Json, text: str, **more: Any) -> Json:
        """A person writes a message; gives it as the bot will see it. Entities are found by themselves."""
        message = self._message(chat, user, text=text, **more)
        message.setdefault("entities", entities_of(text))
        self.push("message", message)
        return message

    def send_file(self, chat: Json, user: Json, name: str | None, data: bytes, **more: Any) -> Json:
        """A person sends a file, with a caption or as part of an album where ``more`` says so."""
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = data
        document = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(data)}
        if name is not None:
            document["file_name"] = name
        message = self._message(chat, user, document=document, **more)
        self.push("message", message)
        return message

    def press(self, message: Json, user: Json, data: str) -> str:
        """A person presses a button; gives the id of the query."""
        query_id = f"q{self._last_update}"
        self._callbacks[query_id] = self.now()
        query = {"id": query_id, "from": user, "message": message, "chat_instance": "1", "data": data}
        self.push("callback_query", query)
        return query_id

    def push(self, kind: str, body: Json) -> int:
        """Any update; gives its id."""
        self._last_update += 1
        return self._queue({"update_id": self._last_update, kind: body})

    def push_text(self, text: Callable[[int], str]) -> int:
        """An update as ``text`` writes the one with a number, JSON or not; gives its id."""
        self._last_update += 1
        return self._queue({"update_id": self._last_update, "text": text(self._last_update)})

    def _queue(self, update: Json) -> int:
        self._updates.append(update)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._arrived.set)
        return int(update["update_id"])

    def sent(self, chat_id: int | None = None) -> list[Json]:
        """The messages that the bot has sent, in order, of one chat or of all."""
        chats = [chat_id] if chat_id is not None else list(self.messages)
        found = [m for chat in chats for m in list(self.messages[chat].values()) if m["from"]["id"] == BOT_ID]
        return sorted(found, key=lambda m: m["sent_at"])

    def replies(self, message: Json) -> list[Json]:
        """The messages that the bot has sent in reply to a message."""
        sent = self.sent(message["chat"]["id"])
        return [each for each in sent if each["replies_to"] == message["message_id"]]

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method, in order."""
        return [call for call in self.calls if call.method == method]

    def refusals(self, status: int) -> list[Call]:
        """The calls that were refused with this status."""
        return [call for call in self.calls if call.refused == status]

    def early(self) -> list[Call]:
        """The messages and edits that came to a chat while it was to be left alone."""
        counted = [call for name in ("sendMessage", "editMessageText") for call in self.calls_of(name)]
        return [
            call
            for closed in self.refusals(429)
            for call in counted
            if call.chat_id == closed.chat_id and closed.at < call.at < closed.at + closed.retry_after
        ]

    @property
    def unconfirmed(self) -> int:
        """How many updates the bot has not confirmed."""
        return len(self._updates)

    def _serve(self, ready: threading.Event, stop: threading.Event) -> None:
        asyncio.run(self._serve_until(ready, stop))

    async def _serve_until(self, ready: threading.Event, stop: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path:.*}", self._give_file)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = "http://{}:{}".format(*runner.addresses[0][:2])
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        if self._poller is not None and not self._poller.done():
            self._poller.cancel()
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method, fields = request.match_info["method"], await _fields(request)
        at = self.now()
        try:
            if request.match_info["token"] != TOKEN:
                raise Refusal(404, "Not Found")
            fault = await self._suffer(method, request)
            if fault.drops or fault.body:
                return web.Response(text=fault.body)
            result = await self._call(method, fields)
        except Refusal as exc:
            self.calls.append(Call(method, fields, at, exc.status, exc.parameters.get("retry_after", 0)))
            body = {"ok": False, "error_code": exc.status, "description": exc.description}
            extra = {"parameters": exc.parameters} if exc.parameters else {}
            return web.json_response(body | extra, status=exc.status)
        self.calls.append(Call(method, fields, at))
        if method == "getUpdates":
            written = ",".join(each.get("text") or json.dumps(each) for each in result)
            return web.Response(text=f'{{"ok":true,"result":[{written}]}}', content_type="application/json")
        return web.json_response({"ok": True, "result": result})

    async def _suffer(self, method: str, request: web.Request) -> Fault:
        """Meet the next fault that is planned for a method."""
        if not self.faults[method]:
            return Fault()
        fault = self.faults[method][0]
        fault.times -= 1
        if fault.times <= 0:
            self.faults[method].popleft()
        await asyncio.sleep(fault.delay_s)
        if (fault.drops or fault.mutes) and request.transport is not None:
            request.transport.close()
        if fault.status:
            raise Refusal(fault.status, fault.description, **fault.parameters)
        return fault

    async def _call(self, method: str, fields: Json) -> Any:
        handler = getattr(self, f"_do_{method}", None)
        if handler is None:
            raise Refusal(404, "Not Found")
        result = handler(fields)
        return await result if asyncio.iscoroutine(result) else result

    def _do_getMe(self, fields: Json) -> Json:
        return {**bot_user(), "can_join_groups": True, "can_read_all_group_messages": self._reads_all}

    def _do_setMyCommands(self, fields: Json) -> bool:
        for command in fields["commands"]:
            if not COMMAND.fullmatch(command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise Refusal(400, "Bad Request: BOTCOMMAND_INVALID")
        self._check_scope(fields)
        return True

    def _do_deleteMyCommands(self, fields: Json) -> bool:
        self._check_scope(fields)
        return True

    def _check_scope(self, fields: Json) -> None:
        scope = fields.get("scope") or {}
        if scope.get("type") == "chat" and int(scope["chat_id"]) not in self.messages:
            raise Refusal(400, "Bad Request: chat not found")

    def _do_deleteWebhook(self, fields: Json) -> bool:
        self.webhook = {}
        return True

    def _do_setWebhook(self, fields: Json) -> bool:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", fields.get("secret_token", "none")):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = fields if fields.get("url") else {}
        return True

    def _do_getWebhookInfo(self, fields: Json) -> Json:
        state = {"url": self.webhook.get("url", ""), "has_custom_certificate": False}
        return {**state, "pending_update_count": len(self._updates), **self.webhook_trouble}

    async def _do_getUpdates(self, fields: Json) -> list[Json]:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(
                Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one runs")
            )
        self.polls += 1
        offset = int(fields.get("offset") or 0)
        self._updates = [each for each in self._updates if each["update_id"] >= offset]
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poller = mine
        await self._wait_for_updates(mine, float(fields.get("timeout") or 0))
        wanted = fields.get("allowed_updates") or ["message", "callback_query"]
        limit = int(fields.get("limit") or 100)
        return [each for each in self._updates if set(each) & {*wanted, "text"}][:limit]

    async def _wait_for_updates(self, poller: asyncio.Future[None], timeout_s: float) -> None:
        deadline = time.monotonic() + min(timeout_s, 10)
        while not self._updates and time.monotonic() < deadline:
            self._arrived.clear()
            arrived = asyncio.ensure_future(self._arrived.wait())
            waited: set[asyncio.Future[Any]] = {poller, arrived}
            await asyncio.wait(waited, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            arrived.cancel()
            if poller.done():
                break
        if poller.done():
            poller.result()
        poller.cancel()

    def _do_sendMessage(self, fields: Json) -> Json:
        chat_id = self._reachable(fields)
        text = checked_text(fields)
        check_buttons(fields)
        self._check_reply(chat_id, fields)
        if self._pace is not None:
            self._pace.check(chat_id)
        chat = chat_of(chat_id)
        # Whole when it is stored: the test looks at the messages from another thread.
        more: Json = {"raw": fields, "replies_to": (fields.get("reply_parameters") or {}).get("message_id")}
        if "reply_markup" in fields:
            more["reply_markup"] = fields["reply_markup"]
        if fields.get("message_thread_id"):
            more["message_thread_id"] = int(fields["message_thread_id"])
        return public(self._message(chat, bot_user(), text=text, sent_at=self.now(), **more))

    def _do_editMessageText(self, fields: Json) -> Json:
        chat_id = self._reachable(fields)
        message = self.messages[chat_id].get(int(fields["message_id"]))
        if message is None or message["from"]["id"] != BOT_ID:
            raise Refusal(400, "Bad Request: message to edit not found")
        text = checked_text(fields)
        check_buttons(fields)
        if message["text"] == text and message.get("reply_markup") == fields.get("reply_markup"):
            raise Refusal(400, "Bad Request: message is not modified: specified new message content and ...")
        if self._pace is not None:
            self._pace.check(chat_id)
        message.update(text=text, edit_date=int(time.time()), raw=message["raw"] | fields)
        message["reply_markup"] = fields.get("reply_markup")
        return public(message)

    def _do_editMessageReplyMarkup(self, fields: Json) -> Json:
        chat_id = self._reachable(fields)
        message = self.messages[chat_id].get(int(fields["message_id"]))
        if message is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        check_buttons(fields)
        message["reply_markup"] = fields.get("reply_markup")
        return public(message)

    def _do_sendMessageDraft(self, fields: Json) -> bool:
        if self._reachable(fields) < 0:
            raise Refusal(400, "Bad Request: TEXTDRAFT_PEER_INVALID")
        if not int(fields.get("draft_id") or 0):
            raise Refusal(400, "Bad Request: DRAFT_ID_INVALID")
        return True

    def _do_sendChatAction(self, fields: Json) -> bool:
        self._reachable(fields)
        return True

    def _do_answerCallbackQuery(self, fields: Json) -> bool:
        begun = self._callbacks.pop(fields["callback_query_id"], None)
        if begun is None or self.now() - begun > 15:
            raise Refusal(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        if utf16(fields.get("text") or "") > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        return True

    def _do_answerInlineQuery(self, fields: Json) -> bool:
        results = fields["results"]
        if len(results) > 50 or len({each["id"] for each in results}) < len(results):
            raise Refusal(400, "Bad Request: RESULT_ID_DUPLICATE")
        for each in results:
            content = each["input_message_content"]
            checked_text({**content, "text": content["message_text"]})
        return True

    def _do_getFile(self, fields: Json) -> Json:
        data = self.files.get(fields["file_id"])
        if data is None:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(data) > DOWNLOAD_MAX:
            raise Refusal(400, "Bad Request: file is too big")
        file_id = fields["file_id"]
        return {"file_id": file_id, "file_unique_id": file_id, "file_path": f"documents/{file_id}"}

    async def _give_file(self, request: web.Request) -> web.StreamResponse:
        data = self.files.get(request.match_info["path"].rpartition("/")[2])
        if request.match_info["token"] != TOKEN or data is None:
            return web.Response(status=404)
        return web.Response(body=data)

    def _do_getChatMember(self, fields: Json) -> Json:
        status = self.members.get(int(fields["chat_id"]), "member")
        member: Json = {"status": status, "user": bot_user()}
        if status == "administrator":
            rights = (
                "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats "
                "can_restrict_members can_promote_members can_change_info can_invite_users "
                "can_post_stories can_edit_stories can_delete_stories"
            )
            member |= dict.fromkeys(rights.split(), False)
        return member

    def _reachable(self, fields: Json) -> int:
        chat_id = int(fields["chat_id"])
        if chat_id in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat_id in self.migrated:
            new = self.migrated[chat_id]
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=new,
            )
        return chat_id

    def _check_reply(self, chat_id: int, fields: Json) -> None:
        reply = fields.get("reply_parameters") or {}
        if not reply or reply.get("allow_sending_without_reply"):
            return
        if int(reply["message_id"]) not in self.messages[chat_id]:
            raise Refusal(400, "Bad Request: message to be replied not found")

    def _message(self, chat: Json, user: Json, **more: Any) -> Json:
        self._last_message[chat["id"]] += 1
        number = self._last_message[chat["id"]]
        message = {"message_id": number, "date": int(time.time()), "chat": chat, "from": user, **more}
        self.messages[chat["id"]][number] = message
        return message


async def _fields(request: web.Request) -> Json:
    data = await request.post()
    raw: Json = dict(request.query) | dict(data)
    fields: Json = {}
    for name, value in raw.items():
        try:
            fields[name] = json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value
        except ValueError:
            fields[name] = value
    if "allow_sending_without_reply" in fields:
        raise web.HTTPBadRequest
    return fields
