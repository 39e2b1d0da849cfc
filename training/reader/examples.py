"""What the reader learns from: questions with the units that answer, and with those that only look like it.

Documents are read, cut into passages and units as the program does it.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ingest.documents import read_document
from ingest.passages import make_passages
from ingest.units import cut_units
from retrieval.normalise import match_key, to_simplified
from retrieval.reading.records import ReadPassage, Unit
from retrieval.sentences import split_sentences

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = 6
"""One document of so many is never learned from: choosing and calibration use it."""
ANSWERS, OTHER, UNJUDGED = 1, 0, -1
_SPACE = re.compile(r"\s")
_COVERED = 0.5


@dataclass(frozen=True)
class Labelled:
    """A passage with one label for each unit; ``exact`` are the answer's own words: unit, start, end."""

    passage: ReadPassage
    labels: tuple[int, ...]
    exact: tuple[tuple[int, int, int], ...] = ()

    @property
    def answers(self) -> bool:
        return ANSWERS in self.labels

    def only(self, kept: Sequence[int]) -> Labelled:
        """The same with these units alone."""
        places = {old: new for new, old in enumerate(kept)}
        return Labelled(
            replace(self.passage, units=tuple(self.passage.units[each] for each in kept)),
            tuple(self.labels[each] for each in kept),
            tuple((places[unit], a, b) for unit, a, b in self.exact if unit in places),
        )


@dataclass(frozen=True)
class Task:
    """A question with passages that answer and passages that do not. ``document`` is what it was asked of;
    ``near`` are those of ``tempting`` that its author calls near misses.
    """

    id: str
    question: str
    document: str
    answering: tuple[Labelled, ...]
    tempting: tuple[ReadPassage, ...] = ()
    origin: str = ""
    near: tuple[ReadPassage, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document cut as the program cuts it."""

    name: str
    title: str
    text: str

    @cached_property
    def units(self) -> list[Unit]:
        return cut_units(self.text)

    @cached_property
    def passages(self) -> list[tuple[ReadPassage, tuple[Unit, ...]]]:
        """The passages, each with its units."""
        found = []
        for span in make_passages(self.text, self.title):
            units = tuple(u for u in self.units if u.start < span.end and u.end > span.start)
            if units:
                texts = tuple(self.text[u.start : u.end] for u in units)
                found.append((ReadPassage(self.title, span.section, texts), units))
        return found

    @cached_property
    def _packed(self) -> tuple[str, list[int]]:
        """The text without white space, and where each of its characters stands."""
        places = [at for at, each in enumerate(self.text) if not each.isspace()]
        return "".join(self.text[at] for at in places), places

    def find(self, words: str) -> list[tuple[int, int]]:
        """All stretches that read so, white space aside."""
        text, places = self._packed
        wanted = _SPACE.sub("", words)
        found, at = [], text.find(wanted) if wanted else -1
        while at >= 0:
            found.append((places[at], places[at + len(wanted) - 1] + 1))
            at = text.find(wanted, at + 1)
        return found


def is_held_out(document: str) -> bool:
    """Whether questions about this document are kept from training."""
    return zlib.crc32(document.encode()) % HELD_OUT == 0


def load_document(path: Path) -> Document:
    """The document as ingest would store it."""
    read = read_document(path.read_bytes(), path.name, None)
    return Document(path.stem, read.title, read.text)


def load_documents(folder: Path) -> dict[str, Document]:
    """All documents of a folder by the name of their file without its ending."""
    paths = [p for p in sorted(folder.iterdir()) if p.suffix in {".txt", ".docx", ".md", ".html", ".pdf"}]
    return {path.stem: load_document(path) for path in paths}


def json_lines(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def label(
    document: Document, stretches: Sequence[tuple[int, int]]
) -> tuple[list[Labelled], list[ReadPassage]]:
    """The passages that hold units of these stretches, with their labels, and those that hold none."""
    answering, others = [], []
    for passage, units in document.passages:
        labels = tuple(ANSWERS if _is_within(unit, stretches) else OTHER for unit in units)
        if ANSWERS in labels:
            answering.append(Labelled(passage, labels))
        else:
            others.append(passage)
    return answering, others


def _is_within(unit: Unit, stretches: Sequence[tuple[int, int]]) -> bool:
    size = unit.end - unit.start
    return any(
        (min(unit.end, end) - max(unit.start, start)) >= min(_COVERED * size, end - start)
        and min(unit.end, end) > max(unit.start, start)
        for start, end in stretches
    )


def authors_tasks(questions: Path, documents: Mapping[str, Document]) -> Iterator[Task]:
    """Questions with verbatim spans; see ``training/data/README.md`` for the layout."""
    for path in sorted(questions.glob("*.jsonl")):
        for row in json_lines(path):
            document = documents.get(Path(row["doc"]).stem)
            if document is None:
                continue
            stretches = [each for span in row["spans"] for each in document.find(span)[:1]]
            answering, others = label(document, stretches)
            if row["answerable"] and not answering:
                continue
            stretches = [each for span in row.get("near", ()) for each in document.find(span)[:1]]
            near = tuple(each.passage for each in label(document, stretches)[0]) if not answering else ()
            yield Task(
                row["id"], row["question"], document.name, tuple(answering), tuple(others), "authors", near
            )


def must_tasks(questions: Path, documents: Mapping[str, Document], origin: str = "project") -> Iterator[Task]:
    """Questions with the words that an answer must hold, and the passages that hold most of them."""
    for row in json_lines(questions):
        if "must" not in row:
            continue
        named = [documents[key] for key in documents if any(key.startswith(each) for each in row["doc"])]
        answering = list(_holding(named, row["must"])) if row["must"] else []
        if bool(row["must"]) != bool(answering):
            continue
        others = [p for d in (named or documents.values()) for p, _ in d.passages]
        held = {each.passage.units for each in answering}
        tempting = tuple(p for p in others if p.units not in held)
        name = named[0].name if named else ""
        yield Task(row["id"], row["question"], name, tuple(answering), tempting, origin)


def _holding(documents: Iterable[Document], must: Sequence[str]) -> Iterator[Labelled]:
    """The passage with most of the words, its units with any of them labelled; where spread, several."""
    missing = [match_key(each) for each in must]
    candidates = [(p, [match_key(u) for u in p.units]) for d in documents for p, _ in d.passages]
    while missing:
        counted = [sum(m in "".join(keys) for m in missing) for _, keys in candidates]
        best = max(range(len(counted)), key=counted.__getitem__, default=-1)
        if best < 0 or not counted[best]:
            return
        passage, keys = candidates[best]
        joined = "".join(keys)
        labels = [OTHER] * len(keys)
        for m in [m for m in missing if m in joined]:
            at, position = joined.find(m), 0
            for unit, key in enumerate(keys):
                if position < at + len(m) and position + len(key) > at:
                    labels[unit] = ANSWERS
                position += len(key)
            missing.remove(m)
        yield Labelled(passage, tuple(labels))


def comprehension_tasks(path: Path) -> Iterator[Task]:
    """Questions of a set in the layout of SQuAD, in simplified script; a context is one passage."""
    for number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        title = to_simplified(article.get("title") or "").replace("_", " ")
        for paragraph in article["paragraphs"]:
            context = to_simplified(paragraph["context"])
            if len(context) != len(paragraph["context"]):
                continue
            spans = split_sentences(context)
            passage = ReadPassage(title, "", tuple(context[a:b] for a, b in spans))
            for asked in paragraph["qas"]:
                found = _found(
                    context, [to_simplified(a["text"]) for a in asked["answers"]], asked["answers"]
                )
                labelled = _labelled(passage, spans, found, context)
                if labelled:
                    question = to_simplified(asked["question"])
                    yield Task(
                        str(asked["id"]), question, f"{path.stem}:{number}", (labelled,), (), path.stem
                    )


def _found(
    context: str, texts: Sequence[str], stated: Sequence[Mapping[str, object]]
) -> list[tuple[int, int]]:
    found = []
    for text, answer in zip(texts, stated, strict=True):
        at = int(str(answer["answer_start"]))
        if text and context[at : at + len(text)] != text:
            at = context.find(text)
        if text and at >= 0 and (at, at + len(text)) not in found:
            found.append((at, at + len(text)))
    return found


def _labelled(
    passage: ReadPassage, spans: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]], context: str
) -> Labelled | None:
    """Units of the first answer answer; those of others, or with the same words, are not judged."""
    if not found:
        return None
    (start, end), *rest = found
    labels, exact = [], []
    for unit, (a, b) in enumerate(spans):
        if a < end and b > start:
            labels.append(ANSWERS)
            exact.append((unit, max(start, a) - a, min(end, b) - a))
        elif any(a < y and b > x for x, y in rest) or (
            end - start > 1 and context[start:end] in context[a:b]
        ):
            labels.append(UNJUDGED)
        else:
            labels.append(OTHER)
    return Labelled(passage, tuple(labels), tuple(exact)) if ANSWERS in labels else None
