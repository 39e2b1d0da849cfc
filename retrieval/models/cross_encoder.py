"""A cross-encoder of sentence-transformers, which reads question and passage together; off by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from retrieval.errors import ModelError, SettingError
from retrieval.models.embedder import encodable
from retrieval.models.hub import Kind

_BATCH = 16
_CHECK_SETTING = (
    "检查 DANGWU_RERANKER__MODEL：留空（不重排），或 sentence-transformers CrossEncoder 的模型名或文件夹。"
)
_KIND = Kind(
    noun="重排模型",
    short="重排模型",
    remedy=_CHECK_SETTING,
    without_extra="运行 pip install 'dangwu[models]'，或去掉 DANGWU_RERANKER__MODEL。",
)


class Reranker(Protocol):
    """Marks passages by how well they answer a question."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One mark from 0 to 1 for each text, higher is better."""
        ...


class CrossEncoderReranker:
    """A CrossEncoder by hub name or folder; its logit is mapped to 0..1 by the logistic function."""

    def __init__(self, name: str) -> None:
        self._model = _KIND.load(name, _load)
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
            [(encodable(question), encodable(text)) for text in texts],
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


def _load(place: str, is_local: bool) -> Any:
    from sentence_transformers import CrossEncoder

    return CrossEncoder(place, device="cpu", local_files_only=is_local)
