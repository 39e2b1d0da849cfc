"""Measures the reader and the decision on the choosing sets: ``python -m training.reader.evaluate``.

``first``, ``two`` and ``three`` are the shares of answerable questions with all that must be in the answer
within so many units. ``AUC`` is how well answerable questions are told from the others; ``refused`` is the
share of the others that is refused where one in twenty of the answerable is. ``decision`` is judged with
weights learned from other documents.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from retrieval.reading.decision import (
    PASSAGE_FEATURES,
    UNIT_FEATURES,
    WHOLE_FEATURES,
    Decision,
    Weights,
    decide,
    unit_features,
    whole_features,
)
from training.reader.bigrams import Bigrams
from training.reader.calibrate import FALSE_REFUSAL, Read, held_out_weights, is_hit, load_reader, read_all
from training.reader.evidence import choosing_sets, gather
from training.reader.examples import ROOT

# A question's units, best first, as passage and unit.
Order = Callable[[Read], list[tuple[int, int]]]


def by_bigrams(read: Read) -> list[tuple[int, int]]:
    """By BM25 among the units of the passages."""
    units = _units(read)
    scores = Bigrams([read.asked.passages[p].units[u] for p, u in units]).scores(read.asked.question)
    return [units[n] for n in np.argsort(-scores, kind="stable")]


def by_reader(read: Read) -> list[tuple[int, int]]:
    """By the reader's logits alone."""
    return sorted(_units(read), key=lambda unit: -read.reading.passages[unit[0]].units[unit[1]])


def _units(read: Read) -> list[tuple[int, int]]:
    return [(p, u) for p, passage in enumerate(read.asked.passages) for u in range(len(passage.units))]


def hits(reads: Sequence[Read], order: Order) -> list[float]:
    """The share with all that must be in the answer within one, two, three units."""
    asked = [each for each in reads if each.is_answerable]
    found = []
    for each in asked:
        best = order(each)[:3]
        texts = [each.asked.passages[p].units[u] for p, u in best]
        found.append([is_hit(each.asked, texts[:depth]) for depth in (1, 2, 3)])
    return list(np.mean(found, 0)) if found else []


def separation(reads: Sequence[Read], marks: Sequence[float]) -> tuple[float, float] | None:
    """AUC, and the share of unanswerable questions refused at the allowed share of false refusals."""
    good = np.array([m for m, each in zip(marks, reads, strict=True) if each.is_answerable])
    bad = np.array([m for m, each in zip(marks, reads, strict=True) if not each.is_answerable])
    if not len(good) or not len(bad):
        return None
    auc = float(np.mean((good[:, None] > bad) + 0.5 * (good[:, None] == bad)))
    return auc, float(np.mean(bad < np.quantile(good, FALSE_REFUSAL)))


def report(reads: Sequence[Read]) -> None:
    """Print the figures of every set."""
    learned = held_out_weights(reads)
    decisions = {
        id(each): decide(
            each.asked.question,
            each.asked.passages,
            each.asked.scores,
            each.reading,
            learned[each.asked.group],
        )
        for each in reads
    }

    def by_decision(read: Read) -> list[tuple[int, int]]:
        return [(each.passage, each.unit) for each in decisions[id(read)].pointed]

    for name in dict.fromkeys(each.set for each in reads):
        chosen = [each for each in reads if each.set == name]
        answerable = [each for each in chosen if each.is_answerable]
        first = np.mean([is_hit(each.asked, each.asked.passages[0].units) for each in answerable])
        whole = np.mean(
            [is_hit(each.asked, [u for p in each.asked.passages for u in p.units]) for each in answerable]
        )
        print(f"\n{name}: {len(answerable)} + {len(chosen) - len(answerable)}; "
              f"first passage {first:.3f}, all read {whole:.3f}")  # fmt: skip
        for way, order in (("bigrams", by_bigrams), ("reader", by_reader), ("decision", by_decision)):
            print(f"  {way:9} first {{:.3f}} two {{:.3f}} three {{:.3f}}".format(*hits(chosen, order)))
        marks = {
            "score": [each.asked.scores[0] for each in chosen],
            "bigrams": [_best_bigrams(each) for each in chosen],
            "reader": [whole_features(each.asked.scores, each.reading)[1] for each in chosen],
            "decision": [decisions[id(each)].answers for each in chosen],
        }
        for way, found in marks.items():
            parted = separation(chosen, found)
            if parted:
                print(f"  {way:9} AUC {parted[0]:.3f} refused {parted[1]:.3f}")
        answered = [decisions[id(each)].is_answered for each in chosen]
        false = np.mean([not a for a, each in zip(answered, chosen, strict=True) if each.is_answerable])
        refused = [not a for a, each in zip(answered, chosen, strict=True) if not each.is_answerable]
        line = f"  with the common threshold: false refusal {false:.3f}"
        print(line + (f", refused {np.mean(refused):.3f}" if refused else ""))


def ablation(reads: Sequence[Read]) -> None:
    """What becomes of all sets together with one feature of the decision off at a time."""
    print("\noff                      three units  AUC")
    families = (("unit", UNIT_FEATURES), ("passage", PASSAGE_FEATURES), ("whole", WHOLE_FEATURES))
    every = [(family, n, name) for family, names in families for n, name in enumerate(names)]
    for family, place, name in [("", -1, "nothing"), *every]:
        weights = held_out_weights(reads, (family, place) if family else None)
        decided = {id(r): _decision(r, weights[r.asked.group]) for r in reads}
        three, parted = [], []
        for chosen in _by_set(reads):

            def order(read: Read, decided: dict[int, Decision] = decided) -> list[tuple[int, int]]:
                return [(p.passage, p.unit) for p in decided[id(read)].pointed]

            three.append(hits(chosen, order)[-1])
            found = separation(chosen, [decided[id(r)].answers for r in chosen])
            parted += [found[0]] if found else []
        print(f"{family:8} {name:14} {np.mean(three):10.3f} {np.mean(parted):6.3f}")


def _by_set(reads: Sequence[Read]) -> list[list[Read]]:
    return [[r for r in reads if r.set == name] for name in dict.fromkeys(r.set for r in reads)]


def _decision(read: Read, weights: Weights) -> Decision:
    asked = read.asked
    return decide(asked.question, asked.passages, asked.scores, read.reading, weights)


def _best_bigrams(read: Read) -> float:
    found = unit_features(read.asked.question, read.asked.passages, read.asked.scores, read.reading)
    return max(features[3] for _, _, features in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="with corpus/ and eval/")
    parser.add_argument("--cache", type=Path, default=ROOT / ".training", help="keeps what retrieval finds")
    parser.add_argument("--more", type=Path, help="a folder with further files of questions")
    parser.add_argument("--data", type=Path, default=ROOT / "training" / "data")
    parser.add_argument("--model", type=Path, help="the neural reader's folder")
    parser.add_argument("--reader", choices=("neural", "lexical"), default="neural")
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--ablate", action="store_true", help="also with one feature off at a time")
    arguments = parser.parse_args()
    reader = load_reader(arguments.reader, arguments.model)
    reads, spent = [], 0.0
    for chosen in choosing_sets(arguments.shared, arguments.data, arguments.cache, arguments.more):
        if not arguments.sets or chosen.name in arguments.sets:
            asked = gather(chosen, arguments.cache)
            begun = time.process_time()
            reads += read_all(reader, chosen.name, asked)
            spent += time.process_time() - begun
    report(reads)
    if arguments.ablate:
        ablation(reads)
    print(f"\n{1000 * spent / max(1, len(reads)):.0f} ms of processor time a question")


if __name__ == "__main__":
    main()
