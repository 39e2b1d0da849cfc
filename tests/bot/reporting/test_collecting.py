"""What a report is made of: the current version alone, for whoever may see it."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.answering.answer import Answer, Citation
from bot.answering.gaps import Gaps
from bot.rendering.json import answer_json
from bot.reporting import collecting, voices
from bot.reporting.collecting import collect_report
from bot.reporting.content import Report, Tally, Voices
from bot.telegram.store import TelegramStore
from ingest.pipeline import ingest, standard_parts
from ingest.plan import DocumentChange
from retrieval.errors import EmptyCorpus
from retrieval.figures import record_evaluation
from retrieval.records import Passage, ScoredPassage
from retrieval.store import Store
from retrieval.vectors import VectorFolders
from tests.corpus import write_files

BEGUN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LATER = BEGUN + timedelta(minutes=5)
SENTENCE = "党员应当按期交纳党费，每月一次，党支部应当定期公布收缴的情况。\n"
ZONE = timezone(timedelta(hours=8))


class Home:
    """A data folder with real cleaning and no model, and documents beside it."""

    def __init__(self, folder: Path) -> None:
        self.docs = folder / "docs"
        self.data = folder / "data"
        self.docs.mkdir()

    def ingest(self, *, at: datetime = BEGUN) -> tuple[DocumentChange, ...]:
        store = Store.open(self.data, create=True)
        vectors = VectorFolders(store)
        return ingest([self.docs], store, None, vectors, parts=standard_parts(), now=lambda: at).documents

    def report(self, *, is_public: bool = False) -> Report:
        store = Store.open(self.data, create=False)
        return collect_report(store, made_at=BEGUN.astimezone(ZONE), is_public=is_public)

    def passages(self, *titles: str) -> tuple[ScoredPassage, ...]:
        with Store.open(self.data, create=False).snapshot() as snapshot:
            infos = [each for each in snapshot.documents() if each.title in titles]
        assert len(infos) == len(titles)
        return tuple(
            ScoredPassage(Passage("p", info, "", "paragraph", 0, 1, "党", "k"), 0.1) for info in infos
        )

    def refuse(self, question: str, *nearest: str) -> None:
        answer = Answer(question, "refused", passages=self.passages(*nearest))
        Gaps(self.data, now=lambda: LATER).record(answer)

    def judge(self, question: str, verdict: str, *cited: str) -> None:
        """A vote in a chat on an answer that cites these documents."""
        passages = self.passages(*cited)
        citations = tuple(
            Citation(n, "p", each.passage.document, "", "党", 0, 1) for n, each in enumerate(passages, 1)
        )
        answer = Answer(question, "answered", citations=citations, passages=passages)
        with closing(TelegramStore(self.data, now=LATER.timestamp)) as telegram:
            telegram.vote(telegram.keep_answer(1, 2, answer_json(answer, answer_id="")), 2, verdict)

    def remark(self, text: str) -> None:
        with closing(TelegramStore(self.data, now=LATER.timestamp)) as telegram:
            telegram.comment(2, text)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    write_files(
        home.docs,
        fee="党费收缴规定\n" + SENTENCE * 9 + "按\u200b期\u200b交纳。\n",
        plain="党员须知\n" + SENTENCE.strip() * 9,
        secret="换届工作安排\n" + SENTENCE * 9 + "保\u200b密。\n",
    )
    (home.docs / "secret.txt.meta.toml").write_text('audience = "内部"\nkind = "通知"', encoding="utf-8")
    (home.docs / "fee.txt.meta.toml").write_text('kind = "规定"\ndate = "2019-03"', encoding="utf-8")
    home.ingest()
    return home


def sources(report: Report) -> list[str]:
    return [each.holding.info.source for each in (*report.entries, *report.quarantined)]


def test_an_empty_corpus_has_no_report(tmp_path: Path) -> None:
    Store.open(tmp_path, create=True)
    with pytest.raises(EmptyCorpus):
        collect_report(Store.open(tmp_path, create=False), made_at=BEGUN)


def test_documents_are_counted_by_kind_status_and_year(home: Home) -> None:
    report = home.report()
    assert (report.overview.served, report.overview.edited, report.overview.internal) == (3, 2, 1)
    assert report.overview.kinds == (Tally("规定", 1), Tally("通知", 1), Tally("其他", 1))
    assert report.overview.statuses == (Tally("现行", 1), Tally("", 2))
    assert report.overview.years == (Tally("2019", 1), Tally("", 2))
    assert Tally("invisible", 3) in report.repairs
    assert report.overview.passages == report.version.passages


def test_moments_are_told_in_the_zone_of_the_report(home: Home) -> None:
    assert home.report().published_at.isoformat() == "2026-05-04T16:00:00+08:00"


def test_each_edited_document_is_shown_raw_beside_clean(home: Home) -> None:
    entries = {each.holding.info.source: each for each in home.report().entries}
    assert entries["docs/plain.txt"].comparison is None
    comparison = entries["docs/fee.txt"].comparison
    assert comparison and comparison.is_whole and comparison.edits == 3
    last = comparison.rows[-1]
    assert "".join(piece.text for piece in last.before).startswith("按\u200b期\u200b交纳。")
    assert "".join(piece.text for piece in last.after) == "按期交纳。"


def test_a_quarantined_document_stands_apart_with_its_reason(home: Home) -> None:
    write_files(home.docs, nav="首页\n新闻中心\n联系我们\n登录\n注册\n")
    changes = {each.source: each.change for each in home.ingest()}
    assert changes["docs/nav.txt"] == "quarantined"
    report = home.report()
    (held_back,) = report.quarantined
    assert held_back.holding.info.source == "docs/nav.txt" and held_back.holding.quarantine
    assert report.overview.served == 3 and "docs/nav.txt" not in [
        e.holding.info.source for e in report.entries
    ]


def test_a_quarantined_document_is_not_in_the_public_report(home: Home) -> None:
    write_files(home.docs, nav="首页\n新闻中心\n联系我们\n登录\n注册\n")
    home.ingest()
    public = home.report(is_public=True)
    assert (public.overview.quarantined, public.quarantined) == (0, ()) and "nav.txt" not in repr(public)


def test_a_deleted_document_is_nowhere_in_the_report(home: Home) -> None:
    home.refuse("何时补交？", "党费收缴规定", "党员须知")
    home.judge("怎样补交？", "过时", "党费收缴规定", "党员须知")
    (home.docs / "fee.txt").unlink()
    home.ingest(at=BEGUN + timedelta(minutes=1))
    report = home.report()
    assert "党费收缴规定" not in repr(report) and "fee.txt" not in repr(report)
    assert report.voices.unanswered[0].nearest == report.voices.rated[0].cited == ("党员须知",)


def test_the_public_report_holds_nothing_internal(home: Home) -> None:
    home.refuse("换届名单何时公布？", "换届工作安排", "党员须知")
    home.refuse("食堂几点开饭？", "党员须知")
    home.judge("换届怎样投票？", "有用", "换届工作安排")
    home.judge("党员有哪些义务？", "答非所问", "党员须知")
    home.remark("换届的材料还没有。")
    whole, public = home.report(), home.report(is_public=True)
    assert {each.question for each in whole.voices.unanswered} == {"食堂几点开饭？", "换届名单何时公布？"}
    assert [each.question for each in public.voices.unanswered] == ["食堂几点开饭？"]
    assert [each.question for each in whole.voices.rated] == ["党员有哪些义务？", "换届怎样投票？"]
    assert public.voices.votes == (Tally("答非所问", 1),)
    assert [each.text for each in whole.voices.remarks] == ["换届的材料还没有。"]
    assert sources(public) == ["docs/fee.txt", "docs/plain.txt"] and public.overview.internal == 0
    assert "换届" not in repr(public) and "secret" not in repr(public)
    assert Tally("通知", 1) not in public.overview.kinds


def test_an_internal_document_does_not_speak_through_the_status_of_a_public_one(home: Home) -> None:
    later = 'audience = "内部"\nkind = "规定"\ndate = "2024-01-01"\nsupersedes = ["党费收缴规定"]'
    (home.docs / "secret.txt.meta.toml").write_text(later, encoding="utf-8")
    home.ingest()

    def status(report: Report) -> str:
        return {each.holding.info.source: each.holding.info.status for each in report.entries}["docs/fee.txt"]

    assert (status(home.report()), status(home.report(is_public=True))) == ("已废止", "现行")


def test_what_people_said_before_the_version_was_published_is_not_told(home: Home) -> None:
    home.refuse("食堂几点开饭？")
    home.judge("党费交多少？", "有用", "党费收缴规定")
    home.remark("谢谢。")
    told = home.report().voices
    assert (len(told.unanswered), len(told.rated), len(told.remarks)) == (1, 1, 1)
    assert told.remarks[0].at == LATER and told.remarks[0].at.tzinfo == ZONE
    write_files(home.docs, more="又一份\n" + SENTENCE * 9)
    home.ingest(at=BEGUN + timedelta(hours=1))
    assert home.report().voices == Voices()


def test_figures_of_each_question_file_are_a_trend_over_versions(home: Home, tmp_path: Path) -> None:
    store = Store.open(home.data, create=False)
    questions = tmp_path / "q.jsonl"
    questions.write_text("{}", encoding="utf-8")
    names = []
    for number, hit in enumerate((0.5, 0.75)):
        write_files(home.docs, more=f"又一份{number}\n" + SENTENCE * 9)
        home.ingest()
        version = store.current()
        assert version
        names.append(version.name)
        record_evaluation(store, version, questions, {"n": 4, "hit@1": hit}, at=BEGUN)
    (trend,) = home.report().trends
    assert (trend.questions, trend.n, trend.versions) == ("q.jsonl", 4, tuple(names))
    assert trend.metrics == {"hit@1": (0.5, 0.75)}


def test_what_finds_no_room_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        shutil.copy(home.docs / "fee.txt", home.docs / f"copy{number}.txt")
    home.ingest()
    for number in range(3):
        home.refuse(f"第{number}个问题？")
    monkeypatch.setattr(voices, "LISTED_MAX", 2)
    monkeypatch.setattr(collecting, "ENTRIES_MAX", 2)
    monkeypatch.setattr(collecting, "COMPARED_CHARS", 1)
    monkeypatch.setattr(collecting, "COMPARED_CHARS_EACH_MIN", 1)
    report = home.report()
    assert len(report.entries) == len(report.voices.unanswered) == 2
    told = "".join(report.left_out)
    assert "资料共 7 份，只列出 2 份" in told and "1 份的对照没有放进来" in told and "1 份较长" in told
    assert "没能回答的问题共 3 条，只列出 2 条" in told
