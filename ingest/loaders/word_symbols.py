"""Characters of symbol fonts, which are another sign in every font: arrows, ticks, boxes, relations."""

from __future__ import annotations

# Code point below U+F000 -> the sign that it shows, for each font. What is not listed has no name.
_WINGDINGS = {
    0x6C: "●", 0x6D: "○", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x72: "❒", 0x75: "◆", 0x76: "❖", 0x77: "◆",
    0xA1: "○", 0xA4: "◉", 0xA7: "▪", 0xA8: "□", 0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑",
    0xE2: "↓", 0xE7: "←", 0xE8: "→", 0xE9: "↑", 0xEA: "↓", 0xEF: "⇦", 0xF0: "⇨", 0xFB: "✘", 0xFC: "✔",
    0xFD: "☒", 0xFE: "☑", 0x28: "☎", 0x2A: "✉", 0x46: "☞", 0x4A: "☺", 0xB5: "☆",
}  # fmt: skip
_WINGDINGS |= {0x80: "⓪"} | {0x81 + n: chr(ord("①") + n) for n in range(10)}
_WINGDINGS |= {0x8C + n: chr(ord("❶") + n) for n in range(10)}
_WINGDINGS_2 = {
    0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x56: "☒", 0x98: "●", 0xA3: "□",
    0x97: "●", 0x99: "○", 0x9A: "○", 0xA0: "■", 0xA1: "■", 0xA2: "■", 0xA4: "□", 0xAE: "◆",
}  # fmt: skip
_WINGDINGS_3 = {0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓", 0x70: "▲", 0x71: "▼", 0x75: "▶", 0x7D: "▶"}
_SYMBOL = {
    0xA3: "≤", 0xB3: "≥", 0xB1: "±", 0xB4: "×", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xA5: "∞", 0xB0: "°",
    0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB7: "•", 0xD6: "√", 0xDB: "⇔", 0xDE: "⇒",
    0xA2: "′", 0xB2: "″", 0xC5: "⊕", 0xD7: "·", 0xCE: "∈", 0x5C: "∴", 0x2D: "−", 0x53: "Σ", 0x61: "α",
    0x62: "β", 0x6D: "μ", 0x70: "π", 0x44: "Δ", 0x57: "Ω",
}  # fmt: skip
_WEBDINGS = {
    0x61: "✔",
    0x63: "□",
    0x72: "✘",
    0x67: "■",
    0x6E: "●",
    0x33: "◀",
    0x34: "▶",
    0x35: "▲",
    0x36: "▼",
}
_FONTS = {
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "wingdings 3": _WINGDINGS_3,
    "symbol": _SYMBOL,
    "webdings": _WEBDINGS,
}
_PRIVATE = range(0xF000, 0xF100)


def symbol(font: str, code: str) -> str:
    """The sign of a ``w:sym`` with its font and hexadecimal code; nothing for one that is not known."""
    try:
        point = int(code, 16)
    except ValueError:
        return ""
    signs = _FONTS.get(font.strip().lower(), {})
    return signs.get(point - 0xF000 if point in _PRIVATE else point, "")


def without_private(text: str, font: str) -> str:
    """Text with the private characters of symbol fonts as the signs that they show.

    Without a font that is known they are Wingdings, which offices use most; in a symbol font plain letters
    are signs as well.
    """
    signs = _FONTS.get(font.strip().lower())
    if signs is None and not any(ord(char) in _PRIVATE for char in text):
        return text
    known = _WINGDINGS if signs is None else signs
    points = ((char, ord(char) - 0xF000 if ord(char) in _PRIVATE else ord(char)) for char in text)
    return "".join(
        known.get(point, "" if ord(char) in _PRIVATE else char)
        if signs is not None or ord(char) in _PRIVATE
        else char
        for char, point in points
    )
