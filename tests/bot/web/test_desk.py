"""The desk of the maintainers: what the commands do to the corpus, by the page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from bot.web.people import new_account
from retrieval.history import past_versions
from retrieval.store import Store
from tests.bot.web.harness import Running, ask, make_corpus, secret_of, serving, sign_in

NEW = "党员活动室使用规定\n\n第一条 党员活动室每周三下午开放，钥匙由值班员保管。\n"
QUESTION = "党员活动室每周几开放？"


@pytest.fixture(scope="module")
def desk(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A site with a maintainer, over a corpus of its own."""
    accounts = tuple(new_account(f"{who}:{who}", "八个字符以上") for who in ("管理员", "工作人员", "群众"))
    with serving(make_corpus(seeded, tmp_path_factory.mktemp("desk")), accounts=accounts) as running:
        yield running


def upload(client: httpx.Client, name: str, text: str, audience: str = "") -> httpx.Response:
    """Send a file, and wait until there is a plan."""
    fields = {"form": secret_of(client.get("/desk").text), "audience": audience}
    return settled(client, client.post("/desk/uploads", data=fields, files={"files": (name, text.encode())}))


def settled(client: httpx.Client, page: httpx.Response) -> httpx.Response:
    """The page once it is no longer made anew every two seconds."""
    deadline = time.monotonic() + 120
    while "refresh" in page.headers:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        page = client.get(page.url.path)
    return page


def choose(client: httpx.Client, page: httpx.Response, choice: str) -> httpx.Response:
    """Say yes or no to a plan, and wait for what comes of it."""
    data = {"form": secret_of(page.text), "choice": choice}
    return settled(client, client.post(page.url.path, data=data))


def test_a_file_comes_in_by_plan_and_yes_and_goes_by_a_rollback(desk: Running) -> None:
    with desk.client() as client:
        sign_in(client, "管理员", "八个字符以上")
        assert "每周三" not in ask(client, QUESTION).text
        plan = upload(client, "活动室.txt", NEW)
        assert "导入 1 份" in plan.text and "新增" in plan.text
        assert "每周三" not in ask(client, QUESTION).text
        assert "已导入" in choose(client, plan, "import").text
        assert "每周三" in ask(client, QUESTION).text
        history = html.fromstring(client.get("/desk/history").text)
        assert history.cssselect("tbody tr bdi")[0].text == "网页 管理员"
        former = history.cssselect("button[name=version]")[0].get("value")
        client.post("/desk/rollback", data={"form": secret_of(client.get("/desk").text), "version": former})
        assert "每周三" not in ask(client, QUESTION).text
        log = client.get("/desk/log").text
    assert all(deed in log for deed in ("登录", "导入", "活动室.txt", "回退"))


def test_a_plan_that_is_turned_down_leaves_nothing(desk: Running) -> None:
    data_dir = desk.web.site.core.data_dir
    with desk.client() as client:
        sign_in(client, "管理员", "八个字符以上")
        plan = upload(client, "活动室.txt", NEW)
        assert "没有导入" in choose(client, plan, "drop").text
        assert client.get(plan.url.path).status_code == 404
    assert [each for each in (data_dir / "incoming").rglob("*") if each.is_file()] == []


@pytest.mark.parametrize(
    "name", ["../../逃出去.txt", "..\\逃出去.txt", "程序.exe", "隐\u202e形.txt", ".env", "a" * 300 + ".txt"]
)
def test_names_that_could_do_harm_are_refused(desk: Running, name: str) -> None:
    with desk.client() as client:
        sign_in(client, "管理员", "八个字符以上")
        plan = upload(client, name, NEW)
        choose(client, plan, "drop")
    assert "导入 1 份" not in plan.text and "不收" in plan.text
    data_dir = desk.web.site.core.data_dir
    assert [each for each in data_dir.parent.rglob("逃出去*") if each.parent != data_dir / "incoming"] == []


def test_a_tag_counts_from_the_next_question_on(desk: Running) -> None:
    with desk.client() as client, desk.client() as member:
        sign_in(client, "管理员", "八个字符以上")
        sign_in(member, "群众", "八个字符以上")
        listed = html.fromstring(client.get("/library", params={"q": "党费"}).text)
        place = listed.cssselect(".documents a")[0].get("href")
        assert member.get(place).status_code == 200
        fields = {"form": secret_of(client.get(place).text), "document": place.rpartition("/")[2]}
        client.post("/desk/tag", data={**fields, "audience": "内部", "field": "status", "value": "现行"})
        assert member.get(place).status_code == 404 and "内部" in client.get(place).text
        wrong = client.post("/desk/tag", data={**fields, "field": "status", "value": "胡说"})
        assert wrong.status_code == 400 and "胡说" not in client.get(place).text
    store = Store.open(desk.web.site.core.data_dir, create=False)
    assert past_versions(store)[0].version.author == "网页 管理员"
    store.close()


@pytest.mark.parametrize("who", ["工作人员", "群众"])
def test_the_desk_is_for_maintainers_alone(desk: Running, who: str) -> None:
    with desk.client() as client:
        sign_in(client, who, "八个字符以上")
        secret = secret_of(client.get("/").text)
        for path in (
            "/desk",
            "/desk/history",
            "/desk/voices",
            "/desk/health",
            "/desk/log",
            "/desk/uploads/x",
        ):
            assert client.get(path).status_code == 403
        for path in ("/desk/uploads", "/desk/tag", "/desk/rollback", "/desk/uploads/x"):
            assert client.post(path, data={"form": secret, "version": "1"}).status_code == 403


def test_who_is_not_known_sees_no_upload(desk: Running) -> None:
    with desk.client() as client:
        sign_in(client, "管理员", "八个字符以上")
        plan = upload(client, "活动室.txt", NEW)
    with desk.client() as other:
        assert other.get(plan.url.path, follow_redirects=False).headers["location"].startswith("/login?")


def test_the_pages_of_the_desk_show_what_there_is(desk: Running) -> None:
    with desk.client() as client:
        sign_in(client, "管理员", "八个字符以上")
        ask(client, "火星上的党支部怎么换届？")
        assert "火星上的党支部怎么换届？" in client.get("/desk/voices").text
        assert "资料库" in client.get("/desk/health").text
        fields = {"form": secret_of(client.get("/desk").text), "version": "v99"}
        assert client.post("/desk/rollback", data=fields).status_code == 400
