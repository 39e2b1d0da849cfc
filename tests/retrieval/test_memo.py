"""What is read once is not read again, and no more of it is kept than there is room for."""

from __future__ import annotations

from retrieval.memo import Memo


class Shelf:
    """Doubles of even numbers; ``asked`` is what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, keys: list[int]) -> dict[int, int]:
        self.asked.append(keys)
        return {key: 2 * key for key in keys if key % 2 == 0}


def test_only_what_is_unknown_is_read_and_the_order_is_that_of_the_keys() -> None:
    memo, shelf = Memo[int, int](10), Shelf()
    assert memo.get([4, 2], shelf) == {4: 8, 2: 4}
    assert list(memo.get([6, 2, 4, 2], shelf).items()) == [(6, 12), (2, 4), (4, 8)]
    assert memo.get([2, 4, 6], shelf) == {2: 4, 4: 8, 6: 12}
    assert shelf.asked == [[4, 2], [6]]


def test_what_has_no_value_is_left_out_and_asked_for_again() -> None:
    memo, shelf = Memo[int, int](10), Shelf()
    assert memo.get([1, 2], shelf) == memo.get([1, 2], shelf) == {2: 4}
    assert shelf.asked == [[1, 2], [1]]


def test_it_is_emptied_when_it_is_full() -> None:
    memo, shelf = Memo[int, int](2), Shelf()
    assert memo.get([2, 4], shelf) == {2: 4, 4: 8}
    assert memo.get([4, 6], shelf) == {4: 8, 6: 12}
    assert memo.get([6, 2, 4], shelf) == {6: 12, 2: 4, 4: 8}
    assert shelf.asked == [[2, 4], [6], [2, 4]]


def test_more_at_once_than_there_is_room_for_is_not_kept() -> None:
    memo, shelf = Memo[int, int](2), Shelf()
    memo.get([2], shelf)
    assert memo.get([4, 6, 8], shelf) == {4: 8, 6: 12, 8: 16}
    assert memo.get([2, 4], shelf) == {2: 4, 4: 8}
    assert shelf.asked == [[2], [4, 6, 8], [4]]
