"""Which of the 250,002 pieces stay: those that Chinese, ASCII, kana, digits and signs are written with.

A text is cut along the best path through the pieces that fit it. As long as no piece over these characters
is missing, a text of them has the same paths as before, and so the same tokens. Of other scripts single
characters stay, so that such a word is read letter by letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

SPECIAL = 4  # <s> <pad> </s> <unk>
SPACE = "▁"
_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA")
_CATEGORIES = "PSZN"  # punctuation, symbols, spaces, numbers


def kept_pieces(pieces: Sequence[str]) -> list[int]:
    """The numbers of the pieces that stay, in order."""
    return [n for n, piece in enumerate(pieces) if n < SPECIAL or is_kept(piece)]


def is_kept(piece: str) -> bool:
    """Whether the piece is one character, or all its characters are of the scripts that are kept whole."""
    return len(piece.removeprefix(SPACE)) <= 1 or all(map(is_whole, piece))


def is_whole(character: str) -> bool:
    """Whether texts of such characters get the same tokens as with all pieces."""
    return (
        character.isascii()
        or unicodedata.name(character, "").startswith(_SCRIPTS)
        or unicodedata.category(character)[0] in _CATEGORIES
    )
