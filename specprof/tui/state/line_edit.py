"""One line that is edited: its text and where the cursor is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    text: str = ""
    at: int = 0
    """The cursor stands before this character, or behind the last."""

    @classmethod
    def of(cls, text: str) -> Line:
        """A text with the cursor behind it."""
        return cls(text, len(text))

    def insert(self, words: str, most: int) -> Line:
        """Puts in as much of `words` as a text of `most` characters has room for."""
        fitting = words[: max(0, most - len(self.text))]
        return Line(self.text[: self.at] + fitting + self.text[self.at :], self.at + len(fitting))

    def move(self, steps: int) -> Line:
        return Line(self.text, max(0, min(self.at + steps, len(self.text))))

    def to(self, at: int) -> Line:
        return Line(self.text, max(0, min(at, len(self.text))))

    def without_before(self) -> Line:
        """Backspace."""
        return Line(self.text[: max(0, self.at - 1)] + self.text[self.at :], max(0, self.at - 1))

    def without_behind(self) -> Line:
        """Delete."""
        return Line(self.text[: self.at] + self.text[self.at + 1 :], self.at)

    def without_word(self) -> Line:
        """Without the word before the cursor, to the comma, slash or space before it."""
        start = self.at
        while start and self.text[start - 1] in " ,:/":
            start -= 1
        while start and self.text[start - 1] not in " ,:/":
            start -= 1
        return Line(self.text[:start] + self.text[self.at :], start)

    def without_start(self) -> Line:
        """Without all that is before the cursor."""
        return Line(self.text[self.at :], 0)

    def without_end(self) -> Line:
        """Without all that is behind the cursor."""
        return Line(self.text[: self.at], self.at)

    def window(self, width: int) -> tuple[str, int]:
        """The part seen in `width` columns, the cursor in it, and where in it the cursor is.

        Columns are counted as characters: wide ones are seen cut, not edited wrongly.
        """
        first = max(0, self.at - width + 1)
        return self.text[first : first + width], self.at - first
