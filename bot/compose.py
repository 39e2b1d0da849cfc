"""The only place where parts are created and joined: settings in, a working program out.

Every part is made when it is first asked for, so that a command pays only for what it uses: chromadb and
a sentence-transformers model take seconds to import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.answering.adviser import Adviser
    from bot.answering.answerer import Answerer
    from ingest.pipeline import Progress
    from ingest.publishing import Approve, Work
    from ingest.report import IngestReport
    from ingest.uploads import UploadPlan
    from retrieval.models.cross_encoder import Reranker
    from retrieval.models.embedder import Embedder
    from retrieval.reading.records import Reader
    from retrieval.retriever import Retriever
    from retrieval.store import Store
    from retrieval.vectors import VectorHome

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


class Application:
    """The joined parts over one data folder; close it, or use it in a ``with`` block.

    ``announce`` gets Chinese sentences about what works in a lesser way than was asked for.
    """

    def __init__(self, settings: Settings, *, announce: Callable[[str], None]) -> None:
        self.settings = settings
        self._announce = announce
        self._store: Store | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of files and models; the application is of no use afterwards."""
        vectors = self.__dict__.get("vectors")
        if vectors is not None:
            vectors.close()
        if self._store is not None:
            self._store.close()

    @property
    def data_dir(self) -> Path:
        """The data folder as an absolute path."""
        return self.settings.data_dir.expanduser().absolute()

    def open_store(self, *, create: bool = False) -> Store:
        """The store; without ``create``, EmptyCorpus where the data folder holds none.

        SettingError where the data folder can be none, StoreError where the database cannot be used.
        """
        if self._store is None:
            from retrieval.store import Store

            self._store = Store.open(self.data_dir, create=create)
        return self._store

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been ingested yet; StoreError when the database cannot be read."""
        from retrieval.errors import EmptyCorpus

        try:
            return self.open_store().is_empty
        except EmptyCorpus:
            return True

    @cached_property
    def embedder(self) -> Embedder | None:
        """The embedding model, or ``None`` where the search goes by words alone."""
        from retrieval.models.embedder import load_embedder

        return load_embedder(self.settings.embedding.model, announce=self._announce)

    @cached_property
    def vectors(self) -> VectorHome:
        """Where the vectors lie."""
        from retrieval.vectors import vector_home

        return vector_home(self.open_store(), self.settings.chroma.url)

    @cached_property
    def reranker(self) -> Reranker | None:
        """The cross-encoder that marks the best passages anew, or ``None`` where none is set."""
        from retrieval.models.cross_encoder import load_reranker

        return load_reranker(self.settings.reranker.model)

    @cached_property
    def retriever(self) -> Retriever:
        """Search over the current corpus version."""
        from retrieval.retriever import Retriever

        return Retriever(self.open_store(), self.embedder, self.vectors, reranker=self.reranker)

    @cached_property
    def answerer(self) -> Answerer:
        """Answers from the current corpus version."""
        from bot.answering.answerer import Answerer

        return Answerer(self.retriever, self.reader, adviser=self._adviser())

    @cached_property
    def reader(self) -> Reader:
        """What points at the wording that answers: the bundled model, or words alone where it cannot run."""
        from retrieval.reading.neural import load_reader

        return load_reader(announce=self._announce)

    def _adviser(self) -> Adviser | None:
        """What asks a language model to point as well, or ``None`` where none is set."""
        if not self.settings.llm.base_url:
            return None
        from bot.answering.adviser import make_adviser

        return make_adviser(self.settings.llm, data_dir=self.data_dir)

    def prepare_ingest(self) -> None:
        """Load the model, then make the data folder: a mistyped model leaves nothing behind."""
        _ = self.embedder
        self.open_store(create=True)

    def ingest(
        self,
        paths: Sequence[Path],
        progress: Progress,
        *,
        wait_s: float = 0.0,
        approve: Approve | None = None,
        follows_links: bool | None = None,
    ) -> IngestReport:
        """Synchronise the corpus with ``paths``, or with the remembered roots where there are none.

        The new version stays unpublished where ``approve`` says no to it. ``follows_links`` says whether
        links that lead out of the paths are followed from now on; ``None`` leaves it as it was.
        InputError for a missing path, before anything is made; SettingError where the model or the data
        folder cannot be what the settings say.
        """
        from ingest.pipeline import ingest

        _require(paths)
        self.prepare_ingest()
        return ingest(
            paths,
            self.open_store(),
            self.embedder,
            self.vectors,
            progress=progress,
            wait_s=wait_s,
            keep=self.settings.history.keep,
            approve=approve,
            follows_links=follows_links,
        )

    def work(self, progress: Progress) -> Work:
        """What changes the corpus without its files; EmptyCorpus where there is none."""
        from ingest.publishing import Work

        _ = self.embedder
        return Work(
            self.open_store(),
            self.embedder,
            self.vectors,
            progress=progress,
            keep=self.settings.history.keep,
        )

    def plan(
        self, paths: Sequence[Path], progress: Progress, *, follows_links: bool | None = None
    ) -> IngestReport:
        """What ``ingest`` would do, with nothing written."""
        from ingest.pipeline import plan_ingest

        _require(paths)
        store = None if self.is_empty else self.open_store()
        return plan_ingest(
            paths, store, exclude=self.data_dir, progress=progress, follows_links=follows_links
        )

    def watched(self) -> list[Path]:
        """Where the remembered roots lie, present or not; files below the data folder arrive otherwise."""
        from ingest.sources import actual_path
        from retrieval.publication import roots

        places = [actual_path(each.location, SEEDS) for each in roots(self.open_store())]
        return [each for each in places if self.data_dir not in each.parents]

    def watched_folders(self) -> list[Path]:
        """The folders that hold the documents of these roots, and those roots that are files."""
        from ingest.sources import list_folders, plan_scope
        from retrieval.publication import roots

        scope = plan_scope([], roots(self.open_store()), SEEDS, data_dir=self.data_dir)
        found = list_folders(scope, SEEDS, exclude=self.data_dir)
        return [each for each in found if self.data_dir not in each.parents]

    def plan_uploads(self, folder: Path, progress: Progress) -> UploadPlan:
        """What ingesting the files that wait in ``folder`` would change; EmptyCorpus where there is none."""
        from ingest.pipeline import standard_parts
        from ingest.uploads import plan_uploads

        return plan_uploads(folder, self.open_store(), standard_parts(), progress=progress)

    def take_in(self, plan: UploadPlan, progress: Progress, *, author: str) -> IngestReport:
        """Put the files of a plan among the uploads and ingest them.

        PlanOutdated where the plan no longer holds, StoreBusy where another ingest is running; after these
        and any other failure the files wait where they were.
        """
        from ingest.pipeline import ingest, standard_parts
        from ingest.uploads import in_place, places

        store, parts = self.open_store(), standard_parts()
        return ingest(
            places(plan, store.data_dir),
            store,
            self.embedder,
            self.vectors,
            parts=parts,
            progress=progress,
            author=author,
            keep=self.settings.history.keep,
            within=in_place(plan, store, parts),
        )

    def benchmark(self, name: str) -> Application:
        """An application over a folder of its own below the data folder, kept for the next run."""
        # Makes the data folder, or says why that cannot be.
        self.open_store(create=True)
        from retrieval.leftovers import BENCHMARKS_NAME

        home = self.data_dir / BENCHMARKS_NAME
        home.mkdir(exist_ok=True)
        return self._over(home / name)

    def beside(self, data_dir: Path) -> Application:
        """An application over another data folder, with the models that this one has loaded."""
        other = self._over(data_dir)
        other.embedder, other.reranker, other.reader = self.embedder, self.reranker, self.reader
        return other

    def _over(self, data_dir: Path) -> Application:
        settings = self.settings.model_copy(update={"data_dir": data_dir})
        return Application(settings, announce=self._announce)


def _require(paths: Sequence[Path]) -> None:
    from retrieval.errors import InputError

    for path in paths:
        if not path.expanduser().exists():
            raise InputError(f"路径不存在：{path}", remedy="检查路径有没有写错。")
