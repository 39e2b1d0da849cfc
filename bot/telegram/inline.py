"""Inline mode: answers from public documents, offered while somebody types in any chat."""

from __future__ import annotations

from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode
from telegram.ext import ContextTypes

from bot.assistant import Assistant
from bot.rendering.telegram import render_answer
from bot.rendering.telegram_markup import make_label
from bot.telegram.limits import RateLimits
from bot.work import QueueFull
from retrieval.effect import NOT_IN_FORCE
from retrieval.errors import InputError
from retrieval.records import EVERYONE

# Each keystroke is a query; the first few characters ask nothing yet.
_CHARS_MIN = 4
# Telegram must not go on offering what has been taken out of the corpus; our own cache knows its version.
_CACHED_S = 0
# One message is all that inline mode can insert.
_MORE = "\n\n（答案没有完，全文请私聊我再问一次。）"
_UNITS = 4000


class Inline:
    """The inline mode of one bot; nobody's role counts, since anybody may read where the answer lands."""

    def __init__(self, assistant: Assistant, rates: RateLimits) -> None:
        self._assistant = assistant
        self._rates = rates

    async def on_query(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Offer the answer to what is typed, or nothing; who types too fast is not even told so."""
        query = update.inline_query
        # Whoever types faster than that is not waiting for what this would have offered.
        if query is None or self._rates.admit(query.from_user.id, query.from_user.id) > 0:
            return
        results = await self._results(query)
        await query.answer(results, cache_time=_CACHED_S, is_personal=False)

    async def _results(self, query: InlineQuery) -> list[InlineQueryResultArticle]:
        if len(query.query.strip()) < _CHARS_MIN:
            return []
        try:
            answer = await self._assistant.answer_once(query.query, EVERYONE)
        except (InputError, QueueFull):
            return []
        if answer.status != "answered":
            return []
        first, *others = render_answer(answer, limit_utf16=_UNITS)
        content = InputTextMessageContent(
            first.html + (_MORE if others else ""),
            ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        titles = {each.document.title: each.document.status for each in answer.citations}
        description = "、".join(
            f"《{title}》" + (f"（{state}）" if state in NOT_IN_FORCE else "")
            for title, state in titles.items()
            if title
        )
        return [
            InlineQueryResultArticle(
                "answer", make_label(query.query), content, description=make_label(description)
            )
        ]
