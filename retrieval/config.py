"""Settings of what retrieval uses: the embedding model, the reranker, and where Chroma runs."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from retrieval.retention import VERSIONS_KEPT


class Section(BaseModel):
    """A group of settings; an empty value means the default, so that a variable can be switched off."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if not is_blank(value)}


def is_blank(value: object) -> bool:
    """Whether a value as read from the environment says nothing."""
    return isinstance(value, str) and not value.strip()


def checked_url(url: str, schemes: tuple[str, ...]) -> str:
    """The URL without a slash at its end; ValueError in Chinese unless it has a scheme of these and a host.

    An empty string stays empty.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme.lower() not in schemes or not parts.hostname:
        raise ValueError(f"应是 {' 或 '.join(f'{scheme}://' for scheme in schemes)} 开头的完整地址")
    return url.rstrip("/")


class EmbeddingSettings(Section):
    """``DANGWU_EMBEDDING__…``"""

    model: str = Field(
        default="bundled",
        description=(
            "向量模型。bundled：随程序安装的模型；none：只按词检索；"
            "其他：sentence-transformers 的模型名或文件夹（需要附加项 models）"
        ),
    )


class RerankerSettings(Section):
    """``DANGWU_RERANKER__…``"""

    model: str = Field(
        default="",
        description="重排模型：sentence-transformers CrossEncoder 的模型名或文件夹；空：不重排",
    )


class HistorySettings(Section):
    """``DANGWU_HISTORY__…``"""

    keep: int = Field(
        default=VERSIONS_KEPT,
        ge=2,
        le=1000,
        description="保留最近几个版本可供回退（dangwu rollback），至少 2；更旧的只在 dangwu history 里留一行",
    )


class ChromaSettings(Section):
    """``DANGWU_CHROMA__…``"""

    url: str = Field(
        default="",
        description="Chroma 服务器的地址，如 http://127.0.0.1:8000；空：用数据目录里的内嵌 Chroma",
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return checked_url(url, ("http", "https"))
