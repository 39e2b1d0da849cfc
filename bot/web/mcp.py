"""The door for assistants that speak the Model Context Protocol: ask, search, read, list."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.reading import Gone
from bot.rendering.json import answer_json
from bot.web.api import Json, answered, found, listed, read
from bot.web.door import Caller, unauthorised
from bot.web.site import Site, TooFast
from bot.web.views import Filters
from bot.work import QueueFull
from retrieval.errors import DangwuError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bot.web.people import Person

_FOUND_MAX = 20
_DOCUMENTS_MAX = 100
_TEXT_CHARS = 20_000
_INSTRUCTIONS = (
    "党务资料库。ask 回答问题，答案是原文，每个〔n〕都有出处；资料里没有的会拒答，不要自己补充。"
    "search 找相关的段落，list 列出资料，read 读一份资料的全文。引用时请照抄原文并写明出处。"
)


class McpDoor:
    """The door of one site; without the SDK it says how to install it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._app: ASGIApp | None = None
        self._running: AbstractAsyncContextManager[Any] = nullcontext()
        if find_spec("mcp") is not None:
            self._app, self._running = _server(site)

    @property
    def running(self) -> AbstractAsyncContextManager[Any]:
        """To be held as long as the site serves."""
        return self._running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope["dangwu.caller"]
        if caller.person is None:
            await unauthorised()(scope, receive, send)
        elif self._app is None:
            said = {
                "error": {"message": "没有安装附加项 mcp：pip install '.[mcp]'。", "type": "server_error"}
            }
            await JSONResponse(said, 501)(scope, receive, send)
        else:
            await self._app({**scope, "path": "/mcp", "root_path": ""}, receive, send)


def _server(site: Site) -> tuple[ASGIApp, AbstractAsyncContextManager[Any]]:
    from mcp.server import MCPServer
    from mcp.server.mcpserver import Context
    from mcp.server.transport_security import TransportSecuritySettings

    server = MCPServer("dangwu", title="党务助手", instructions=_INSTRUCTIONS)

    # The annotations of tools are read when they are registered, so ``Context`` must be known by then.
    async def ask(question: str, context: Context, before: list[str] | None = None) -> dict[str, Any]:
        person = _person(context)
        turn = await _kept(answered(site, person, question, before or []))
        more = {"rewritten": turn.rewritten} if turn.is_rewritten else {}
        return answer_json(turn.answer, answer_id=None, extra=more)

    async def search(question: str, context: Context, count: int = 5) -> dict[str, Any]:
        count = min(max(count, 1), _FOUND_MAX)
        passages: Json = await _kept(found(site, _person(context), question, count, explains=False))
        return passages

    async def list_documents(context: Context, words: str = "", page: int = 1) -> dict[str, Any]:
        wanted = Filters(words[:200])
        shelf: Json = await _kept(listed(site, _person(context), wanted, max(page, 1), _DOCUMENTS_MAX))
        return shelf

    async def read_document(document_id: str, context: Context, offset: int = 0) -> dict[str, Any]:
        document = await _kept(read(site, _person(context), document_id))
        text, offset = document["text"], max(offset, 0)
        part = text[offset : offset + _TEXT_CHARS]
        following = offset + len(part)
        more = {"offset": offset, "next_offset": following if following < len(text) else None}
        return {**document, "text": part, **more}

    for tool, name, meaning in (
        (
            ask,
            "ask",
            "回答一个问题；before 是这段对话里以前的提问。答案带〔n〕，出处在 citations。",
        ),
        (search, "search", "找与问题最相关的原文段落，最相关的在前。"),
        (list_documents, "list", "列出收录的资料；words 是标题、机关或文件名里的字样。"),
        (read_document, "read", "读一份资料的全文；长的分几次读，offset 用上次的 next_offset。"),
    ):
        tool.__annotations__["context"] = Context
        server.tool(name=name, description=meaning)(tool)
    app = server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        # The door has looked at the host and the origin already.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return app, server.session_manager.run()


def _person(context: Any) -> Person:
    """Who calls a tool: whoever made the request that it came with."""
    caller = context.request_context.request.scope["dangwu.caller"]
    if not isinstance(caller, Caller) or caller.person is None:
        raise PermissionError("nobody")
    return caller.person


async def _kept(work: Awaitable[Any]) -> Any:
    """The result, or an error that the other program may read out."""
    try:
        return await work
    except Gone:
        raise ValueError("现在的资料里没有它，或者不能查看。") from None
    except TooFast as exc:
        raise ValueError(f"问得太快了，请 {exc.wait_s} 秒后再试。") from None
    except QueueFull:
        raise ValueError("现在太忙，请过一会儿再试。") from None
    except DangwuError as exc:
        raise ValueError(exc.message) from None
