"""Our retrieval beside LangChain's own recipe, and ways to fuse its parts, on the same questions.

    python -m benchmarks.comparison [QUESTIONS...] [--corpus FOLDER] [--every N] [--data FOLDER] [--write]

QUESTIONS are question files over the corpus (default: tests/questions/seeds.jsonl over seeds/) and
retrieval folders (passages.jsonl, questions.jsonl). The recipe is RecursiveCharacterTextSplitter 500/50 and
Chroma's similarity search with the same bundled model; on a corpus it gets the texts raw and cleaned. It
needs ``pip install langchain-text-splitters langchain-chroma``. ``--every 4`` asks every fourth question of
a folder; ``--data`` keeps our stores for another run; ``--write`` puts the tables into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from langchain_chroma import Chroma
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.report import circumstances, table, write_section
from ingest.documents import read_document
from ingest.pipeline import PlainText, ingest, ingest_texts
from retrieval.evaluation import contains_all, latency_summary, read_benchmark, read_questions
from retrieval.models.embedder import Embedder, load_embedder
from retrieval.retriever import Ranked, Retriever
from retrieval.store import Store
from retrieval.vectors import vector_home

ROOT = Path(__file__).resolve().parent.parent
DEPTH = 5
_RRF_CONSTANT = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One passage that a search offers: its text and the name of its document."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and whether some passages hold its evidence."""

    question: str
    is_answered_by: Callable[[Sequence[Found]], bool]


@dataclass(frozen=True, slots=True)
class Task:
    """Questions over some files, or over texts given by name."""

    name: str
    asked: Sequence[Asked]
    files: Sequence[Path] = ()
    texts: dict[str, str] | None = None


Search = Callable[[str], Sequence[Found]]


def question_task(path: Path, corpus: Path) -> Task:
    """A question file over the files of a folder; questions without ``must`` are left out."""
    questions, _ = read_questions(path)

    def holds(must: Sequence[str]) -> Callable[[Sequence[Found]], bool]:
        return lambda found: contains_all([each.text for each in found], must)

    asked = [Asked(each.question, holds(each.must)) for each in questions if each.must]
    files = [f for f in sorted(corpus.rglob("*")) if f.suffix in (".txt", ".md", ".html", ".docx", ".pdf")]
    return Task(path.stem, asked, files=files)


def folder_task(path: Path, every: int) -> Task:
    """A retrieval folder, of whose questions every ``every``-th is asked."""
    benchmark = read_benchmark(path)

    def is_from(gold: str) -> Callable[[Sequence[Found]], bool]:
        return lambda found: any(each.source == gold for each in found)

    asked = [Asked(each.question, is_from(each.gold)) for each in benchmark.questions[::every]]
    return Task(path.name, asked, texts=dict(benchmark.passages))


def measured_row(name: str, system: str, asked: Sequence[Asked], search: Search) -> list[str]:
    """hit@1, hit@5, milliseconds and the characters offered, as cells of the table."""
    first = five = chars = 0
    elapsed = []
    search("党支部")
    for each in asked:
        begun = time.perf_counter()
        found = search(each.question)
        elapsed.append((time.perf_counter() - begun) * 1e3)
        first += each.is_answered_by(found[:1])
        five += each.is_answered_by(found)
        chars += sum(len(one.text) for one in found)
    latency = latency_summary(elapsed)
    n = len(asked)
    shares = [f"{first / n:.3f}", f"{five / n:.3f}"]
    return [name, system, str(n), *shares, *(str(v) for v in latency.values()), str(round(chars / n))]


HEADER = ("questions", "system", "n", "hit@1", "hit@5", "p50 ms", "p95 ms", "chars offered")
FUSIONS = (
    "words only",
    "bigrams only",
    "dense only",
    "reciprocal rank fusion of the three",
    "weighted sum, no headings, no lift",
    "ours",
)


@contextmanager
def recipe(texts: dict[str, str], embedder: Embedder) -> Iterator[Search]:
    """LangChain's recipe over texts by name."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50)
    with tempfile.TemporaryDirectory() as folder:
        store = Chroma("recipe", embedding_function=embedder, persist_directory=folder)
        for source, text in texts.items():
            chunks = splitter.split_text(text)
            if chunks:
                store.add_texts(chunks, metadatas=[{"source": source}] * len(chunks))

        def search(question: str) -> list[Found]:
            documents = store.similarity_search(question, k=DEPTH)
            return [Found(each.page_content, each.metadata["source"]) for each in documents]

        yield search


@contextmanager
def ours(task: Task, folder: Path, embedder: Embedder) -> Iterator[Retriever]:
    """Our retriever over the task's files or texts, in a store below ``folder``."""
    home = folder / task.name
    home.mkdir(parents=True, exist_ok=True)
    store = Store.open(home, create=True)
    vectors = vector_home(store)
    if task.texts is None:
        ingest(task.files, store, embedder, vectors)
    else:
        plain = [PlainText(source, "", text) for source, text in task.texts.items()]
        ingest_texts(plain, store, embedder, vectors)
    try:
        yield Retriever(store, embedder, vectors)
    finally:
        vectors.close()
        store.close()


def _raw_and_cleaned(task: Task) -> dict[str, dict[str, str]]:
    if task.texts is not None:
        return {"LangChain's recipe": task.texts}
    documents = {each.name: read_document(each.read_bytes(), each.name, None) for each in task.files}
    return {
        "LangChain's recipe, raw": {name: each.raw for name, each in documents.items()},
        "LangChain's recipe, cleaned": {name: each.text for name, each in documents.items()},
    }


def compare(task: Task, folder: Path, embedder: Embedder) -> list[list[str]]:
    """The rows of the side-by-side table."""
    rows = []
    for name, texts in _raw_and_cleaned(task).items():
        with recipe(texts, embedder) as search:
            rows.append(measured_row(task.name, name, task.asked, search))
    with ours(task, folder, embedder) as retriever:

        def search(question: str) -> list[Found]:
            passages = retriever.search(question, k=DEPTH).passages
            return [Found(each.passage.text, each.passage.document.source) for each in passages]

        rows.append(measured_row(task.name, "dangwu", task.asked, search))
    return rows


def fuse(ranked: Sequence[Ranked], fusion: str) -> list[Ranked]:
    """The candidates of one search in the order of a fusion; ties keep the order that ours gives."""
    if fusion == "ours":
        return list(ranked)
    marks = [_marks(each) for each in ranked]
    if fusion == "weighted sum, no headings, no lift":
        score = [m[0] + 2 * m[1] + 1.5 * m[2] for m in marks]
    elif fusion.startswith("reciprocal"):
        places = [_places([mark[part] for mark in marks]) for part in range(3)]
        score = [sum(1 / (_RRF_CONSTANT + place[i]) for place in places) for i in range(len(ranked))]
    else:
        score = [mark[FUSIONS.index(fusion)] for mark in marks]
    order = sorted(range(len(ranked)), key=lambda i: -score[i])
    return [ranked[i] for i in order]


def _marks(each: Ranked) -> tuple[float, float, float]:
    return each.parts.words, each.parts.bigrams, max(0.0, each.parts.dense)


def _places(marks: Sequence[float]) -> list[int]:
    """The rank of each mark, from 1."""
    places = [0] * len(marks)
    for place, index in enumerate(sorted(range(len(marks)), key=lambda i: -marks[i]), start=1):
        places[index] = place
    return places


def compare_fusions(task: Task, folder: Path, embedder: Embedder) -> dict[str, str]:
    """hit@1 / hit@5 by fusion, all over the same candidates."""
    hits = {fusion: [0, 0] for fusion in FUSIONS}
    with ours(task, folder, embedder) as retriever:
        for each in task.asked:
            with retriever.searching(each.question) as search:
                for fusion in FUSIONS:
                    best = fuse(search.ranked, fusion)[:DEPTH]
                    found = [Found(r.passage.text, r.passage.document.source) for r in best]
                    hits[fusion][0] += each.is_answered_by(found[:1])
                    hits[fusion][1] += each.is_answered_by(found)
    n = len(task.asked)
    return {fusion: f"{first / n:.3f} / {five / n:.3f}" for fusion, (first, five) in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    default = ROOT / "tests" / "questions" / "seeds.jsonl"
    parser.add_argument("questions", nargs="*", type=Path, default=[default])
    parser.add_argument("--corpus", type=Path, default=ROOT / "seeds")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    embedder = load_embedder("bundled")
    if embedder is None:
        parser.exit(1, "the bundled model does not load on this machine\n")
    tasks = [
        folder_task(path, arguments.every) if path.is_dir() else question_task(path, arguments.corpus)
        for path in arguments.questions
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.data or Path(scratch)
        rows = [row for task in tasks for row in compare(task, folder, embedder)]
        by_task = [compare_fusions(task, folder, embedder) for task in tasks]
    fusions = [[fusion, *(each[fusion] for each in by_task)] for fusion in FUSIONS]
    body = "\n\n".join(
        [
            circumstances() + ".",
            table(HEADER, rows),
            "The order of the same candidates (those that the words and the vectors found) by other means:"
            " hit@1 / hit@5.",
            table(["order by", *(task.name for task in tasks)], fusions),
        ]
    )
    print(body)
    if arguments.write:
        write_section("comparison", body)


if __name__ == "__main__":
    main()
