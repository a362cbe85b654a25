"""Who may acknowledge what, for how long; and that root touches nothing that the account could have put there."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from listeners import Asked
from site_machine import Machine, policy_of

from ops import cli
from ops.jobs.alarms import account

SAID = ["--reason", "new disk ordered", "--by", "Anna"]


@pytest.fixture
def raised(machine: Machine, web: Asked) -> Machine:
    """A machine with one open incident."""
    machine.obeys(policy_of({"hook": {"kind": "webhook", "options": {"url": f"http://127.0.0.1:{web.port}/"}}}))
    machine.begins_ledger()
    machine.breaks("root_disk")
    machine.passes(7)
    assert [body["state"] for *_, body in web.requests] == ["raised"]
    return machine


REFUSED: dict[str, tuple[list[str], str]] = {
    "another incident": (["2", *SAID], "there is no open incident 2\n  open: 1; seawall alarms"),
    "for too long": (["1", "--until", "15d", *SAID], "15d is too long for an acknowledgement"),
    "for no time": (["1", "--until", "0s", *SAID], "0s is too long for an acknowledgement"),
    "no reason": (["1", "--reason", " ", "--by", "Anna"], "no reason is given"),
    "nobody": (["1", "--reason", "x"], "cannot attribute this to root"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_acknowledgement_is_refused_and_not_recorded(raised, capsys, what: str, monkeypatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    words, said = REFUSED[what]
    before = len(raised.records())
    assert cli.run(["ack", *words]) == 2
    assert said in capsys.readouterr().err
    assert len(raised.records()) == before


def test_one_that_can_not_be_recorded_calls_nobody_off(raised: Machine, web: Asked) -> None:
    (raised.root / "etc/seawall/credentials/ledger.key").unlink()
    assert cli.run(["ack", "1", *SAID]) == 1
    raised.passes(20)
    assert [body["state"] for *_, body in web.requests] == ["raised", "next"]


def test_an_acknowledgement_ends_when_it_gets_worse(raised: Machine, web: Asked) -> None:
    raised.heals("root_disk")
    raised.passes(30)
    raised.breaks("root_disk", "12% free", "warn")
    raised.passes(10)
    assert cli.run(["ack", "1", "--until", "14d", *SAID]) == 0
    raised.passes(30)
    states = [body["state"] for *_, body in web.requests]
    assert states[-1] == "acknowledged"
    raised.breaks("root_disk", "2% free", "fail")
    raised.passes(30)
    states = [body["state"] for *_, body in web.requests]
    assert states[states.index("acknowledged") + 1 :] == ["worse", "next"]


def test_alarms_as_json_are_whole(raised: Machine, capsys) -> None:
    import json

    capsys.readouterr()
    assert cli.run(["alarms", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [(one["number"], one["cause"], one["reached"]) for one in told["incidents"]] == [
        (1, "check:his1/root_disk", ["anna"])
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="acts as root")
def test_root_takes_the_accounts_place_and_so_follows_no_link_of_its(machine: Machine, tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    secret = tmp_path / "of_root"
    secret.write_text("")
    secret.chmod(0o600)
    os.chmod(tmp_path, 0o755)  # noqa: PTH101 -- beside it, of the parents
    folder = machine.store.parent
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    machine.store.symlink_to(secret)
    with account.acting():
        assert (os.geteuid(), os.getegid(), os.getgroups()) == (nobody.pw_uid, nobody.pw_gid, [])
        with pytest.raises(PermissionError):
            machine.store.open("rb")
    assert (os.geteuid(), os.getegid()) == (0, 0)
    assert secret.read_text() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="acts as root")
def test_what_root_starts_and_acknowledges_is_the_accounts(machine: Machine, web: Asked) -> None:
    nobody = pwd.getpwnam("nobody")
    machine.root.chmod(0o755)
    for folder in ("var/lib/seawall/state", "run/seawall/account"):
        os.chown(machine.root / folder, nobody.pw_uid, nobody.pw_gid)
    hook = {"kind": "webhook", "options": {"url": f"http://127.0.0.1:{web.port}/", "secret": True}}
    machine.obeys(policy_of({"hook": hook}))
    machine.secret("hook", "token")
    machine.begins_ledger()
    machine.breaks("root_disk")
    machine.passes(7)
    assert cli.run(["ack", "1", *SAID]) == 0
    machine.passes(1)
    assert [body["state"] for *_, body in web.requests] == ["raised", "acknowledged"]
    assert web.requests[0][2]["Authorization"] == "Bearer token"
    made = [machine.store, machine.store.with_name("alarms.sqlite-journal")]
    assert [path.stat().st_uid for path in made] == [nobody.pw_uid] * 2
    assert machine.records()[-1]["act"] == "acknowledgement"
