"""A copy that found damage has failed until what it found was read good, whatever comes in between."""

from dataclasses import replace

import pytest
from broken_copies import ACT, broken_off, largest
from one_machine import Machine, afterwards, damage

from ops.core import clock
from ops.core.verdict import Verdict
from ops.jobs.copy import unread
from ops.jobs.health.job import look
from ops.jobs.host import own_policy, state_files
from ops.restic.repository import Repository


def owe(machine: Machine, name: str) -> None:
    """Let the copy of the documents owe one more pack."""
    known = unread.owed_by(ACT, "offsite")
    unread.keep(ACT, replace(known, names=known.names | {name}))


def copied_in_time(machine: Machine) -> Verdict:
    """What the check of the copy says now."""
    policy = own_policy.read()
    (entry,) = look(policy, state_files.read_all(), clock.now(), ["copy_age-documents-offsite"])
    return entry.verdict


def test_a_bit_that_flips_between_writing_and_reading_back_is_found_each_time(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """restic passes over snapshots that it has copied: the second run writes nothing, and still has that to read."""
    afterwards(monkeypatch, Repository, "copy_from", lambda: damage(largest(machine)))
    assert machine.seawall("copy", "documents") == 1
    monkeypatch.undo()
    monkeypatch.setenv("SEAWALL_ROOT", str(machine.root))
    for _ in range(2):
        assert machine.seawall("copy", "documents") == 1
        assert machine.state(ACT)["last_good"] is None
        assert copied_in_time(machine) is Verdict.FAIL


def test_damage_that_keeps_the_manifest_from_being_read_is_told_as_damage(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rot() -> None:
        for pack in machine.packs("offsite").values():
            damage(pack)

    afterwards(monkeypatch, Repository, "copy_from", rot)
    assert machine.seawall("copy", "documents") == 1
    assert "is not what was written" in machine.state(ACT)["message"]
    assert copied_in_time(machine) is Verdict.FAIL


def test_what_was_found_damaged_stays_so_when_nothing_can_be_reached(machine: Machine) -> None:
    assert machine.seawall("copy", "documents") == 0
    assert copied_in_time(machine) is Verdict.PASS
    assert machine.seawall("backup", "documents") == 0
    broken_off(machine)
    pack, url = largest(machine), machine.root / "etc/seawall/credentials/offsite.url"
    content, address = pack.read_bytes(), url.read_text()
    owe(machine, pack.name)
    damage(pack)
    assert machine.seawall("copy", "documents") == 1
    assert copied_in_time(machine) is Verdict.FAIL
    url.write_text("rest:https://his1:secret@localhost:1/his1/offsite/\n")
    assert machine.seawall("copy", "documents") == 1
    assert "can't be reached" in machine.state(ACT)["message"]
    assert copied_in_time(machine) is Verdict.FAIL
    url.write_text(address)
    pack.write_bytes(content)
    assert machine.seawall("copy", "documents") == 0
    assert copied_in_time(machine) is Verdict.PASS
