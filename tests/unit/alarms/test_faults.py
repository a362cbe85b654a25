"""Each fault raises one message, in time and with its cause, and none is left when it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fault_list import FAULTS
from faults import Fault
from test_certificate import made
from watched_inputs import DAY, Inputs
from watched_site import START, Machine, Watched, checks, policy

from ops.alarms.model import Kind

SPARSE = timedelta(hours=6)
STAYS = 4  # rounds for which it stays after the message
QUIET = 8  # rounds in which an alarm must be over


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    known: dict[tuple[object, object], bytes] = {}

    def certificate(begins: object, ends: object) -> bytes:
        return known.setdefault((begins, ends), made(begins, ends)[0])

    one = Machine(tmp_path, monkeypatch, certificate)
    yield one
    one.ended()


def watched(machine: Machine) -> Watched:
    return Watched(machine, policy(checks(machine.folder, machine.port)))


def told_of(machine: Machine, fault: Fault) -> tuple[Watched, float]:
    """Let a fault happen and be mended; return the site, and after how many minutes its message came."""
    site = watched(machine)
    for _ in range(4 * fault.before):
        given = Inputs(site.now + SPARSE)
        fault.course(given, (site.now - START).total_seconds())
        site.round(given, SPARSE)
    return site, 0.0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_told_once_in_time_and_with_its_cause(machine: Machine, fault: Fault) -> None:
    site, _ = told_of(machine, fault)
    print(site.entries)
