"""Whether a question asked in other clothes gets the same answer: ``python -m benchmarks.robustness``.

Each question is asked again with another question word, politely, with one character mistyped by sound, in
traditional script, and with its clauses the other way round. Counted are answers that quote the same places,
and refusals that stay refusals. The clothes are made here, by rule; the questions are those that nothing is
learned from (``tests/questions/others.jsonl``).
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.ingestion import ROOT
from benchmarks.report import circumstances, table, write_section
from bot.answering.answer import Answer
from bot.compose import Application
from bot.settings import Settings

QUESTIONS = ROOT / "tests" / "questions" / "others.jsonl"
_WORDS = (
    ("什么时候", "哪个时候"),
    ("哪些", "哪几样"),
    ("多少", "几多"),
    ("怎么", "怎样"),
    ("怎样", "如何"),
    ("如何", "怎么样"),
    ("为什么", "为何"),
    ("谁", "哪个人"),
    ("哪里", "哪个地方"),
    ("什么", "啥"),
    ("咋", "怎么"),
    ("啥", "什么"),
)
_POLITE = ("您好，请问{}？谢谢！", "麻烦问一下{}", "我想了解一下，{}", "{}，请告诉我一下")
Change = Callable[[str, Random], str]


def other_word(question: str, _: Random) -> str:
    """The first question word that has another, exchanged."""
    for word, other in _WORDS:
        if word in question:
            return question.replace(word, other, 1)
    return question


def politely(question: str, random: Random) -> str:
    """The question between polite words."""
    return random.choice(_POLITE).format(question.rstrip("？?。"))


def mistyped(question: str, random: Random) -> str:
    """One character in the middle replaced by another of the same sound."""
    from training.reader.variation import same_sound

    places = [at for at in range(1, len(question) - 1) if same_sound().get(question[at])]
    if not places:
        return question
    at = random.choice(places)
    return question[:at] + random.choice(same_sound()[question[at]]) + question[at + 1 :]


def traditional(question: str, _: Random) -> str:
    """In traditional script."""
    import opencc

    return str(opencc.OpenCC("s2t").convert(question))


def turned_round(question: str, _: Random) -> str:
    """The clauses in the other order; of one clause the question mark alone goes."""
    clauses = [each for each in re.split("[，,]", question.rstrip("？?")) if each]
    return "，".join(reversed(clauses))


CHANGES: dict[str, Change] = {
    "question word": other_word,
    "politeness": politely,
    "typo": mistyped,
    "traditional script": traditional,
    "order of clauses": turned_round,
}


def places(answer: Answer) -> set[tuple[str, int, int]]:
    """What an answer quotes; empty for a refusal."""
    return {(each.document.id, each.start, each.end) for each in answer.citations}


def measure(count: int) -> list[list[str]]:
    """A row each change: questions that it changes, the same places, any place in common."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines][:count]
    asked, same, common = Counter[str](), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), _env_file=None)  # type: ignore[call-arg]
        with Application(settings, announce=print) as application:
            application.ingest([], lambda *_: None)
            for number, question in enumerate(questions):
                before = places(application.answerer.answer(question))
                for name, change in CHANGES.items():
                    changed = change(question, Random(number))
                    if changed == question:
                        continue
                    after = places(application.answerer.answer(changed))
                    asked[name] += 1
                    same[name] += after == before
                    common[name] += bool(after & before) or after == before
    rows = [
        [name, str(asked[name]), _share(same, asked, name), _share(common, asked, name)] for name in CHANGES
    ]
    total = [
        str(asked.total()),
        f"{same.total() / asked.total():.3f}",
        f"{common.total() / asked.total():.3f}",
    ]
    return [*rows, ["all", *total]]


def _share(part: Counter[str], whole: Counter[str], name: str) -> str:
    return f"{part[name] / max(1, whole[name]):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--questions", type=int, default=85)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    arguments = parser.parse_args()
    head = ["changed", "questions", "the same quotes", "one quote in common"]
    body = f"{circumstances()}.\n\n{table(head, measure(arguments.questions))}"
    print(body)
    if arguments.write:
        write_section("robustness", body)


if __name__ == "__main__":
    main()
