"""How many columns of a terminal text takes, and text folded, clipped and padded to so many.

What is measured has been made visible before: it holds no control characters. A line break in it is ours.
"""

from __future__ import annotations

__all__ = ["clip", "fold", "longest_word", "pad", "width_of"]


class _Cells(dict[str, int]):
    """How many columns each character takes: what is not sure counts as the most that any terminal gives it."""

    def __missing__(self, char: str) -> int:
        import unicodedata

        if char == "\ufe0f":
            taken = 1  # makes a picture of the character before it, which some terminals then draw twice as wide
        elif unicodedata.category(char) in ("Mn", "Me"):
            taken = 0
        else:
            taken = 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
        self[char] = taken
        return taken


_cells = _Cells()


def width_of(text: str) -> int:
    """Return how many columns *text*, one line, takes."""
    return len(text) if text.isascii() else sum(map(_cells.__getitem__, text))


def longest_word(text: str) -> int:
    """Return how many columns the longest word of *text* takes."""
    return max(map(width_of, text.split()), default=0)


def pad(text: str, width: int) -> str:
    """Return *text* with spaces after it, up to *width* columns."""
    return text + " " * (width - width_of(text))


def fold(text: str, width: int) -> list[str]:
    """Return *text* as lines of at most *width* columns, two or more.

    Lines break where *text* does, and at spaces; within a word only where it is longer than a line, in a code at one
    of its underscores.
    """
    if "\n" not in text and width_of(text) <= width:
        return [text]
    return [line for part in text.split("\n") for line in _folded(part, width)]


def _folded(text: str, width: int) -> list[str]:
    if width_of(text) <= width:
        return [text]
    lines, line, taken = [], "", 0
    for word in text.split():
        for piece in _pieces(word, width) if width_of(word) > width else (word,):
            room = width_of(piece)
            if line and taken + 1 + room > width:
                lines.append(line)
                line, taken = piece, room
            else:
                line, taken = (f"{line} {piece}", taken + 1 + room) if line else (piece, room)
    return [*lines, line]


def _pieces(word: str, width: int) -> list[str]:
    """Return *word* in pieces of at most *width* columns, broken after an underscore where it has one.

    What stands on a character stays with it.
    """
    pieces, piece, taken = [], "", 0
    for char in word:
        room = _cells[char]
        if piece and taken + room > width:
            kept = piece[: piece.rfind("_") + 1] or piece
            pieces.append(kept)
            piece = piece[len(kept) :]
            taken = width_of(piece)
        piece += char
        taken += room
    return [*pieces, piece]


def clip(text: str, width: int, mark: str = "…") -> str:
    """Return *text*, cut to *width* columns where it is longer, with *mark* at its end."""
    if width_of(text) <= width:
        return text
    kept, taken, room = "", 0, width - width_of(mark)
    for char in text:
        taken += _cells[char]
        if taken > room:
            break
        kept += char
    return kept.rstrip() + mark
