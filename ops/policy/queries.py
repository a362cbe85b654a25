"""What a drill asks of the data that it restored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expectation:
    """An SQL query whose answer is a number, and what the number must be.

    sql: the query; one row with one column.
    equals: the exact number.
    at_least: the smallest acceptable number.
    at_most: the largest acceptable number.
    """

    sql: str
    equals: float | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Removed:
    """An SQL query for what is removed from the live data some day, and must stay in the archive.

    sql: the query; a row with one column for each thing, which tells it from all others, such as a donor's number.
    at_least: so many of those that the oldest set holds are missing in the newest set.
    asks: the database to query, if it is another than the drill's.
    """

    sql: str
    at_least: int = 1
    asks: str = ""


@dataclass(frozen=True)
class Reference:
    """An SQL query for the files that a database names; each of them must be in the same set.

    sql: the query; a row for each file, with its absolute `path` and, where the database knows them, its size in
        `bytes` and its digest in `md5` or `sha256`; digests are compared of a thousand files, chosen by chance.
    asks: the database to query, if it is another than the drill's.
    """

    sql: str
    asks: str = ""
