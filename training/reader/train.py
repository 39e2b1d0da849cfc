"""Trains the reader: ``python -m training.reader.train --to FOLDER --comprehension FOLDER``.

Reads open sets of reading comprehension from ``--comprehension`` and questions of our own kind from
``training/data`` and ``tests/questions``. The share of our own kind rises while it learns. A run that
was stopped goes on where it last saved.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.models.tokenizer import Tokenizer
from retrieval.reading.encoding import PASSAGE, Encoder, Row, batch
from training.embedding.weights import read_weights
from training.reader.examples import (
    ANSWERS,
    ROOT,
    UNJUDGED,
    Labelled,
    Task,
    authors_tasks,
    comprehension_tasks,
    is_held_out,
    load_documents,
    must_tasks,
)
from training.reader.network import Network, from_embedding_model
from training.reader.sampling import Group, Sampler
from training.reader.synthesis import form_tasks

PIECES = ROOT / "retrieval" / "models" / "e5"
COMPREHENSION = ("cmrc_dev.json", "drcd_dev.json", "drcd_test.json", "xquad.zh.json")
PROJECT = ("seeds", "further", "spoken", "unanswerable", "near_misses", "further_unanswerable")
_DRAWN = 96
# More of them teach nothing new once questions of our own kind follow.
_COMPREHENSION_MAX = 8000
_ROW_MAX = 240
# Rounds in which the rate rises.
_WARM_UP = 2


@dataclass(frozen=True)
class Plan:
    """How it is trained: so many rounds, each of 96 questions. ``batch_tokens`` are padded ones."""

    rounds: int
    rate: float = 2.5e-4
    batch_tokens: int = 2400
    own_first: float = 0.35
    own_last: float = 0.9
    save_rounds: int = 20
    stop: int | None = None
    seed: int = 1


def own_tasks(data: Path) -> list[Task]:
    """Questions of our own kind: the authors', the project's, and those that documents' forms give."""
    documents = load_documents(data / "documents")
    seeds = load_documents(ROOT / "seeds")
    tasks = [task for document in documents.values() for task in form_tasks(document)]
    tasks += authors_tasks(data / "questions", documents)
    tasks = [task for task in tasks if not is_held_out(task.document)]
    tasks += authors_tasks(data / "questions", seeds)
    for name in PROJECT:
        tasks += must_tasks(ROOT / "tests" / "questions" / f"{name}.jsonl", seeds)
    return tasks


def rows_of(group: Group, encoder: Encoder) -> list[tuple[Row, Labelled]]:
    """The rows of a group that are not too long to learn from."""
    found = []
    for part in group.passages:
        rows = encoder.rows(group.question, part.passage)
        if len(rows) == 1 and rows[0].units and len(rows[0].ids) <= _ROW_MAX:
            found.append((rows[0], part))
    return found


def batches(
    groups: Iterator[Group], encoder: Encoder, tokens: int
) -> Iterator[list[list[tuple[Row, Labelled]]]]:
    """Groups of like length together, up to so many padded tokens."""
    made = [rows for group in groups if (rows := rows_of(group, encoder))]
    made.sort(key=lambda rows: max(len(row.ids) for row, _ in rows))
    current: list[list[tuple[Row, Labelled]]] = []
    for rows in made:
        width = max(len(row.ids) for row, _ in rows)
        if current and (sum(map(len, current)) + len(rows)) * width > tokens:
            yield current
            current = []
        current.append(rows)
    if current:
        yield current


def loss(network: Network, groups: Sequence[Sequence[tuple[Row, Labelled]]]) -> tuple[Tensor, list[float]]:
    """What is wrong with the network's readings: of units, of passages, of words, and between passages."""
    pairs = [pair for group in groups for pair in group]
    feed = {name: torch.from_numpy(value) for name, value in batch([row for row, _ in pairs]).items()}
    with torch.autocast("cpu", torch.bfloat16):
        unit, passage, token = network(**feed)
    labels = torch.full(unit.shape, float(UNJUDGED))
    for number, (_, part) in enumerate(pairs):
        labels[number, : len(part.labels)] = torch.tensor(part.labels, dtype=torch.float32)
    judged = labels != UNJUDGED
    of_units = functional.binary_cross_entropy_with_logits(
        unit.clamp(-30, 30), (labels == ANSWERS).float(), reduction="none", pos_weight=torch.tensor(2.0)
    )[judged].mean()
    answers = torch.tensor([float(part.answers) for _, part in pairs])
    of_passages = functional.binary_cross_entropy_with_logits(passage, answers)
    of_words = _word_loss(token, feed, pairs)
    between, start = [], 0
    for group in groups:
        stretch = slice(start, start + len(group))
        start += len(group)
        logits, wanted, known = unit[stretch], labels[stretch] == ANSWERS, judged[stretch]
        if wanted.any():
            between.append(torch.logsumexp(logits[known], 0) - torch.logsumexp(logits[wanted], 0))
    of_rank = torch.stack(between).mean() if between else unit.sum() * 0
    parts = [of_units, of_passages, of_words, of_rank]
    return of_units + 0.7 * of_passages + of_words + 0.7 * of_rank, [float(p.detach()) for p in parts]


def _word_loss(token: Tensor, feed: dict[str, Tensor], pairs: Sequence[tuple[Row, Labelled]]) -> Tensor:
    """Only where the answer's own words are known, or nothing answers."""
    wanted, counted = torch.zeros(token.shape), torch.zeros(token.shape)
    for number, (row, part) in enumerate(pairs):
        if not part.exact and part.answers:
            continue
        counted[number] = (feed["segments"][number] == PASSAGE).float()
        for unit, start, end in part.exact:
            for at, place in enumerate(row.offsets[unit]):
                if place.start < end and place.end > start:
                    wanted[number, row.units[unit][0] + at] = 1
    losses = functional.binary_cross_entropy_with_logits(
        token, wanted, reduction="none", pos_weight=torch.tensor(3.0)
    )
    return (losses * counted).sum() / counted.sum().clamp(min=1)


def train(
    plan: Plan, comprehension: Sequence[Task], own: Sequence[Task], folder: Path, start: Path | None
) -> None:
    """Train for the plan's rounds; the state stands in ``folder`` and is taken up from there."""
    torch.manual_seed(plan.seed)
    encoder = Encoder(Tokenizer(PIECES / "pieces.json", PIECES / "characters.json"))
    network = from_embedding_model(read_weights())
    state = folder / "state.pt"
    first = 0
    optimizer = torch.optim.AdamW(_parameter_groups(network, plan.rate), weight_decay=0.01, betas=(0.9, 0.98))
    if state.is_file():
        saved = torch.load(state, weights_only=True)
        network.load_state_dict(saved["network"], strict=False)
        optimizer.load_state_dict(saved["optimizer"])
        first = saved["rounds"]
    elif start:
        network.load_state_dict(torch.load(start, weights_only=True)["network"], strict=False)
    sampler = Sampler(comprehension, own)
    network.train()
    rows, began = 0, time.monotonic()
    for number in range(first, plan.stop or plan.rounds):
        # A round depends on its number alone, so that a run that was stopped goes on as it would have.
        torch.manual_seed(plan.seed + number)
        random = Random(plan.seed + number)
        share = number / plan.rounds
        own_share = plan.own_first + (plan.own_last - plan.own_first) * share
        drawn = list(batches(sampler.groups(own_share, _DRAWN, random), encoder, plan.batch_tokens))
        random.shuffle(drawn)
        told = []
        for place, some in enumerate(drawn):
            left = max(0.02, 1 - (number + place / len(drawn)) / plan.rounds)
            warm = min(1.0, (number - first + (place + 1) / len(drawn)) / _WARM_UP)
            for group in optimizer.param_groups:
                group["lr"] = group["base"] * warm * left
            wrong, parts = loss(network, some)
            optimizer.zero_grad()
            wrong.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_([p for p in network.parameters() if p.requires_grad], 1.0)
            optimizer.step()
            rows += sum(map(len, some))
            told.append(parts)
        means = " ".join(f"{value:.3f}" for value in np.mean(told, 0))
        spent = (time.monotonic() - began) / 60
        print(
            f"round {number + 1}, {spent:.1f} min, rows {rows}: units passages words rank {means}", flush=True
        )
        if (number + 1) % plan.save_rounds == 0:
            _save(network, optimizer, number + 1, state)
    _save(network, optimizer, plan.stop or plan.rounds, state)


def _parameter_groups(network: Network, rate: float) -> list[dict[str, object]]:
    """What comes from the embedding model learns slowly, what is new three times as fast."""
    new_names = ("token", "unit", "passage", "mix", "segment", "match")
    old: list[nn.Parameter] = []
    new: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            (new if name.startswith(new_names) else old).append(parameter)
    return [{"params": old, "base": rate, "lr": rate}, {"params": new, "base": 3 * rate, "lr": 3 * rate}]


def _save(network: Network, optimizer: torch.optim.Optimizer, rounds: int, path: Path) -> None:
    """All but the word vectors, which stay as they came."""
    kept = {name: value for name, value in network.state_dict().items() if name != "word.weight"}
    new = path.with_suffix(".new")
    torch.save({"network": kept, "optimizer": optimizer.state_dict(), "rounds": rounds}, new)
    new.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--stop", type=int, help="end after so many rounds, as if there were all")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="begin with the weights of this state")
    parser.add_argument("--comprehension", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT / "training" / "data")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--own-first", type=float, default=Plan.own_first)
    parser.add_argument("--own-last", type=float, default=Plan.own_last)
    parser.add_argument("--rate", type=float, default=Plan.rate)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.to.mkdir(parents=True, exist_ok=True)
    comprehension = [t for f in COMPREHENSION for t in comprehension_tasks(arguments.comprehension / f)]
    comprehension = Random(Plan.seed).sample(comprehension, min(_COMPREHENSION_MAX, len(comprehension)))
    own = own_tasks(arguments.data)
    print(f"comprehension {len(comprehension)}, own {len(own)}", flush=True)
    plan = Plan(
        arguments.rounds,
        arguments.rate,
        own_first=arguments.own_first,
        own_last=arguments.own_last,
        stop=arguments.stop,
    )
    train(plan, comprehension, own, arguments.to, arguments.start)


if __name__ == "__main__":
    main()
