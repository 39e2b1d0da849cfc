"""Who may come in, and as what: accounts with hashed passwords, keys of programs, names told by a proxy."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from retrieval.errors import SettingError
from retrieval.records import EVERYONE, STAFF, Audience

if TYPE_CHECKING:
    from bot.settings import ServeSettings

Role = Literal["member", "staff", "admin"]
ROLE_NAMES: Mapping[str, Role] = {"群众": "member", "工作人员": "staff", "管理员": "admin"}
# 16 MB and about 50 ms a try.
_COST, _BLOCK, _LANES = 14, 8, 1
_KEY_PREFIX = "dw-"
_RATE_MAX = 100_000
_LOCAL = "本机"
# Far from the numbers of people and groups in Telegram, beside whom they stand in the records.
_NUMBERS_FROM = 1 << 61


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever makes a request; ``number`` stands for them in the records, ``name`` in the log of deeds.

    ``rate`` is how many questions a minute they may ask.
    """

    name: str
    role: Role
    number: int
    rate: int = 30
    is_program: bool = False

    @property
    def audiences(self) -> frozenset[Audience]:
        """What may be shown to them: internal documents only to staff and admins."""
        return EVERYONE if self.role == "member" else STAFF


@dataclass(frozen=True, slots=True)
class _Account:
    role: Role
    password: str


class People:
    """The people of the settings; SettingError where an account or a key is written wrongly."""

    def __init__(self, settings: ServeSettings) -> None:
        self._accounts = dict(map(_read_account, settings.accounts))
        self._keys = dict(map(_read_key, settings.keys))
        self._header = settings.proxy_header.lower()
        self._proxies = frozenset(settings.proxies)
        self._admins = frozenset(settings.admins)
        self._staff = frozenset(settings.staff)
        # Compared with where there is no such account, so that both take as long.
        self._nobody = hash_password(secrets.token_hex(8))

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who they are: everybody is staff, on this machine alone."""
        return not self._accounts and not self._header

    @property
    def has_accounts(self) -> bool:
        """Whether people say who they are by a password."""
        return bool(self._accounts)

    @property
    def has_keys(self) -> bool:
        """Whether programs have keys, without which none is served."""
        return bool(self._keys)

    def local(self, number: int, *, is_owner: bool) -> Person:
        """Somebody on this machine where there are no accounts; the owner has shown the key of the start."""
        return Person(_LOCAL, "admin" if is_owner else "staff", number)

    def by_password(self, name: str, password: str) -> Person | None:
        """The person with this account and password; takes as long where there is none."""
        account = self._accounts.get(name)
        is_right = is_password(password, account.password if account else self._nobody)
        return Person(name, account.role, number_of(name)) if account and is_right else None

    def by_name(self, name: str) -> Person | None:
        """The person of an account, as the settings have it now."""
        account = self._accounts.get(name)
        return Person(name, account.role, number_of(name)) if account else None

    def by_key(self, key: str) -> Person | None:
        """The program with this key."""
        return self._keys.get(_digest(key))

    def by_proxy(self, headers: Mapping[str, str], peer: str) -> Person | None:
        """Who a trusted proxy says it is; nobody's word counts but that of the proxies in the settings."""
        if not self._header or peer not in self._proxies:
            return None
        told = headers.get(self._header, "").strip()
        # Headers arrive as Latin-1, whatever the proxy wrote.
        name = told.encode("latin-1", "replace").decode("utf-8", "replace")
        if not name:
            return None
        role: Role = "admin" if name in self._admins else "staff" if name in self._staff else "member"
        return Person(name, role, number_of(name))


def number_of(name: str) -> int:
    """The number of a person in the records, which depends on the name alone."""
    return -_NUMBERS_FROM - int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:7])


def hash_password(password: str) -> str:
    """The password as the settings may hold it: scrypt with its cost and a salt of its own."""
    salt = secrets.token_bytes(16)
    return f"scrypt.{_COST}.{_written(salt)}.{_written(_scrypt(password, salt, _COST))}"


def is_password(password: str, hashed: str) -> bool:
    """Whether a password is the one that was hashed."""
    _, cost, salt, expected = hashed.split(".")
    return hmac.compare_digest(_scrypt(password, _bytes(salt), int(cost)), _bytes(expected))


def new_account(written: str, password: str) -> str:
    """The line for ``DANGWU_SERVE__ACCOUNTS`` of ``名字:角色``; SettingError where that is none."""
    name, _, role = written.partition(":")
    line = f"{name}:{role or '群众'}:{hash_password(password)}"
    _read_account(line)
    return line


def new_key(written: str) -> tuple[str, str]:
    """A new key for ``名字:公开:60``, and its line of ``DANGWU_SERVE__KEYS``, which does not tell it."""
    name, audience, rate = (*written.split(":"), "", "")[:3]
    key = _KEY_PREFIX + secrets.token_urlsafe(24)
    line = f"{name}:{audience or '公开'}:{rate or 60}:{_digest(key)}"
    _read_key(line)
    return key, line


def _read_account(line: str) -> tuple[str, _Account]:
    name, role, hashed = (*line.split(":"), "", "")[:3]
    role = ROLE_NAMES.get(role, role)
    if not _is_name(name) or role not in get_args(Role) or not _is_hash(hashed):
        raise SettingError(
            "DANGWU_SERVE__ACCOUNTS 里有一个账号写得不对。",
            remedy="写成 名字:角色:口令摘要，角色是 群众、工作人员 或 管理员；"
            "用 dangwu serve --new-account 名字:角色 生成。",
        )
    return name, _Account(cast(Role, role), hashed)


def _read_key(line: str) -> tuple[str, Person]:
    name, audience, rate, digest = (*line.split(":"), "", "", "")[:4]
    is_rate = rate.isascii() and rate.isdigit() and 0 < int(rate) <= _RATE_MAX
    if not _is_name(name) or audience not in STAFF or not is_rate or len(digest) != 64:
        raise SettingError(
            "DANGWU_SERVE__KEYS 里有一个密钥写得不对。",
            remedy="写成 名字:公开或内部:每分钟次数:摘要；用 dangwu serve --new-key 名字:公开:60 生成。",
        )
    role: Role = "staff" if audience == "内部" else "member"
    return digest, Person(f"程序 {name}", role, number_of(f"key:{name}"), int(rate), is_program=True)


def _is_name(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and len(name) <= 64


def _is_hash(hashed: str) -> bool:
    match hashed.split("."):
        case ["scrypt", cost, salt, expected]:
            return cost.isdigit() and 10 <= int(cost) <= 20 and bool(salt) and bool(expected)
    return False


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    text = password.encode("utf-8", "replace")
    return hashlib.scrypt(
        text, salt=salt, n=1 << cost, r=_BLOCK, p=_LANES, maxmem=256 * _BLOCK * (1 << cost), dklen=32
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
