"""Whether mentions can reach the bot in a chat: found out from Telegram, told once."""

from __future__ import annotations

import logging

from telegram import Chat, ChatMember, ChatMemberUpdated, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

_log = logging.getLogger(__name__)
_INSIDE = frozenset({ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER})


def mentions_arrive(me: User, status: str) -> bool:
    """Whether plain mentions reach the bot in a group where it has this membership status.

    In privacy mode only commands, replies to the bot and an administrator's view of the group do.
    """
    return bool(me.can_read_all_group_messages) or status in (
        ChatMemberStatus.ADMINISTRATOR,
        ChatMemberStatus.OWNER,
    )


def was_added(change: ChatMemberUpdated) -> bool:
    """Whether the bot has just come into a group."""
    if change.chat.type not in (ChatType.GROUP, ChatType.SUPERGROUP):
        return False
    return not _is_inside(change.old_chat_member) and _is_inside(change.new_chat_member)


async def can_be_mentioned(chat: Chat, me: User) -> bool:
    """Whether mentions reach the bot in ``chat`` now; where Telegram does not say, what privacy mode says."""
    if me.can_read_all_group_messages or chat.type == ChatType.PRIVATE:
        return True
    try:
        member = await chat.get_member(me.id)
    except TelegramError as exc:
        _log.warning("membership unknown: %s", type(exc).__name__)
        return False
    return mentions_arrive(me, member.status)


def _is_inside(member: ChatMember) -> bool:
    if member.status == ChatMemberStatus.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in _INSIDE
