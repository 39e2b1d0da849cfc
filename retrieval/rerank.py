"""A cross-encoder of sentence-transformers that reads question and passage together; off by default."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from retrieval.errors import ModelError, SettingError

if TYPE_CHECKING:
    from retrieval.ranking import Ranked

DEPTH = 20
_BATCH = 16
_HUB_TIMEOUT_S = 10.0
_CHECK_SETTING = (
    "检查 DANGWU_RERANKER__MODEL：留空（不重排），或 sentence-transformers CrossEncoder 的模型名或文件夹。"
)


class Reranker(Protocol):
    """Marks passages by how well they answer a question."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One mark from 0 to 1 for each text, higher is better."""
        ...


class CrossEncoderReranker:
    """A CrossEncoder by hub name or folder; its logit is mapped to 0..1 by the logistic function."""

    def __init__(self, name: str) -> None:
        self._model = _load(name)
        if self._model.num_labels != 1:
            raise SettingError(
                f"{name} 给每对文字 {self._model.num_labels} 个分数，不是重排模型。", remedy=_CHECK_SETTING
            )

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One mark from 0 to 1 for each text; ModelError where the model gives no finite numbers."""
        import numpy as np
        from torch.nn import Identity

        if not texts:
            return []
        logits = self._model.predict(
            [(_encodable(question), _encodable(text)) for text in texts],
            batch_size=_BATCH,
            # Models disagree on whether they end in a sigmoid; ours is applied to all alike.
            activation_fn=Identity(),
            show_progress_bar=False,
        )
        marks = 1 / (1 + np.exp(-np.asarray(logits, dtype=np.float64).clip(-60, 60)))
        if marks.shape != (len(texts),) or not np.isfinite(marks).all():
            raise ModelError("重排模型给出了不可用的分数。", remedy=_CHECK_SETTING)
        return [float(mark) for mark in marks]


def load_reranker(model: str) -> Reranker | None:
    """The cross-encoder that the setting ``model`` names, ``None`` where it is empty.

    SettingError where it does not exist, is no cross-encoder, or the extra is missing.
    """
    return CrossEncoderReranker(model) if model else None


def rerank(reranker: Reranker, question: str, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The passages with the first twenty in the order of the reranker's marks.

    ``ranked`` is best first. What stands behind was not read and stays behind in its own order: its mark
    is its relevance as a share of the lowest mark given.
    """
    first, rest = ranked[:DEPTH], ranked[DEPTH:]
    if not first:
        return []
    marks = reranker.scores(question, [each.passage.text for each in first])
    lowest = min(marks)
    marks += [lowest * each.parts.relevance for each in rest]
    marked = [
        replace(each, parts=replace(each.parts, rerank=mark))
        for each, mark in zip(ranked, marks, strict=True)
    ]
    return sorted(marked, key=lambda r: -r.parts.score)


def _load(name: str) -> Any:
    folder = Path(name).expanduser()
    if not folder.is_dir() and _looks_like_path(name):
        raise SettingError(f"找不到重排模型的文件夹：{name}", remedy=_CHECK_SETTING)
    if importlib.util.find_spec("sentence_transformers") is None:
        raise SettingError(
            f"要用重排模型 {name}，还缺 sentence-transformers。",
            remedy="运行 pip install 'dangwu[models]'，或去掉 DANGWU_RERANKER__MODEL。",
        )
    is_local = folder.is_dir() or _is_downloaded(name)
    if not is_local:
        _require_on_hub(name)
    try:
        from sentence_transformers import CrossEncoder
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        place = str(folder) if folder.is_dir() else name
        return CrossEncoder(place, device="cpu", local_files_only=is_local)
    # The library lets through whatever transformers, the hub client, torch and the file formats raise.
    except Exception as exc:
        raise SettingError(f"不能载入重排模型 {name}（{_first_line(exc)}）。", remedy=_CHECK_SETTING) from exc


def _is_downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError as exc:
        raise SettingError(f"这不是一个模型名：{name}", remedy=_CHECK_SETTING) from exc


def _require_on_hub(name: str) -> None:
    """Ask the hub once; the library itself would ask again and again for more than a minute."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        HfApi().model_info(name, timeout=_HUB_TIMEOUT_S)
    except RepositoryNotFoundError as exc:
        raise SettingError(f"模型库里没有这个重排模型：{name}", remedy=_CHECK_SETTING) from exc
    # Network errors of whichever http library the hub client uses.
    except Exception as exc:
        raise SettingError(
            f"没有名为 {name} 的本地模型，也连不上模型库（{_first_line(exc)}）。", remedy=_CHECK_SETTING
        ) from exc


def _looks_like_path(name: str) -> bool:
    # Hub names are "name" or "owner/name".
    return name.startswith((".", "/", "~")) or os.sep in name.partition("/")[2] or "\\" in name


def _first_line(exc: Exception) -> str:
    return str(exc).strip().partition("\n")[0] or type(exc).__name__


def _encodable(text: str) -> str:
    # A lone surrogate would end the text inside the tokenizer's own code.
    return text.encode("utf-8", "replace").decode("utf-8")
