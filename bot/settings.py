"""All settings of the program: read once, checked whole, handed inward section by section.

Values come from the process environment, then from ``.env``, then from the defaults. An unknown
``DANGWU_…`` name in either is an error, because a mistyped setting would otherwise just not work; names
of other programs in ``.env`` are none of our business.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.config import (
    ChromaSettings,
    EmbeddingSettings,
    HistorySettings,
    RerankerSettings,
    Section,
    checked_url,
    is_blank,
)
from retrieval.errors import SettingError

ENV_PREFIX = "DANGWU_"
ENV_FILE = Path(".env")
_DELIMITER = "__"
# Windows' Notepad puts a byte order mark in front, which would become part of the first name.
_ENCODING = "utf-8-sig"
_ALL_SETTINGS = "全部设置见 README 或 .env.example。"


def _split_list(value: object) -> object:
    """A list written as JSON or with commas between its items, as a list of its items."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as exc:
            raise ValueError("方括号里应是一个 JSON 数组") from exc
    return [item.strip() for item in value.replace("，", ",").split(",") if item.strip()]


Ids = Annotated[tuple[int, ...], BeforeValidator(_split_list)]
Names = Annotated[tuple[str, ...], BeforeValidator(_split_list)]


class LanguageModelSettings(Section):
    """``DANGWU_LLM__…``: an OpenAI-compatible endpoint; without one, answers are extractive."""

    base_url: str = Field(
        default="", description="OpenAI 兼容接口的地址，以 /v1 结尾；空：不用大模型，由阅读模型指认"
    )
    model: str = Field(default="", description="接口上的模型名，如 deepseek-chat；与地址同时填写")
    api_key: SecretStr = Field(default=SecretStr(""), description="接口的密钥；本机服务通常不用填")
    timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="一次完整回答最多等几秒；慢的本机模型可放宽到 120"
    )
    calls_a_day: int = Field(
        default=2000, ge=0, description="一天最多请求大模型几次，用完后只由阅读模型指认；0：不请求"
    )
    allow_internal: bool = Field(
        default=False, description="是否允许把标为“内部”的段落发给不在本机的大模型接口"
    )

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        return checked_url(url, ("http", "https"))

    @model_validator(mode="after")
    def _check_pair(self) -> LanguageModelSettings:
        if bool(self.base_url) != bool(self.model):
            raise ValueError("DANGWU_LLM__BASE_URL 与 DANGWU_LLM__MODEL 要么都填，要么都空")
        return self


class TelegramSettings(Section):
    """``DANGWU_TELEGRAM__…``"""

    token: SecretStr = Field(default=SecretStr(""), description="机器人的令牌，向 @BotFather 申请")
    # A proxy's address may carry a password.
    proxy: SecretStr = Field(
        default=SecretStr(""), description="访问 Telegram 的代理，如 socks5://127.0.0.1:1080；空：直连"
    )
    base_url: str = Field(
        default="", description="自建或测试用 Bot API 服务器的根地址，如 http://127.0.0.1:8081；空：官方"
    )
    admins: Ids = Field(default=(), description="管理员的用户号，逗号分隔；可看内部资料、可更新资料库")
    staff: Ids = Field(default=(), description="工作人员的用户号，逗号分隔；私聊中可看内部资料")
    allowed_chats: Ids = Field(default=(), description="允许使用的会话号，逗号分隔；空：所有会话")
    webhook_url: str = Field(default="", description="接收更新的公网地址；空：主动轮询")
    listen: str = Field(
        default="127.0.0.1", description="在哪个地址上接收推送和健康检查；容器里填 0.0.0.0，外面要有防火墙"
    )
    health_port: int = Field(
        default=0, ge=0, le=65535, description="健康检查（/health）和指标（/metrics）的端口；0：不开"
    )

    @field_validator("base_url", "webhook_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return checked_url(url, ("http", "https"))

    @field_validator("proxy")
    @classmethod
    def _check_proxy(cls, proxy: SecretStr) -> SecretStr:
        return SecretStr(checked_url(proxy.get_secret_value(), ("http", "https", "socks5", "socks5h")))


class ServeSettings(Section):
    """``DANGWU_SERVE__…``: the page and the doors; without accounts everybody on this machine is staff."""

    host: str = Field(default="127.0.0.1", description="在哪个地址上监听；本机以外的地址要先设置账号")
    port: int = Field(default=8421, ge=1, le=65535, description="端口")
    url: str = Field(
        default="", description="别人在浏览器里打开的地址，如 https://dangwu.example.cn；空：就是监听的地址"
    )
    accounts: Names = Field(
        default=(), description="账号，每个写成 名字:角色:口令摘要，由 dangwu serve --new-account 生成"
    )
    keys: Names = Field(
        default=(), description="程序的密钥，每个写成 名字:公开或内部:每分钟次数:摘要，由 --new-key 生成"
    )
    proxy_header: str = Field(
        default="", description="反向代理登录以后写明用户名的请求头，如 X-Remote-User；空：不用"
    )
    proxies: Names = Field(default=("127.0.0.1", "::1"), description="只相信从这些地址来的 PROXY_HEADER")
    admins: Names = Field(default=(), description="由代理登录的人里，哪些用户名是管理员")
    staff: Names = Field(default=(), description="由代理登录的人里，哪些用户名是工作人员，可看内部资料")

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return checked_url(url, ("http", "https"))


class Settings(BaseSettings):
    """The whole configuration; build it with ``load_settings``, or directly in tests (``_env_file=None``)."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=_DELIMITER,
        env_file_encoding=_ENCODING,
        frozen=True,
        # Names of other programs in .env; our own unknown names are refused by load_settings.
        extra="ignore",
        # Lists are split by their own validator, which takes JSON as well.
        enable_decoding=False,
    )

    data_dir: Path = Field(
        default=Path("data"), description="数据目录：程序写下的一切都在它下面；相对路径从当前文件夹算起"
    )
    embedding: EmbeddingSettings = EmbeddingSettings()
    reranker: RerankerSettings = RerankerSettings()
    chroma: ChromaSettings = ChromaSettings()
    history: HistorySettings = HistorySettings()
    llm: LanguageModelSettings = LanguageModelSettings()
    telegram: TelegramSettings = TelegramSettings()
    serve: ServeSettings = ServeSettings()

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if not is_blank(value)}


def load_settings(env_file: Path = ENV_FILE) -> Settings:
    """The settings of this process; SettingError, which never shows a value, when one is not usable."""
    in_file = _names_in_file(env_file)
    _refuse_unknown(os.environ, "环境变量")
    _refuse_unknown(in_file, str(env_file.absolute()))
    try:
        return Settings(_env_file=env_file)
    except ValidationError as exc:
        raise _setting_error(exc, env_file) from exc


def setting_fields() -> dict[str, FieldInfo]:
    """Every setting by the name of its environment variable, in the order of docs/settings.md."""
    return dict(_walk_fields(Settings, ENV_PREFIX))


def _walk_fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from _walk_fields(section, f"{prefix}{name.upper()}{_DELIMITER}")
        else:
            yield prefix + name.upper(), field


def _names_in_file(env_file: Path) -> Mapping[str, None]:
    if not env_file.is_file():
        return {}
    # Comes with pydantic-settings, which reads the values of this file by it.
    from dotenv.parser import parse_stream

    try:
        with env_file.open(encoding=_ENCODING) as stream:
            bindings = list(parse_stream(stream))
    except UnicodeDecodeError as exc:
        raise SettingError(f"{env_file.absolute()} 不是 UTF-8 编码。", remedy="另存为 UTF-8 编码。") from exc
    except OSError as exc:
        raise SettingError(
            f"读不了 {env_file.absolute()}（{exc.strerror}）。", remedy="检查文件的权限。"
        ) from exc
    for binding in bindings:
        if binding.error and ENV_PREFIX in binding.original.string:
            raise SettingError(
                f"{env_file.absolute()} 第 {binding.original.line} 行写得不对。",
                remedy="每行写成 DANGWU_…=值，含空格或 # 的值加引号。",
            )
    return {binding.key: None for binding in bindings if binding.key}


def _refuse_unknown(names: Mapping[str, Any], place: str) -> None:
    known = setting_fields()
    for name in names:
        if not name.upper().startswith(ENV_PREFIX) or name.upper() in known:
            continue
        raise SettingError(
            f"没有 {name} 这个设置（写在 {place} 里）。",
            remedy=f"最接近的名字是 {_nearest_name(name.upper(), known)}；{_ALL_SETTINGS}",
        )


def _nearest_name(name: str, known: Mapping[str, Any]) -> str:
    # Without the prefix, which all share, the rest decides.
    rests = {each.removeprefix(ENV_PREFIX): each for each in known}
    nearest = difflib.get_close_matches(name.removeprefix(ENV_PREFIX), rests, n=1, cutoff=0.0)
    return rests[nearest[0]]


def _setting_error(error: ValidationError, env_file: Path) -> SettingError:
    sentences = [
        _explain(each["loc"], each["type"], each.get("ctx", {}), env_file) for each in error.errors()
    ]
    return SettingError("；".join(sentences) + "。", remedy="改正后再运行；" + _ALL_SETTINGS)


def _explain(loc: tuple[int | str, ...], kind: str, context: Mapping[str, Any], env_file: Path) -> str:
    path = [part for part in loc if isinstance(part, str)]
    name = ENV_PREFIX + _DELIMITER.join(path).upper()
    expected = _expectation(kind, context)
    if name not in setting_fields():
        return expected
    in_environment = any(each.upper() == name for each in os.environ)
    return f"设置 {name}（{'环境变量' if in_environment else env_file.absolute()}）不对：{expected}"


def _expectation(kind: str, context: Mapping[str, Any]) -> str:
    """What was expected, in Chinese; the value itself is never shown, it may be a secret."""
    if kind == "value_error":
        return str(context["error"])
    if kind in _BOUNDS:
        bound = next(iter(context.values()))
        return f"应{_BOUNDS[kind]} {bound:g}"
    return next((text for start, text in _KINDS.items() if kind.startswith(start)), "值不合要求")


_BOUNDS = {
    "greater_than": "大于",
    "greater_than_equal": "不小于",
    "less_than": "小于",
    "less_than_equal": "不大于",
}
_KINDS = {
    "int": "应是整数（列表用逗号分隔）",
    "float": "应是数字",
    "finite": "应是数字",
    "bool": "应是 true 或 false",
    "tuple": "应是列表，用逗号分隔",
    "path": "应是路径",
}
