"""What retrieval finds for the questions that the reader is chosen and calibrated by; kept in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from ingest.pipeline import ingest
from ingest.units import cut_units
from retrieval.models.embedder import load_embedder
from retrieval.reading.records import ReadPassage
from retrieval.records import Passage
from retrieval.retriever import Retriever
from retrieval.store import Store
from retrieval.vectors import vector_home
from training.reader.examples import ROOT, is_held_out, json_lines

PASSAGES = 8
"""So many are read."""


@dataclass(frozen=True)
class Asked:
    """A question with what must stand in its answer, and what retrieval found, best first.

    ``group`` is what one question shares with others of the same document: they are left out together.
    """

    id: str
    type: str
    group: str
    question: str
    must: tuple[str, ...]
    passages: tuple[ReadPassage, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class ChoosingSet:
    """Questions and the folders of documents that they are asked of.

    With ``is_apart`` each is asked of its own document alone: others may answer it too, and nobody has said
    whether they do.
    """

    name: str
    corpus: str
    folders: tuple[Path, ...]
    questions: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    is_apart: bool = False


def choosing_sets(shared: Path, data: Path, cache: Path, more: Path | None = None) -> Iterator[ChoosingSet]:
    """The sets that nothing is learned from, by name; ``more`` is a folder with further files of questions.

    Those are named by what they ask of: seeds, regulations or legal.
    """
    corpus, evaluation = shared / "corpus", shared / "eval"
    authored = tuple(_authored(data))
    yield ChoosingSet("authors", "authors", (data / "documents",), authored, is_apart=True)
    yield ChoosingSet("newcomer", "seeds", (ROOT / "seeds",), tuple(_plain(evaluation / "newcomer.jsonl")))
    yield ChoosingSet("legal", "legal", (corpus / "legal",), tuple(_plain(evaluation / "legal.jsonl")))
    party = (ROOT / "seeds", corpus / "regulations", corpus / "news")
    yield ChoosingSet("regulations", "party", party, tuple(_plain(evaluation / "regulations.jsonl")))
    places = {"seeds": ("seeds", (ROOT / "seeds",)), "regulations": ("party", party)}
    places["legal"] = ("legal", (corpus / "legal",))
    for path in sorted(more.glob("*.jsonl")) if more else ():
        yield ChoosingSet(f"more_{path.stem}", *places[path.stem], tuple(_plain(path)))
    trial = evaluation / "cmrc_trial"
    texts = cache / "cmrc_texts"
    if not texts.is_dir():
        texts.mkdir(parents=True)
        for row in json_lines(trial / "passages.jsonl"):
            (texts / f"{row['id']}.txt").write_text(row["text"], encoding="utf-8")
    rows = [row for row in json_lines(trial / "questions.jsonl") if row["answers"]]
    comprehension = tuple(
        (row["id"], "fact", row["gold_passage_id"], row["question"], (row["answers"][0],))
        for row in rows[::5]
    )
    yield ChoosingSet("cmrc_trial", "cmrc", (texts,), comprehension)


def _plain(path: Path) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    for row in json_lines(path):
        if row["must"] or row["type"] == "unanswerable":
            group = row["doc"][0] if row["doc"] else row["id"]
            yield row["id"], row["type"], group, row["question"], tuple(row["must"])


def _authored(data: Path) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """The authors' questions about documents that are held out of training."""
    for path in sorted((data / "questions").glob("*.jsonl")):
        for row in json_lines(path):
            if is_held_out(Path(row["doc"]).stem):
                yield row["id"], row["type"], row["doc"], row["question"], tuple(row["spans"])


def gather(chosen: ChoosingSet, cache: Path) -> list[Asked]:
    """What retrieval finds for each question of the set; read from the cache where it is there."""
    kept = cache / f"{chosen.name}.jsonl"
    if not kept.is_file():
        home = cache / chosen.corpus
        is_new = not home.is_dir()
        store, embedder = Store.open(home, create=True), load_embedder("bundled", announce=print)
        vectors = vector_home(store, "")
        if is_new:
            ingest(chosen.folders, store, embedder, vectors)
        searched = _search(Retriever(store, embedder, vectors), chosen)
        found = [json.dumps(asdict(each), ensure_ascii=False) for each in searched]
        vectors.close()
        store.close()
        kept.write_text("\n".join(found) + "\n", encoding="utf-8")
    return [_read(row) for row in json_lines(kept)]


def _search(retriever: Retriever, chosen: ChoosingSet) -> Iterator[Asked]:
    for name, kind, group, question, must in chosen.questions:
        with retriever.searching(question) as search:
            open_to = [r for r in search.ranked if not chosen.is_apart or _is_of(r.passage, group)]
            best = open_to[:PASSAGES]
            passages = []
            for each in best:
                text = search.snapshot.document_text(each.passage.document.id)
                start, end = each.passage.start, each.passage.end
                units = [u for u in _units(text) if u[0] < end and u[1] > start]
                texts = tuple(text[max(a, start) : min(b, end)] for a, b in units)
                passages.append(ReadPassage(each.passage.document.title, each.passage.section, texts))
            scores = tuple(float(each.parts.score) for each in best)
            yield Asked(name, kind, group, question, must, tuple(passages), scores)


def _is_of(passage: Passage, name: str) -> bool:
    return PurePosixPath(passage.document.source).name == name


_CUT: dict[str, Sequence[tuple[int, int]]] = {}


def _units(text: str) -> Sequence[tuple[int, int]]:
    if text not in _CUT:
        _CUT[text] = [(unit.start, unit.end) for unit in cut_units(text)]
    return _CUT[text]


def _read(row: dict) -> Asked:  # type: ignore[type-arg]
    passages = tuple(ReadPassage(p["title"], p["section"], tuple(p["units"])) for p in row["passages"])
    return Asked(
        row["id"],
        row["type"],
        row["group"],
        row["question"],
        tuple(row["must"]),
        passages,
        tuple(row["scores"]),
    )
