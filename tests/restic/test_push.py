"""A machine hands its status over by its real rest-server: what lies there, who reads it, and what stays of it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from kept import Keeper, kept
from one_machine import Machine

from ops.commands.server import status as server
from ops.core import clock
from ops.evidence.keys import public
from ops.fleet.status import pushed
from ops.interfaces.pushed import read
from ops.jobs.keeper.serve import Service, arguments
from ops.policy.compile import read_document


def status(*words: str) -> int:
    """Run the command of servers, which on a control machine is another one's."""
    parser = argparse.ArgumentParser()
    server.arguments(parser)
    return server.execute(parser.parse_args(words, argparse.Namespace(json=False)))


def handed(keeper: Keeper) -> list[Path]:
    return sorted((keeper.repository / "status/snapshots").iterdir(), key=lambda path: path.stat().st_mtime)


def test_a_status_is_handed_over_read_and_cleared_away(
    machine: Machine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert machine.seawall("repository", "init") == 0
    with kept(machine, tmp_path) as keeper:
        (machine.root / "etc/seawall/credentials/primary.password").rename(tmp_path / "the key")  # it needs none
        capfd.readouterr()
        assert status("--push") == 0
        assert capfd.readouterr().out.splitlines() == ["primary: handed over", "offsite: handed over"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(keeper.root))
            assert status("--clients") == 0
        (line,) = [line for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
        one = read(line, "its line")
        policy = read_document(json.loads((machine.root / "etc/seawall/policy.json").read_text()))
        key = public(machine.root / "etc/seawall/credentials/ledger.key")
        found = pushed.judged("his1", {"backup1": one}, [key], None, policy, clock.now())
        assert found.told is not None, found.status
        assert found.status.told is None or found.status.told.host == "his1"

        (tmp_path / "the key").rename(machine.root / "etc/seawall/credentials/primary.password")
        assert keeper.seawall("repository", "arrivals") == 0, "a status is no foreign file"
        for number in range(3):
            (keeper.repository / "status/snapshots" / f"{number:064x}").write_bytes(b"x" * 600)
        newest = handed(keeper)[-2:]
        arguments(Service("his1", keeper.root / "srv/seawall", tmp_path / "accounts"))
        assert handed(keeper) == newest


def test_one_backup_host_that_is_down_keeps_no_other_from_having_it(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert machine.seawall("repository", "init") == 0
    address = machine.root / "etc/seawall/credentials/offsite.url"
    address.write_text(address.read_text().replace("offsite:secret", "offsite:wrong"))
    capfd.readouterr()
    assert status("--push") == 1
    said = capfd.readouterr().out.splitlines()
    assert "primary: handed over" in said
    assert [line for line in said if line.startswith("offsite: ") and "HTTP 401" in line]
    assert "offsite: handed over" not in said
