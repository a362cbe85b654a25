"""Who signed off which daily report: words of persons in the ledgers, held against the pages that were made here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from ops.fleet.periods.book import REPORT, Book, Word
from ops.fleet.periods.noted import Day
from ops.interfaces.fleet_period import SignedDay


def signed(first: date, today: date, days: Sequence[Day], books: Mapping[str, Book]) -> tuple[SignedDay, ...]:
    """Return each day before today, from a first one on, with who signed its daily report off.

    Days before the first report of all was made are left out: nothing was to be read. Today's may still be read.
    """
    made = {one.day: {page.sha256 for page in one.pages if page.kind == "daily"} for one in days}
    begun = min((day for day, pages in made.items() if pages), default="")
    if not begun:
        return ()
    found = []
    day = max(first, date.fromisoformat(begun))
    while day < today:
        found.append(_day(day.isoformat(), made.get(day.isoformat(), set()), books))
        day += timedelta(days=1)
    return tuple(found)


def _day(day: str, pages: set[str], books: Mapping[str, Book]) -> SignedDay:
    told = SignedDay(day=day, made=bool(pages))
    for host, word in _words(day, books):
        same = word.sha256 in pages if word.sha256 else None
        if not told.by or (same and not told.same):  # of several words, one on a page of ours counts most
            told = SignedDay(day=day, made=told.made, by=word.by, on=host, when=word.when, same=same)
    return told


def _words(day: str, books: Mapping[str, Book]) -> Iterator[tuple[str, Word]]:
    """Yield the words on a day's report, with the machine that has them; one that names nobody is none."""
    for host, book in sorted(books.items()):
        for word in book.words.get(f"{REPORT}{day}", ()):
            if word.by:
                yield host, word
