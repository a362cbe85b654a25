"""A machine from whose repositories sets leave is watched: for each client, and at its time."""

from collections.abc import Sequence
from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.policy import HostLayers, compile_site

ASSET = {
    "owner": "it",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
    "repository": "primary",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/x"]}}},
}


def checks(servers: Sequence[str] = ("his1", "lis1"), **options: Any) -> dict[str, Any]:
    """Return the options of the check on the backup host, by the name of the check; servers: which have an asset."""
    repository = {"kind": "rest_server", "place": "primary", "host": "backup1", "options": options}
    everybody = {
        "version": 1,
        "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
        "contacts": {"it": {"name": "Head of IT"}},
        "repositories": {"primary": repository},
    }
    layers = {name: HostLayers(everybody, host={"assets": {f"x_{name}": ASSET}}) for name in servers}
    found = compile_site({**layers, "backup1": HostLayers(everybody)})["backup1"].checks
    return {name: spec.options for name, spec in found.items() if name == "leaving"}


def test_it_knows_whose_runs_are_due_and_when() -> None:
    (options,) = checks(leave_at="Sat *-*-*").values()
    assert options == {"clients": ["his1", "lis1"], "calendar": "Sat *-*-* 10:00", "timezone": "America/Sao_Paulo"}


def test_where_nothing_leaves_nothing_is_watched() -> None:
    assert checks() == {}


def test_a_backup_host_that_keeps_nothing_yet_is_not_watched() -> None:
    """As in the first stage, before anybody has written an asset."""
    assert checks(servers=(), leave_at="Sat *-*-*") == {}


def test_a_time_that_is_none_is_said_once() -> None:
    with pytest.raises(PolicyError) as error:
        checks(leave_at="sometimes")
    assert "leave_at" in str(error.value)
    assert "checks" not in str(error.value)
