"""Embedding models behind LangChain's ``Embeddings``: the bundled one, or any of sentence-transformers.

Every vector has length one and ``Embedder.dimension`` float32 numbers. ``Embedder.fingerprint`` names the
model exactly enough that vectors of two fingerprints are never compared.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from retrieval.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

BUNDLED = "bundled"
NO_MODEL = "none"
CHECK_SETTING = (
    "检查 DANGWU_EMBEDDING__MODEL：bundled（内置）、none（只按词检索），"
    "或 sentence-transformers 的模型名或文件夹。"
)

_log = logging.getLogger(__name__)


class Embedder(Embeddings):
    """A loaded model; ``passages`` and ``query`` are the arrays behind LangChain's lists.

    ``batch_size`` is how many passages are worth handing over at once.
    """

    fingerprint: str
    dimension: int
    batch_size: int = 16

    @abstractmethod
    def passages(self, texts: Sequence[str]) -> Matrix:
        """The vectors of passages: (n, dimension) float32, rows of length one."""

    @abstractmethod
    def query(self, text: str) -> Matrix:
        """The vector of a question: (dimension,) float32 of length one."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's view of ``passages``."""
        return [[float(number) for number in row] for row in self.passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's view of ``query``."""
        return [float(number) for number in self.query(text)]


def load_embedder(model: str, *, announce: Callable[[str], None] = _log.warning) -> Embedder | None:
    """The model that the setting ``model`` names, or ``None`` where the search is to go by words alone.

    ``bundled`` is the model inside the program; where it cannot load on this machine, ``announce`` gets a
    Chinese sentence and ``None`` comes back. ``none`` gives ``None`` silently. Anything else is a
    sentence-transformers name or folder; SettingError where it does not exist or the extra is missing.
    """
    if model == NO_MODEL:
        return None
    if model != BUNDLED:
        from retrieval.models.sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(model)
    try:
        from retrieval.models.bundled import BundledEmbedder

        return BundledEmbedder()
    except (ModelError, ImportError) as exc:
        announce(
            f"内置的向量模型在这台机器上不能用（{exc}），只按词检索。"
            "要用向量检索，请 pip install 'dangwu[models]' 并设置 DANGWU_EMBEDDING__MODEL。"
        )
        return None


def checked(vectors: Any, count: int, embedder: Embedder) -> Matrix:
    """``vectors`` as float32 rows of length one; ModelError when shape or numbers are not usable."""
    import numpy as np

    rows = np.asarray(vectors, dtype=np.float32)
    if rows.shape != (count, embedder.dimension) or not np.isfinite(rows).all():
        raise ModelError(
            f"向量模型 {embedder.fingerprint} 给出了不可用的向量（{rows.shape}，应为"
            f" {(count, embedder.dimension)}）。",
            remedy="换一个模型（DANGWU_EMBEDDING__MODEL），或改用 bundled。",
        )
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def no_vectors(dimension: int) -> Matrix:
    """The vectors of no texts at all."""
    import numpy as np

    return np.empty((0, dimension), dtype=np.float32)


def encodable(text: str) -> str:
    """The text without what would break or end it inside the models' own code: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
