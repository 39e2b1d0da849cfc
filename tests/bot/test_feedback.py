"""Feedback: read without making files, shown without persons, and turned into lines that can be scored."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.answering.answer import Answer, Citation, Statement
from bot.answering.gaps import Gaps
from bot.cli.entry import run
from bot.compose import Application
from bot.feedback import Feedback, evaluation_case, read_feedback
from bot.rendering.feedback import NOTHING, feedback_text
from bot.rendering.json import answer_json
from bot.settings import Settings
from bot.telegram.store import TelegramStore
from retrieval.errors import InputError, StoreError
from retrieval.evaluation import read_questions
from retrieval.records import DocumentInfo
from tests.command import QUESTION, document, output

FAR = "火星基地的食堂几点开门？"


class Calendar:
    """A clock moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.seconds = at.timestamp()

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def application(seeded: Path) -> Iterator[Application]:
    settings = Settings(_env_file=None, data_dir=seeded, embedding={"model": "none"})
    with Application(settings, announce=print) as opened:
        yield opened


def keep(
    data_dir: Path, record: dict[str, Any], *votes: str, at: float | None = None, comment: str = ""
) -> int:
    """Store an answer with these votes, each of another person; gives its number."""
    moment = time.time() if at is None else at
    store = TelegramStore(data_dir, now=lambda: moment)
    number = store.keep_answer(5, 5, record)
    for voter, vote in enumerate(votes):
        store.vote(number, voter, vote)
    if comment:
        store.comment(5, comment)
    store.close()
    return number


def record_of(answer: Answer) -> dict[str, Any]:
    return answer_json(answer, answer_id=None)


def lines_of(path: Path, *cases: dict[str, Any]) -> list[Any]:
    """The questions as ``dangwu eval`` reads them."""
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in cases), encoding="utf-8")
    questions, problems = read_questions(path)
    assert problems == []
    return questions


class TestReading:
    def test_where_no_bot_ever_ran_there_is_nothing_and_nothing_is_made(self, tmp_path: Path) -> None:
        assert read_feedback(tmp_path) == Feedback()
        assert read_feedback(tmp_path / "none") == Feedback()
        assert list(tmp_path.iterdir()) == []
        assert feedback_text(Feedback()) == NOTHING

    def test_reading_beside_a_stopped_bot_leaves_the_folder_as_it_was(self, tmp_path: Path) -> None:
        keep(tmp_path, record_of(Answer("问", "refused", message="没有")), "有用")
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        assert read_feedback(tmp_path).counts["有用"] == 1
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_votes_are_seen_while_the_bot_is_running(self, tmp_path: Path) -> None:
        store = TelegramStore(tmp_path)
        store.vote(store.keep_answer(5, 5, record_of(Answer("问", "refused"))), 5, "过时")
        assert read_feedback(tmp_path).counts == {"有用": 0, "引用不符": 0, "过时": 1, "答非所问": 0}
        store.close()

    def test_only_what_came_since_then_is_shown(self, tmp_path: Path) -> None:
        days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2)]
        for day in days:
            keep(
                tmp_path,
                record_of(Answer(f"{day.day}日", "refused")),
                "过时",
                at=day.timestamp(),
                comment="意见",
            )
            Gaps(tmp_path, now=lambda day=day: day).record(Answer(f"问题{day.day}", "refused"))
        late = read_feedback(tmp_path, since=days[1])
        assert [each.question for each in late.answers] == ["2日"]
        assert (len(late.comments), [gap.question for gap in late.gaps]) == (1, ["问题2"])
        assert len(read_feedback(tmp_path).answers) == 2

    def test_persons_are_not_named_and_their_numbers_are_masked(self, tmp_path: Path) -> None:
        record = record_of(Answer("我的电话13800138000要登记吗？", "refused"))
        keep(tmp_path, record, "过时", comment="打我13800138000")
        shown = json.dumps(read_feedback(tmp_path).as_json(), ensure_ascii=False)
        assert "13800138000" not in shown and "user" not in shown

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "telegram.sqlite3").write_bytes(b"no database" * 500)
        with pytest.raises(StoreError, match=r"telegram\.sqlite3"):
            read_feedback(tmp_path)


class TestCases:
    def case(
        self, application: Application, data_dir: Path, answer: Answer, votes: tuple[str, ...], *must: str
    ) -> dict[str, Any]:
        number = keep(data_dir, record_of(answer), *votes)
        rated = next(each for each in read_feedback(data_dir).answers if each.id == number)
        with application.open_store().snapshot() as snapshot:
            texts = [(each.source, snapshot.document_text(each.id)) for each in snapshot.documents()]
        return evaluation_case(rated, must, lambda: texts)

    def test_a_useful_answer_must_stay_complete(self, application: Application, tmp_path: Path) -> None:
        answer = application.answerer.answer(QUESTION)
        case = self.case(application, tmp_path, answer, ("有用", "有用", "过时"))
        (question,) = lines_of(tmp_path / "c.jsonl", case)
        assert case["doc"] == ["002_82e1521d30d4ae49.txt"] and "实施议程" in "".join(case["must"])
        assert question.must and not question.is_unanswerable and question.question == QUESTION

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ("预备期为一年，自支部大会通过之日算起。", ["预备期为一年"]),
            ("预备党员的预备期，为一年；", ["预备党员的预备期为一年。"]),
            ("十二个月。", ["预备党员的预备期为一年。", "期满转正。"]),
        ],
    )
    def test_of_an_answer_in_other_words_the_words_it_took_are_kept(
        self, tmp_path: Path, said: str, expected: list[str]
    ) -> None:
        info = DocumentInfo("d", "docs/细则.txt", "细则")
        quotes = ("预备党员的预备期为一年。", "期满转正。")
        citations = tuple(
            Citation(n, "p", info, "", quote, 0, len(quote)) for n, quote in enumerate(quotes, start=1)
        )
        answer = Answer("预备期多长？", "answered", (Statement(said, (1, 2)),), citations)
        number = keep(tmp_path, record_of(answer), "有用")
        (rated,) = [each for each in read_feedback(tmp_path).answers if each.id == number]
        case = evaluation_case(rated, (), lambda: ())
        assert (case["must"], case["doc"]) == (expected, ["细则.txt"])

    @pytest.mark.parametrize("votes", [("答非所问",), ("有用", "引用不符")])
    def test_a_wrong_answer_must_be_given_no_more(
        self, application: Application, tmp_path: Path, votes: tuple[str, ...]
    ) -> None:
        case = self.case(application, tmp_path, application.answerer.answer(QUESTION), votes)
        (question,) = lines_of(tmp_path / "c.jsonl", case)
        assert question.is_unanswerable and case["doc"] == [] and case["votes"] == list(votes)

    def test_the_right_answer_is_held_against_the_corpus(
        self, application: Application, tmp_path: Path
    ) -> None:
        answer = application.answerer.answer(QUESTION)
        case = self.case(application, tmp_path, answer, ("过时",), "确立 议程", "實施議程")
        (question,) = lines_of(tmp_path / "c.jsonl", case)
        assert case["doc"] == ["002_82e1521d30d4ae49.txt"] and question.must == ("确立 议程", "實施議程")
        for wrong in ("火星议程", "，。"):
            with pytest.raises(InputError, match="资料里没有"):
                self.case(application, tmp_path, answer, ("过时",), "确立议程", wrong)

    def test_a_useful_refusal_stays_one_and_of_a_wrong_one_the_answer_is_asked_for(
        self, application: Application, tmp_path: Path
    ) -> None:
        answer = application.answerer.answer(FAR)
        (question,) = lines_of(tmp_path / "c.jsonl", self.case(application, tmp_path, answer, ("有用",)))
        assert answer.status == "refused" and question.is_unanswerable
        with pytest.raises(InputError) as caught:
            self.case(application, tmp_path, answer, ("答非所问",))
        assert "--must" in caught.value.remedy


class TestCommand:
    @pytest.fixture
    def data_dir(self, home: Path, seeded: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        copy = Path(shutil.copytree(seeded, home / "own"))
        monkeypatch.setenv("DANGWU_DATA_DIR", str(copy))
        return copy

    def test_a_case_is_one_line_that_the_evaluation_scores(
        self, data_dir: Path, application: Application, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for question, vote in ((QUESTION, "有用"), (QUESTION, "答非所问"), (FAR, "有用")):
            keep(data_dir, record_of(application.answerer.answer(question)), vote)
        cases = tmp_path / "cases.jsonl"
        for number in ("1", "#2", "3"):
            assert run(["feedback", "--case", number]) == 0
            line, _ = output(capsys)
            assert line.count("\n") == 1
            with cases.open("a", encoding="utf-8") as file:
                file.write(line)
        assert run(["eval", str(cases), "--json"]) == 0
        report = document(capsys)
        assert (report["n"], report["complete"], report["cited"], report["refused"]) == (3, 1.0, 1.0, 0.5)

    def test_it_lists_bad_answers_first(
        self, data_dir: Path, application: Application, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["feedback"]) == 0
        assert output(capsys)[0].strip() == NOTHING
        keep(data_dir, record_of(application.answerer.answer(QUESTION)), "有用")
        keep(data_dir, record_of(application.answerer.answer(FAR)), "答非所问", comment="缺食堂的资料")
        assert run(["feedback"]) == 0
        shown = output(capsys)[0]
        assert shown.index("#2") < shown.index("#1") < shown.index("缺食堂的资料")
        assert run(["feedback", "--json", "--since", "2999-01-01"]) == 0
        assert document(capsys)["answers"] == []
        assert run(["feedback", "--json"]) == 0
        answers = document(capsys)["answers"]
        assert [each["votes"][0]["verdict"] for each in answers] == ["有用", "答非所问"]
        assert answers[0]["citations"] and answers[0]["index_version"].startswith("v1-")

    @pytest.mark.parametrize(
        "args",
        [
            ["--since", "昨天"],
            ["--since", "0001-01-01"],
            ["--must", "字样"],
            ["--case", "7"],
            ["--case", "x"],
        ],
    )
    def test_wrong_use_is_said(
        self, data_dir: Path, args: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["feedback", *args]) == 2
        assert output(capsys)[1]
