"""Quantities with units: durations, sizes, shares, days. A bare number is none of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, Self

from ops.core.numbers import demand_few_digits

_DURATION_UNITS = {"y": 31_557_600, "w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
_LONGEST = 1_000_000 * _DURATION_UNITS["y"]  # longer ones are no timedelta
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_PRECISE_BELOW = 10  # seconds; shorter spans are shown with a tenth
_SIZE_UNITS = {"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1}


@dataclass(frozen=True, order=True)
class Duration:
    """A span of time in seconds; written 30min, 26h, 7d, 1d 12h, 2y."""

    seconds: int
    expected: ClassVar[str] = "a duration such as 30min, 26h, 7d or 2y (whole numbers with s, min, h, d, w or y)"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the duration a text stands for; raise ValueError for anything without units, or endless."""
        parts = re.findall(r"(\d+)\s*(y|w|d|h|min|s)(?![a-z])", text)
        if not parts or re.sub(r"(\d+)\s*(y|w|d|h|min|s)(?![a-z])|\s", "", text):
            raise ValueError(text)
        demand_few_digits(text)
        seconds = sum(int(number) * _DURATION_UNITS[unit] for number, unit in parts)
        if seconds > _LONGEST:
            raise ValueError(text)
        return cls(seconds)

    @property
    def span(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        rest, words = self.seconds, []
        for unit in ("d", "h", "min", "s"):
            count, rest = divmod(rest, _DURATION_UNITS[unit])
            if count:
                words.append(f"{count}{unit}")
        return " ".join(words) or "0s"


@dataclass(frozen=True, order=True)
class Size:
    """An amount of data in bytes; written 512MiB, 10GiB."""

    bytes: int
    expected: ClassVar[str] = "a size such as 512MiB or 10GiB (a number with KiB, MiB, GiB or TiB)"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the size a text stands for; raise ValueError for anything without a unit."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(TiB|GiB|MiB|KiB|B)", text.strip())
        if not match:
            raise ValueError(text)
        demand_few_digits(text)
        return cls(int(Decimal(match[1]) * _SIZE_UNITS[match[2]]))

    def exact(self) -> str:
        """Return a text that stands for just so many bytes; `str` may round."""
        text = str(self)
        return text if self.parse(text) == self else f"{self.bytes} B"

    def __str__(self) -> str:
        for unit, factor in _SIZE_UNITS.items():
            if self.bytes >= factor:
                return f"{self.bytes / factor:.1f}".removesuffix(".0") + f" {unit}"
        return "0 B"


@dataclass(frozen=True, order=True)
class Percent:
    """A share of a whole; written 15%."""

    value: float
    expected: ClassVar[str] = "a percentage such as 15%"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the share a text stands for; raise ValueError for anything not from 0% to 100%."""
        match = _PERCENT.fullmatch(text.strip())
        if not match or float(match[1]) > 100:  # noqa: PLR2004 -- per cent
            raise ValueError(text)
        return cls(float(match[1]))

    def __str__(self) -> str:
        return f"{self.value:g}%"

    def exact(self) -> str:
        """Return a text that stands for just this share; `str` rounds."""
        text = str(self)
        return text if _PERCENT.fullmatch(text) and self.parse(text) == self else f"{Decimal(repr(self.value)):f}%"


@dataclass(frozen=True, order=True)
class Day:
    """A day of the calendar; written 2027-03-31."""

    date: date
    expected: ClassVar[str] = "a day such as 2027-03-31"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the day a text stands for; raise ValueError for anything else."""
        return cls(date.fromisoformat(text))

    def __str__(self) -> str:
        return self.date.isoformat()


def span(seconds: float) -> str:
    """Return a span of time for people, in the units of the policy and to two of them: 3h 2min, 4.2s."""
    if seconds < _PRECISE_BELOW:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    return " ".join(str(Duration(int(seconds))).split()[:2])


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun for people: 1 key, 2 keys. plural: of a noun that takes no s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
