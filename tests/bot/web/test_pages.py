"""The pages as a browser without a script gets them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from lxml import html

from bot.feedback import read_feedback
from retrieval.store import Store
from tests.bot.web.harness import CANARY, INTERNAL_QUESTION, QUESTION, Running, ask, secret_of

PAGE_BYTES_MAX = 100_000


def test_an_answer_names_its_sources_and_each_opens_at_its_quote(site: Running, library: Path) -> None:
    with site.client() as client:
        page = html.fromstring(ask(client, QUESTION).text)
        references = page.cssselect("#answer a.ref")
        assert references and all(each.text == "〔1〕" for each in references)
        source = html.fromstring(client.get(references[0].get("href")).text)
    (marked,) = source.cssselect("mark")
    assert all(step in marked.text for step in ("确立议程", "制订议程", "采纳议程", "评估议程", "实施议程"))
    shown = source.cssselect(".source > .text")[0].text_content()
    store = Store.open(library, create=False)
    with store.snapshot() as snapshot:
        texts = [snapshot.document_text(each.id) for each in snapshot.documents()]
    store.close()
    assert any(shown in text for text in texts)
    assert source.cssselect("details.raw") and source.cssselect("nav.pager a[rel]")


def test_the_raw_text_stands_beside_the_cleaned_one(site: Running) -> None:
    with site.client() as client:
        page = html.fromstring(ask(client, QUESTION).text)
        source = html.fromstring(client.get(page.cssselect("a.ref")[0].get("href")).text)
    raw = source.cssselect(".raw-text")[0].text_content()
    assert "議" in raw and "議" not in source.cssselect(".source > .text")[0].text_content()


def test_a_question_leans_on_the_one_before_it_in_the_same_browser_alone(site: Running) -> None:
    with site.client() as client, site.client() as other:
        ask(client, QUESTION)
        assert (
            "采纳议程"
            in html.fromstring(ask(client, "那第三步呢？").text).cssselect(".answer")[0].text_content()
        )
        assert "采纳议程" not in ask(other, "那第三步呢？").text
        client.post("/new", data={"form": secret_of(client.get("/").text)})
        assert "采纳议程" not in ask(client, "那第三步呢？").text


def test_a_refusal_shows_the_nearest_wording_as_no_answer(site: Running) -> None:
    with site.client() as client:
        page = ask(client, "社区党员服务站的电脑是什么牌子？").text
    assert "refusal" in page and "最接近的原文（不是答案）" in page


def test_the_text_to_pass_on_holds_the_answer_and_every_source(site: Running) -> None:
    with site.client() as client:
        page = html.fromstring(ask(client, QUESTION).text)
    (text,) = (each.text for each in page.cssselect(".forward textarea"))
    assert text.strip().startswith(f"问：{QUESTION}") and "出处\n〔1〕《" in text and "实施议程" in text


def test_a_verdict_and_a_remark_reach_the_maintainers(site: Running, library: Path) -> None:
    with site.client() as client:
        page = html.fromstring(ask(client, QUESTION).text)
        fields = {each.get("name"): each.get("value") for each in page.cssselect(".votes input")}
        assert "已记下：过时" in client.post("/vote", data={**fields, "verdict": "过时"}).text
        assert client.post("/vote", data={**fields, "verdict": "胡说"}).status_code == 404
        assert client.post("/vote", data={**fields, "turn": "99", "verdict": "过时"}).status_code == 404
        client.post("/comment", data={"form": fields["form"], "comment": "请补上党费的规定"})
    found = read_feedback(library)
    assert found.counts["过时"] == 1 and found.answers[0].question == QUESTION
    assert [each.text for each in found.comments] == ["请补上党费的规定"]


def test_a_link_to_an_answer_says_when_the_corpus_is_another_one(site: Running) -> None:
    with site.client() as client:
        page = html.fromstring(ask(client, QUESTION).text)
        (link,) = (each.get("href") for each in page.cssselect(".forward a"))
        assert "现在的回答" not in client.get(link).text and "实施议程" in client.get(link).text
        assert "现在的回答" in client.get("/ask", params={"q": QUESTION, "v": "v1-00000000"}).text


@pytest.mark.parametrize("text", ["", "　", "？？", "长" * 1001])
def test_what_is_no_question_is_said_so(site: Running, text: str) -> None:
    with site.client() as client:
        assert 'class="flash"' in ask(client, text).text


def test_a_document_is_read_whole_part_by_part(site: Running, library: Path) -> None:
    store = Store.open(library, create=False)
    with store.snapshot() as snapshot:
        document = max(snapshot.documents(), key=lambda each: len(snapshot.document_text(each.id)))
        text = snapshot.document_text(document.id)
    store.close()
    with site.client() as client:
        read, number = [], 1
        while True:
            page = client.get(f"/library/{document.id}", params={"part_no": number})
            assert len(page.content) < PAGE_BYTES_MAX
            found = html.fromstring(page.text)
            read += [each.text for each in found.cssselect(".reading > p")]
            if not found.cssselect(".pager a[rel=next]"):
                break
            number += 1
    assert number > 1 and read == [line for line in text.split("\n") if line.strip()]


def test_filters_choose_among_the_documents(site: Running) -> None:
    with site.client() as client:
        everything = html.fromstring(client.get("/library").text).cssselect(".documents li")
        some = html.fromstring(client.get("/library", params={"audience": "内部"}).text).cssselect(
            ".documents li"
        )
    assert len(everything) == 9 and len(some) == 1 and "换届人选" in some[0].text_content()


def test_search_says_why_a_passage_stands_where_it_does(site: Running) -> None:
    with site.client() as client:
        page = html.fromstring(client.get("/search", params={"q": "议事程序"}).text)
    assert page.cssselect(".found .why dd") and page.cssselect(".terms li")


def test_staff_is_answered_from_internal_documents(site: Running) -> None:
    with site.client() as client:
        assert CANARY in ask(client, INTERNAL_QUESTION).text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/library",
        "/topics",
        "/search?q=党员",
        "/login",
        "/ask?q=党员",
        "/static/app.css",
        "/static/app.js",
    ],
)
def test_pages_are_small_and_need_nothing_from_elsewhere(site: Running, path: str) -> None:
    with site.client() as client:
        response = client.get(path)
    assert response.status_code == 200 and len(response.content) < PAGE_BYTES_MAX
    # The icon names the namespace of SVG alone, and it is none of these.
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", response.text) == []
    assert "<style" not in response.text and "style=" not in response.text
    assert re.findall(r"<script(?![^>]*\bsrc=)", response.text) == []


def test_a_part_for_the_panel_is_the_source_alone(site: Running) -> None:
    with site.client() as client:
        page = html.fromstring(ask(client, QUESTION).text)
        part = client.get(page.cssselect("a.ref")[0].get("href") + "&part=1").text
    assert "<mark" in part and "<html" not in part


def test_ids_of_nothing_are_not_found(site: Running) -> None:
    with site.client() as client:
        codes = [
            client.get(path).status_code
            for path in (
                "/source/x",
                "/source/..%2f..%2fetc",
                "/library/0",
                "/library/0/edits",
                "/static/nothing",
                "/nowhere",
            )
        ]
    assert codes == [404] * 6


def test_health_and_figures_are_told_without_a_session(site: Running) -> None:
    with site.client() as client:
        ask(client, QUESTION)
    figures = httpx.get(site.base + "/metrics", trust_env=False)
    assert 'dangwu_turns_total{ending="answer"}' in figures.text and QUESTION not in figures.text
    response = httpx.get(site.base + "/health", trust_env=False)
    assert response.json()["status"] == "ok" and "set-cookie" not in response.headers
