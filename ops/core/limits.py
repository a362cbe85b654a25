"""What options demand of their own values, beyond the type of each; a ValueError says what to write instead."""

from __future__ import annotations

from typing import Any, TypeVar

from ops.core.quantity import Percent

Q = TypeVar("Q", bound=Any)  # anything that is ordered: a number, or a quantity
LAST_PORT = 65_535
LEAST_SHARE, WHOLE = Percent(0.1), Percent(100)


class OutOfRange(ValueError):
    """A value is not in its range. name: of the key that has it, from the options on."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def demand_between(name: str, value: Q, least: Q, most: Q) -> None:
    """Raise OutOfRange unless a value is in a range."""
    if not least <= value <= most:
        raise OutOfRange(name, f"{name} is {value}; expected {least} to {most}")


def demand_port(name: str, port: int) -> None:
    """Raise OutOfRange for what can't be the number of a TCP port."""
    demand_between(name, port, 1, LAST_PORT)


def demand_can_warn(name: str, share: Percent) -> None:
    """Raise OutOfRange for a share below which nothing ever falls: a check that can't warn says nothing."""
    demand_between(name, share, LEAST_SHARE, WHOLE)


def demand_warning_first(warns: tuple[str, Q], fails: tuple[str, Q | None]) -> None:
    """Given the limits below which a check warns and fails, each with its name, raise ValueError if it never warns."""
    (warn_name, warn), (fail_name, fail) = warns, fails
    if fail is not None and warn < fail:
        raise ValueError(
            f"{warn_name} is {warn} and {fail_name} is {fail}, so that it would fail before it warns; "
            f"expected a {warn_name} of {fail} or more"
        )
