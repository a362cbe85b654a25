"""The page of all kinds of check, with the reason for each: docs/checks.md."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from ops.core import described, kinds
from ops.interfaces.check import Check
from ops.jobs.health.explain import limits

HEAD = """\
# Checks

<!-- Generated from the kinds in ops/health by: SEAWALL_WRITE_PAGES=1 pytest tests/unit/docs/test_checks_page.py -->

For whoever decides what is watched, or wants to know why a check speaks. Each machine makes its checks every five
minutes, as the account `seawall`, which has no rights of its own, and keeps what it saw; a verdict is `pass`, `warn`,
`fail` or `unknown`, and what could not be looked at is never a pass. A check of a kind is written into the policy with
a name of its own ([policy.md](policy.md) has every option); those marked with * follow from the assets and from what a
machine is for, and nobody writes them.

    seawall check                     make all checks of this machine now
    seawall check disk                those of a kind, in the form of a monitoring plugin, with its exit codes
    seawall explain root_disk         what a check looks at, its limits and whose they are, why, and what to do

What can't be judged by one look is judged over several: how fast a disk fills, how often running an interface did not
answer, since when an update waits. The machine keeps what it needs for that in
`/var/lib/seawall/state/health.notes`, at most 64 KiB a check; if that is lost, counting begins anew.

"""
NEEDS = """\
## What a check needs on the machine

A check reads what the machine tells everybody, or asks a program that is there. No check changes anything, and none
runs as root. `time_sync` needs chronyd or systemd-timesyncd, `updates` apt's lists of security updates, `antivirus`
ClamAV's databases (readable for everybody, as Debian installs them), `ups` and `air` the upsd that the role `ups` sets
up, `command` the site's own program, an `interface` that is asked a query the client `psql` or `mariadb`. Where one is
not there the check is `unknown`. In a container, `memory` does not judge programs that the kernel
ended: its count is that of the whole computer.

Disks tell how they are to root alone. So where the policy has a check `smart` or `zfs`, the role `monitoring` installs
`smartmontools`, and once an hour `seawall devices` asks `smartctl` and `zpool`, as root in a unit that sees disks and
nothing else: no network, no settings, secrets or states of Seawall. What they print it writes, unread, to
`/var/lib/seawall-devices/devices.json`; the checks read it, without any right, as what may come from anybody.

The journal may be read by few, for what is written there may name patients. Where the policy has a check `journal`, the
unit of the checks, and no other, is in the group `systemd-journal`. The check keeps fingerprints and names of units,
and tells no more than those.

[faults-seen.md](faults-seen.md) has the faults with which each of these checks was seen to speak, and how soon.
[disks-seen.md](disks-seen.md) has what `raid` and `smart` said while an array and disks failed in a machine in QEMU.
"""


PLACES = ("host", "port")  # options that are no limits


def text() -> str:
    """Return the whole page in Markdown."""
    names = kinds.kinds("ops.health")
    rows = "".join(f"| {' | '.join(_row(name))} |\n" for name in names)
    table = f"| check | looks at | why |\n| --- | --- | --- |\n{rows}"
    parts = [f"## {name}\n\n{''.join(_section(name))}" for name in names]
    return "\n".join([HEAD + table, NEEDS, *parts])


def _kind(name: str) -> Check[Any]:
    kind: Check[Any] = kinds.load("ops.health", name)
    return kind


def _looks_at(name: str) -> str:
    return described.summary(importlib.import_module(f"ops.health.{name}").__doc__)


def _row(name: str) -> tuple[str, ...]:
    kind = _kind(name)
    cells = (f"[{name}](#{name}){'*' if kind.derived else ''}", _looks_at(name), kind.why)
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _section(name: str) -> Iterator[str]:
    kind = _kind(name)
    yield f"{_looks_at(name)}\n\nWhat to do: {kind.remedy}\n"
    found = [
        f"`{limit.name}` {limit.value}"
        for limit in limits(kind, None)
        if limit.value[:1].isdigit() and limit.name not in PLACES
    ]
    if found:
        yield f"\nDefaults: {', '.join(found)}.\n"
