"""Any sentence-transformers model in place of the bundled one; needs the extra ``models``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.models.embedder import CHECK_SETTING, Embedder, checked, encodable, no_vectors
from retrieval.models.hub import Kind

if TYPE_CHECKING:
    from retrieval.models.embedder import Matrix

_FINGERPRINT_SAMPLE_BYTES = 1 << 20
_KIND = Kind(
    noun="向量模型",
    short="模型",
    remedy=CHECK_SETTING,
    without_extra="运行 pip install 'dangwu[models]'，或把 DANGWU_EMBEDDING__MODEL 改回 bundled。",
    owner="sentence-transformers",
)


class SentenceTransformerEmbedder(Embedder):
    """A sentence-transformers model by hub name or folder, with the prompts it was trained with."""

    batch_size = 32

    def __init__(self, name: str) -> None:
        self._model = _KIND.load(name, _load)
        # Renamed in sentence-transformers 5.4; the old name warns there.
        measure = getattr(self._model, "get_embedding_dimension", None)
        self.dimension = int((measure or self._model.get_sentence_embedding_dimension)())
        self.fingerprint = f"st-{_model_digest(name, self._model)}-{self.dimension}"

    def passages(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return no_vectors(self.dimension)
        return self._encode(self._model.encode_document, texts)

    def query(self, text: str) -> Matrix:
        vector: Matrix = self._encode(self._model.encode_query, [text])[0]
        return vector

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Matrix:
        vectors = encode(
            [encodable(text) for text in texts],
            batch_size=self.batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return checked(vectors, len(texts), self)


def _load(place: str, is_local: bool) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(place, device="cpu", local_files_only=is_local)


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
