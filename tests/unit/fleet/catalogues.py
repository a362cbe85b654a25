"""A catalogue that marks every message, and what people read of a page: so that words that go past it are found."""

import re
from collections.abc import Iterable, Iterator
from gettext import NullTranslations
from html.parser import HTMLParser
from string import Formatter

CODES = ("pass", "warn", "fail", "unknown", "RTO", "RPO", "SHA", "UTC", "KNOW", "KiB", "MiB", "GiB", "TiB")


class Marked(NullTranslations):
    """Puts every word of a message between brackets, and not what its placeholders stand for."""

    def gettext(self, message: str) -> str:
        parts = Formatter().parse(message)
        return "".join(
            f"{f'⟦{said}⟧' if said.strip() else said}{f'{{{name}}}' if name else ''}" for said, name, *_ in parts
        )

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)


class Read(HTMLParser):
    """What a person reads of a page: its text but for commands, and the titles and labels of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.skipped = 0
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipped += tag in {"style", "pre", "svg", "script"}
        self.words += [value or "" for name, value in attrs if name in {"title", "aria-label", "alt"}]

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= tag in {"style", "pre", "svg", "script"}

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.words.append(data)


def prose(text: str) -> str:
    """Return a text without its commands and its keys."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(" " * 8) and "namespaces=" not in line)


def unmarked(shown: str, data: Iterable[str]) -> list[str]:
    """Return the words that came past the catalogue."""
    assert "⟦" in shown
    left = " ".join(re.sub(r"⟦[^⟦⟧]*⟧", " ", " ".join(shown.split())).split())
    folded = left.casefold()
    for said in sorted({*data, *CODES}, key=len, reverse=True):
        words = " ".join(said.split())
        if words.casefold() in folded:  # to look for it as a whole word takes a hundred times as long
            left = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", " ", left, flags=re.IGNORECASE)
            folded = left.casefold()
    return re.findall(r"(?<!\w)[^\W\d_]{2,}(?!\w)", left)  # so not 8min, drill1 or 3acedc


def strings(value: object) -> Iterator[str]:
    """Yield every string that some data hold."""
    if isinstance(value, dict | list):
        yield from (text for part in (value.values() if isinstance(value, dict) else value) for text in strings(part))
    elif isinstance(value, str) and value:
        yield value
