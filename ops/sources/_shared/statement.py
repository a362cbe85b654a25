"""SQL that another machine wrote, read token by token against a grammar.

Nothing of such a text is passed on to a server. What a grammar takes out of it is written anew, each name and value
quoted by us, so that a text can say only what the grammar has words for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ops.core.errors import Damaged

MOST_TOKENS = 20_000  # of one statement; columns of wide tables are told one by one
_MOST_NAMED = 5

Kind = Literal["word", "name", "text", "number", "mark"]


class Strange(Exception):
    """A statement is none of the grammar's."""


@dataclass(frozen=True)
class Token:
    """A part of a statement. value: without its quotes."""

    kind: Kind
    value: str


def text_of(file: Path) -> str:
    """Return the text in a file; raise Damaged when it is none."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Damaged(f"{file.name} in the set is no text in UTF-8") from error


class PassedOver:
    """The statements of a file that were not run; a few are named, for there may be a great many."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._named: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """Note a statement: where it is, and what it is not."""
        if len(self._named) < _MOST_NAMED:
            self._named.append(f"{self._file}: {sentence}; it was not run")
        else:
            self._more += 1

    def sentences(self) -> list[str]:
        """Return what is to be told."""
        return [*self._named, f"{self._file}: {self._more} more statements were not run"] if self._more else self._named


class Statement:
    """One statement, taken from its beginning to its end."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        if len(tokens) > MOST_TOKENS:
            raise Strange
        self._tokens = tokens
        self._at = 0

    def accepts(self, *words: str) -> bool:
        """Take these words or marks if they come next, and return whether they did."""
        after = self._tokens[self._at : self._at + len(words)]
        found = [token.value.upper() for token in after if token.kind in {"word", "mark"}]
        if found != [*words]:
            return False
        self._at += len(words)
        return True

    def next_is(self, *words: str, after: int = 0) -> bool:
        """Return whether one of these words comes next, or after so many tokens; take nothing."""
        found = self._tokens[self._at + after : self._at + after + 1]
        return bool(found) and found[0].kind == "word" and found[0].value.upper() in words

    def demand(self, *words: str) -> None:
        """Take these words or marks; raise Strange when others come next."""
        if not self.accepts(*words):
            raise Strange

    def comes(self, words: Collection[str]) -> str:
        """Take one of these words or phrases, the longest that comes next, and return it; raise Strange at others."""
        for phrase in sorted(words, key=len, reverse=True):
            if self.accepts(*phrase.split()):
                return phrase
        raise Strange

    def take(self, *kinds: Kind) -> Token:
        """Take one token of these kinds; raise Strange at another, or at the end."""
        if self.ended or self._tokens[self._at].kind not in kinds:
            raise Strange
        self._at += 1
        return self._tokens[self._at - 1]

    @property
    def ended(self) -> bool:
        """Whether all was taken."""
        return self._at == len(self._tokens)

    def end(self) -> None:
        """Raise Strange unless all was taken."""
        if not self.ended:
            raise Strange
