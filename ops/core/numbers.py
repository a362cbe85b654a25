"""Whole numbers within limits: Python itself refuses to write or read those of thousands of digits, by an error."""

from __future__ import annotations

import re
import reprlib

LARGEST = 1 << 63
MOST_DIGITS = 19
_DIGITS = re.compile(r"\d+")
TOO_LARGE = f"a number is too large; expected one of 64 bits, which has at most {MOST_DIGITS} digits"


class Shown(reprlib.Repr):
    """Shows a value in brief, whatever it is."""

    def repr_int(self, number: int, level: int) -> str:
        """Return a number, or that it has too many digits to be shown."""
        return "a number that is too large" if is_too_large(number) else super().repr_int(number, level)


def is_too_large(value: object) -> bool:
    """Whether a value is a whole number of more than 64 bits."""
    return isinstance(value, int) and not -LARGEST <= value < LARGEST


def demand_few_digits(text: str) -> None:
    """Raise ValueError, in a person's words, when a text has a number of more digits than one of 64 bits."""
    longest = max(map(len, _DIGITS.findall(text)), default=0)
    if longest > MOST_DIGITS:
        raise ValueError(f"a number of {longest} digits is too large; expected at most {MOST_DIGITS}")


def whole(text: str) -> int:
    """Return the number that a text in JSON is; raise ValueError as `demand_few_digits` does."""
    demand_few_digits(text)
    return int(text)
