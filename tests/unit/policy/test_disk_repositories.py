"""Repositories on disks of a machine's own: what the policy refuses, and what follows from it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.policy import HostLayers, HostPolicy, compile_site
from ops.policy.compile import document, read_document
from ops.policy.rules.rendered import judge as rendered
from ops.policy.units import units

ID = "9" * 64
UUID = "5f1c0c6e-1111-2222-3333-444455556666"
ALL: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test hospital", "timezone": "Europe/Prague"},
    "contacts": {"it": {"name": "Head of IT", "phone": "1"}},
    "repositories": {
        "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
        "second": {"kind": "local", "place": "local", "options": {"path": "/srv/backup"}},
        "disks": {
            "kind": "removable",
            "place": "removable",
            "options": {
                "path": "/srv/disks",
                "calendar": "day 10, day 20, last day",
                "disks": {"red": {"serial": "A1", "luks": UUID, "repository": ID}, "blue": {"serial": "B2"}},
            },
        },
    },
}
ASSET: dict[str, Any] = {
    "owner": "it",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "40d"},
    "repository": "primary",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/his"]}}},
    "copies": {
        "second": {"to": "second", "calendar": "daily"},
        "disks": {"to": "disks", "calendar": "between day 10 and last day"},
    },
}


def compiled(change: Any = None) -> HostPolicy:
    return read_document(document(untyped(change)))


def untyped(change: Any = None) -> HostPolicy:
    """The policy as the control machine has it, whose options are plain data."""
    told, asset = deepcopy(ALL), deepcopy(ASSET)
    if change:
        change(told["repositories"], asset)
    layers = {"backup1": HostLayers(told), "his1": HostLayers(told, host={"assets": {"his": asset}})}
    return compile_site(layers)["his1"]


def test_units_write_to_the_disks_alone_and_no_timer_copies_to_one_that_comes_and_goes() -> None:
    found = {unit.name: unit for unit in units(compiled())}
    assert found["seawall-copy-his-second"].writable == ("/srv/backup",)
    assert found["seawall-copy-his-disks"].writable == ("/srv/disks/disk",)
    assert found["seawall-copy-his-second"].calendar
    assert not found["seawall-copy-his-disks"].calendar
    assert not found["seawall-backup-his"].writable


def test_the_machine_takes_what_it_is_told_of_its_disks() -> None:
    policy = compiled()
    assert "rotation-disks" in policy.checks
    assert [*rendered(policy)] == []


def test_the_machine_refuses_to_watch_disks_that_it_has_not() -> None:
    told = document(untyped())
    del told["assets"]["his"]["copies"]["disks"]
    wrong = [problem.path for problem in rendered(read_document(told))]
    assert "policy.checks.rotation-disks" in wrong


def test_the_control_machine_knows_the_same_units() -> None:
    assert units(untyped()) == units(compiled())


def test_the_check_of_the_turns_follows_from_the_policy() -> None:
    options = compiled().checks["rotation-disks"].options
    assert (options.repository, options.disks, options.timezone) == ("disks", ("red", "blue"), "Europe/Prague")
    assert "rotation-disks" not in compiled(lambda _, asset: asset["copies"].pop("disks")).checks


def path(name: str, to: str) -> Any:
    return lambda repositories, _: repositories[name]["options"].update(path=to)


def disk(**more: str) -> Any:
    return lambda repositories, _: repositories["disks"]["options"]["disks"]["blue"].update(more)


def place(name: str, to: str) -> Any:
    return lambda repositories, _: repositories[name].update(place=to)


WRONG = {
    "the root": (path("second", "/"), "the root of the system is no disk of its own"),
    "a home": (path("second", "/home/backup"), "belongs to the system"),
    "our own state": (path("disks", "/var/lib/seawall/disks"), "belongs to the system"),
    "a database's data": (path("second", "/var/lib/postgresql/backup"), "belongs to the system"),
    "a folder of other things": (path("second", "/srv"), "holds other things"),
    "a place of another kind": (place("second", "removable"), "removable can't be the place of kind local"),
    "a disk that stays": (place("disks", "local"), "local can't be the place of kind removable"),
    "off-site": (place("second", "offsite"), "lies on the machine itself"),
    "no serial number": (disk(serial=" "), "is no serial number"),
    "the same serial number": (disk(serial="A1"), "two disks have the serial A1"),
    "the same repository": (disk(repository=ID), "two disks have the repository"),
    "no UUID": (disk(luks="UUID"), "is no UUID"),
    "no id": (disk(repository="12"), "expected a SHA-256"),
    "a source that takes it": (
        lambda _, asset: asset["sources"]["all"]["options"].update(paths=["/srv/backup"]),
        "takes /srv/backup, and so the repository second in /srv/backup",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_makes_no_sense_is_refused(wrong: str) -> None:
    change, says = WRONG[wrong]
    with pytest.raises(PolicyError) as refused:
        compiled(change)
    assert says in str(refused.value)


def test_a_source_around_it_that_leaves_it_out_is_well() -> None:
    def around(_: Any, asset: dict[str, Any]) -> None:
        asset["sources"]["all"]["options"].update(paths=["/srv"], exclude=["/srv/backup", "/srv/disks"])

    assert compiled(around).assets["his"].copies
