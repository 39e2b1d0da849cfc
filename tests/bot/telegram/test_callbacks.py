"""Button data: short, read strictly, and resolved against the version and the audience."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import Gone, find_document, find_passage
from bot.telegram.callbacks import (
    VERDICTS,
    AskTopic,
    Callback,
    CallbackError,
    FollowUp,
    OpenDocument,
    OpenPassage,
    TopicsPage,
    TurnTo,
    UploadChoice,
    Vote,
    decode,
    encode,
    topic_key,
)
from ingest.pipeline import ingest
from retrieval.records import Audience, DocumentInfo
from retrieval.snapshot import Snapshot
from retrieval.store import Store
from retrieval.vectors import VectorFolders

NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,48}", fullmatch=True)
NUMBERS = st.integers(0, 999_999)
CALLBACKS = st.one_of(
    st.builds(OpenPassage, NAMES),
    st.builds(TurnTo, NAMES),
    st.builds(OpenDocument, NAMES),
    st.builds(AskTopic, st.text(max_size=20).map(topic_key)),
    st.builds(Vote, NAMES, st.sampled_from(VERDICTS)),
    st.builds(UploadChoice, NAMES, st.booleans()),
    st.builds(FollowUp, NAMES, NUMBERS),
    st.builds(TopicsPage, NUMBERS),
)
PUBLIC: frozenset[Audience] = frozenset({"公开"})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two documents with several passages each, the second of them internal."""
    folder = tmp_path_factory.mktemp("corpus")
    for name, subject in (("甲", "党费"), ("乙", "干部考察")):
        clauses = [f"第{n}条　{subject}工作的第{n}项规定，" + "各支部应当遵照执行。" * 20 for n in "一二三四"]
        (folder / f"{name}.txt").write_text("\n".join([f"{subject}管理办法", *clauses]), encoding="utf-8")
    (folder / "乙.txt.meta.toml").write_text('audience = "内部"\n', encoding="utf-8")
    store = Store.open(tmp_path_factory.mktemp("data"), create=True)
    ingest([folder], store, None, VectorFolders(store))
    yield store
    store.close()


@pytest.fixture
def snapshot(store: Store) -> Iterator[Snapshot]:
    with store.snapshot() as held:
        yield held


def document(snapshot: Snapshot, audience: str) -> DocumentInfo:
    return next(each for each in snapshot.documents() if each.audience == audience)


@given(CALLBACKS)
def test_what_a_button_carries_comes_back(callback: Callback) -> None:
    data = encode(callback)
    assert len(data.encode()) <= 64
    assert decode(data) == callback


@given(st.text(max_size=80))
def test_foreign_data_is_refused_or_is_our_own(data: str) -> None:
    try:
        callback = decode(data)
    except CallbackError:
        return
    assert encode(callback) == data


@pytest.mark.parametrize(
    "data", ["", "p:", "p:a:b", "p:甲", "p:a\n", "v:a:4", "v:a:-1", "f:a:01", "t:٣", "x:a", "p:" + "a" * 49]
)
def test_data_that_no_button_carries_is_refused(data: str) -> None:
    with pytest.raises(CallbackError):
        decode(data)


@pytest.mark.parametrize("callback", [OpenPassage("甲"), OpenPassage("a:b"), FollowUp("a", -1), TurnTo("")])
def test_what_cannot_be_carried_is_a_mistake_of_ours(callback: Callback) -> None:
    with pytest.raises(ValueError, match="no button"):
        encode(callback)


def test_the_neighbours_lead_through_a_document_and_back(snapshot: Snapshot) -> None:
    held = find_document(snapshot, document(snapshot, "公开").id)
    views = [find_passage(snapshot, held.first_id)]
    while views[-1].next_id:
        views.append(find_passage(snapshot, views[-1].next_id))
    assert [each.position for each in views] == list(range(1, held.total + 1)) and held.total > 2
    starts = [each.passage.start for each in views]
    assert starts == sorted(starts)
    assert ["", *(each.passage.id for each in views[:-1])] == [each.previous_id for each in views]


def test_an_internal_passage_looks_like_one_that_does_not_exist(store: Store, snapshot: Snapshot) -> None:
    internal = find_document(snapshot, document(snapshot, "内部").id)
    assert find_passage(snapshot, internal.first_id).passage.document == internal.document
    with store.snapshot(PUBLIC) as public:
        for passage_id in (internal.first_id, "", internal.document.id, f"{internal.document.id}-00000000"):
            with pytest.raises(Gone):
                find_passage(public, passage_id)
        with pytest.raises(Gone):
            find_document(public, internal.document.id)


def test_every_passage_of_a_version_fits_a_button(snapshot: Snapshot) -> None:
    for each in snapshot.documents():
        rowids = snapshot.document_passages(each.id)
        for passage in snapshot.passages(rowids).values():
            assert decode(encode(OpenPassage(passage.id))) == OpenPassage(passage.id)


def test_a_topics_key_depends_on_its_name_alone() -> None:
    assert topic_key("三会一课") == topic_key("三会一课") != topic_key("三会一课制度")
