"""Sessions of browsers: a random name in a cookie, everything else here in memory, gone with the process."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.answering.conversation import Turn

IDLE_S = 12 * 3600.0
"""A session that nobody has used for so long has ended."""
AGE_S = 7 * 86_400.0
"""No session lives longer, however much it is used."""
TURNS_MAX = 10
_SESSIONS_MAX = 2_000
# Everybody who looks at the page has one, with or without an account.
_UNKNOWN_MAX = 2_000


@dataclass(frozen=True, slots=True)
class GivenTurn:
    """A turn as it was shown; ``answer_id`` names it in the records, 0 where it was not kept."""

    number: int
    turn: Turn
    answer_id: int


@dataclass(slots=True)
class Session:
    """What is known of one browser: who it is (empty: nobody has said), its last turns, its secret for forms.

    ``number`` stands for it where the person has none.
    """

    token: str
    begun: float
    seen: float
    name: str = ""
    is_owner: bool = False
    form_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    number: int = field(default_factory=lambda: -(1 << 60) - secrets.randbits(59))
    turns: deque[GivenTurn] = field(default_factory=lambda: deque(maxlen=TURNS_MAX))
    count: int = 0
    notice: str = ""

    def add(self, turn: Turn, answer_id: int) -> None:
        """Remember a turn."""
        self.count += 1
        self.turns.append(GivenTurn(self.count, turn, answer_id))

    def is_form_of(self, given: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.form_secret.encode())


class Sessions:
    """All sessions of one process; ``now`` gives seconds. Those that have signed in are never pushed out by
    those that have not.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._known: OrderedDict[str, Session] = OrderedDict()
        self._unknown: OrderedDict[str, Session] = OrderedDict()

    def find(self, token: str) -> Session | None:
        """The session of a cookie, or ``None`` where it has ended or never was."""
        key = _key(token)
        for held in (self._known, self._unknown):
            session = held.get(key)
            if session is None:
                continue
            now = self._now()
            if now - session.seen > IDLE_S or now - session.begun > AGE_S:
                del held[key]
                return None
            session.seen = now
            held.move_to_end(key)
            return session
        return None

    def begin(self) -> Session:
        """A session of nobody yet."""
        return self._keep(self._unknown, Session(secrets.token_urlsafe(32), self._now(), self._now()))

    def sign_in(self, former: Session | None, name: str, *, is_owner: bool = False) -> Session:
        """A new session of a person: under a new name, so that nobody knows it from before."""
        if former is not None:
            self.end(former)
        session = Session(secrets.token_urlsafe(32), self._now(), self._now(), name, is_owner)
        return self._keep(self._known, session)

    def end(self, session: Session) -> None:
        """Forget a session."""
        for held in (self._known, self._unknown):
            held.pop(_key(session.token), None)

    def _keep(self, held: OrderedDict[str, Session], session: Session) -> Session:
        held[_key(session.token)] = session
        while len(held) > (_SESSIONS_MAX if held is self._known else _UNKNOWN_MAX):
            held.popitem(last=False)
        return session


def _key(token: str) -> str:
    # Looked up by a digest, so that the time of the look-up tells nothing of the tokens there are.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
