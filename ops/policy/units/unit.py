"""A systemd unit that follows from the policy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A service that runs one act, and when its timer starts it.

    command: what follows `seawall`. calendar: systemd expressions; none: a person starts it. random_delay: seconds.
    user: the account. capabilities: beyond the account's. credentials: names of the secrets it may read.
    timeout: seconds after which systemd ends it. writable: folders it may write to beside Seawall's own.
    after: services whose end it waits for, when they run. supplementary_groups: that it is in beside its account's.
    """

    name: str
    description: str
    command: str
    calendar: tuple[str, ...]
    random_delay: int
    user: str
    capabilities: tuple[str, ...]
    credentials: tuple[str, ...]
    timeout: int
    writable: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    supplementary_groups: tuple[str, ...] = ()
