"""Copies of the documents that were killed when they had written all, and what they still owe."""

import json
from pathlib import Path

import pytest
from one_machine import Machine

from ops.jobs.copy import unread
from ops.restic.sets import ASSET

MINUTE = 60.0
ACT = "copy-documents-offsite"


def owed(machine: Machine) -> list[str] | None:
    path = machine.root / f"var/lib/seawall/state/unread/{ACT}.json"
    return json.loads(path.read_text())["unread"] if path.exists() else None


def broken_off(machine: Machine) -> set[str]:
    """Let a copy of the documents be killed when it has written all; return what it wrote."""
    before = machine.packs("offsite").keys()
    target = machine.place("offsite")
    documents = machine.place("primary").repository.snapshots([f"{ASSET}=documents"])
    with pytest.raises(KeyboardInterrupt), unread.turn(ACT, target):
        ids = [one.id for one in documents]
        target.repository.copy_from(machine.place("primary").repository, ids, timeout=MINUTE)
        raise KeyboardInterrupt
    return machine.packs("offsite").keys() - before


def largest(machine: Machine) -> Path:
    """The pack with the files' content; none of what a copy is found by."""
    return max(machine.packs("offsite").values(), key=lambda path: path.stat().st_size)
