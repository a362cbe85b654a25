"""The part `accounts` of hardening: passwords of people, keys of services, sessions that end, sudo that is logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from ops.core.limits import demand_between
from ops.core.names import AccountName
from ops.core.quantity import Duration
from ops.core.stricter import LESS, MORE

_DAY = 86_400


@dataclass(frozen=True)
class Accounts:
    """Passwords of people, keys of services, sessions that end; sudo is logged in /var/log/sudo.log, kept for a year.

    password_age: after how long a person must change the password; root's has no end, for its jobs would stop with it.
    password_warning: how long before that the person is told at login.
    password_length: the least number of characters.
    password_classes: how many of these it must mix: small letters, capitals, digits, others.
    password_history: how many passwords of before are refused.
    idle: after how long without a key pressed a shell ends.
    service_accounts: accounts of programs, which a key alone lets in: their passwords are locked and have no end.
    """

    password_age: Annotated[Duration, LESS] = Duration(60 * _DAY)
    password_warning: Duration = Duration(7 * _DAY)
    password_length: Annotated[int, MORE] = 10
    password_classes: Annotated[int, MORE] = 2
    password_history: Annotated[int, MORE] = 5
    idle: Annotated[Duration, LESS] = Duration(900)
    service_accounts: tuple[AccountName, ...] = ()

    def __post_init__(self) -> None:
        """Demand numbers that the machine's own programs know, and with which people can still work."""
        for name, span in (("password_age", self.password_age), ("password_warning", self.password_warning)):
            if span.seconds % _DAY:
                raise ValueError(f"{name} is {span}; expected whole days")
        demand_between("password_age", self.password_age, Duration(7 * _DAY), Duration(730 * _DAY))
        demand_between("password_warning", self.password_warning, Duration(_DAY), self.password_age)
        demand_between("password_length", self.password_length, 6, 64)
        demand_between("password_classes", self.password_classes, 0, 4)
        demand_between("password_history", self.password_history, 1, 100)
        demand_between("idle", self.idle, Duration(60), Duration(86_400))
        if "root" in map(str, self.service_accounts):
            raise ValueError("service_accounts names root; `ssh` says how root logs in")

    def given(self) -> dict[str, Any]:
        """Return what the role `accounts` is given; spans in days, `idle` in seconds."""
        return {
            "age": self.password_age.seconds // _DAY,
            "warning": self.password_warning.seconds // _DAY,
            "length": self.password_length,
            "classes": self.password_classes,
            "history": self.password_history,
            "idle": self.idle.seconds,
            "services": sorted(map(str, self.service_accounts)),
        }
