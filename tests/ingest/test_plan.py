"""The plan: two manifests in, one list of changes out."""

from __future__ import annotations

from ingest.plan import Change, FoundDocument, plan_changes, removed_documents
from ingest.resemblance import Resemblance
from retrieval.publication import StoredRevision


def stored(name: str, content: str = "", *, quarantine: str | None = None) -> StoredRevision:
    content = content or name
    return StoredRevision(
        1, f"id-{name}", f"docs/{name}", f"/docs/{name}", content, content, quarantine, 3, 9
    )


def found(name: str, content: str = "", *, rules: str = "", error: str = "") -> FoundDocument:
    content = content or name
    return FoundDocument(f"id-{name}", f"docs/{name}", f"/docs/{name}", content + rules, content, 7, error)


def planned(
    old: list[StoredRevision], new: list[FoundDocument], scope: str = "/docs"
) -> dict[str, tuple[Change, str]]:
    changes = plan_changes(
        {each.document_id: each for each in old}, new, is_covered=lambda each: each.startswith(scope)
    )
    return {each.source.removeprefix("docs/"): (each.change, each.reason) for each in changes}


def test_new_changed_unchanged_and_deleted() -> None:
    plan = planned(
        [stored("same"), stored("edited", "before"), stored("gone")],
        [found("same"), found("edited", "after"), found("fresh")],
    )
    assert plan == {
        "edited": ("changed", "文件内容有变"),
        "fresh": ("new", "新文件"),
        "gone": ("deleted", "文件已不在原处"),
        "same": ("unchanged", ""),
    }


def test_a_size_is_that_of_the_file_and_of_a_deleted_one_as_it_was() -> None:
    old = {"id-gone": stored("gone")}
    sizes = {each.change: each.size for each in plan_changes(old, [found("new")], is_covered=lambda _: True)}
    assert sizes == {"new": 7, "deleted": 9}


def test_a_resemblance_is_a_remark_beside_the_change() -> None:
    (change,) = plan_changes({}, [found("new")], is_covered=lambda _: True)
    remarked = change.resembling(Resemblance("id-old", "docs/old", 0.968))
    assert remarked.change == "new" and remarked.reason == "新文件；与 docs/old 约 97% 相同"
    assert remarked.as_json()["resembles"] == {"id": "id-old", "source": "docs/old", "share": 0.97}
    copy = change.resembling(Resemblance("id-old", "docs/new", 1.0))
    assert copy.reason == "新文件；与 另一处来源的同名文件 几乎逐字相同"


def test_the_plan_is_in_order_of_source() -> None:
    assert list(planned([stored("b")], [found("c"), found("a")])) == ["a", "b", "c"]


def test_other_rules_or_another_sidecar_change_a_document_whose_bytes_did_not() -> None:
    assert planned([stored("a")], [found("a", rules="2")])["a"] == ("changed", "旁注文件或清洗规则有变")


def test_the_same_bytes_at_a_new_place_are_a_move() -> None:
    plan = planned([stored("old", "x")], [found("new", "x")])
    assert plan == {"new": ("moved", "从 docs/old 移来")}


def test_a_copy_is_new_while_the_original_stands() -> None:
    assert planned([stored("old", "x")], [found("copy", "x"), found("old", "x")]) == {
        "copy": ("new", "新文件"),
        "old": ("unchanged", ""),
    }


def test_two_equal_files_that_both_moved_are_paired_one_to_one() -> None:
    plan = planned([stored("a", "x"), stored("b", "x")], [found("c", "x"), found("d", "x"), found("e", "x")])
    assert [change for change, _ in plan.values()] == ["moved", "moved", "new"]
    assert plan["c"][1] == "从 docs/a 移来" and plan["d"][1] == "从 docs/b 移来"


def test_documents_outside_the_scope_are_not_touched() -> None:
    old = [stored("a")]
    assert planned(old, [], scope="/elsewhere") == {}
    covered = {each.document_id: each for each in old}
    assert removed_documents(covered, [], is_covered=lambda _: False) == set()
    assert removed_documents(covered, [], is_covered=lambda _: True) == {"id-a"}


def test_a_broken_document_keeps_what_it_had() -> None:
    plan = planned([stored("a")], [found("a", error="读不了"), found("b", error="读不了")])
    assert plan == {"a": ("broken", "读不了；保留上一次的内容"), "b": ("broken", "读不了")}


def test_a_document_in_quarantine_stays_unchanged_and_says_so() -> None:
    assert planned([stored("a", quarantine="乱码")], [found("a")])["a"] == ("unchanged", "仍被隔离：乱码")


def test_a_new_name_of_the_root_is_a_move() -> None:
    old = StoredRevision(1, "id-a", "a.txt", "/docs/a", "a", "a", None, 3, 9)
    assert planned([old], [found("a")])["a"] == ("moved", "来源名由 a.txt 改变")
