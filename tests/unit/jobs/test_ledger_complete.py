"""`seawall ledger complete`: the policy's calendars against the ledger of a machine."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops import cli
from ops.core import clock
from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document

ALL = {
    "version": 1,
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {
        "primary": {"kind": "rest_server", "place": "primary", "host": "backup1"},
        "offsite": {"kind": "rest_server", "place": "offsite", "host": "offsite1"},
    },
}
HIS = {
    "assets": {
        "documents": {
            "owner": "it",
            "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/documents"]}}},
            "repository": "primary",
            "schedule": "*-*-* 01:30:00",
            "rpo": "26h",
            "rto": "1h",
            "retention": {"all": "14d"},
            "copies": {"offsite": {"to": "offsite", "calendar": "day 10, day 20, last day"}},
            "drill": {"kind": "files", "host": "drill1", "every": "31d"},
        }
    }
}
OCTOBER = ["--since", "2026-10-01", "--until", "2026-10-31"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a machine, and write what it did at given times."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "etc/seawall").mkdir(parents=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], timeout=60)
    signers = f'his1 namespaces="seawall-ledger" {(tmp_path / "key.pub").read_text()}'
    (tmp_path / "etc/seawall/allowed_signers").write_text(signers)
    hosts = {name: HostLayers(ALL) for name in ("backup1", "offsite1", "drill1")}
    policies = compile_site({**hosts, "his1": HostLayers(ALL, host=HIS)})

    def made(host: str, *acts: tuple[str, str], repository: str = "offsite", copy: str = "") -> Path:
        text = json.dumps(document(policies[host])).replace(
            "day 10, day 20, last day 01:45", copy or "day 10, day 20, last day 01:45"
        )
        (tmp_path / "etc/seawall/policy.json").write_text(text)
        for act, started in acts:
            body = {"host": "his1", "actor": "unit:x", "act": act, "subject": "documents", "result": "pass"}
            body |= {"started": started, "facts": {"repository": repository}}
            Ledger(tmp_path / "var/lib/seawall/ledger", tmp_path / "key").append(body)
        return tmp_path

    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    return made


NIGHTS = [("backup", f"2026-10-{day:02d}T04:31:00Z") for day in range(1, 32)]  # 01:31 in São Paulo
COPIES = [("copy", f"2026-10-{day}T05:00:00Z") for day in (10, 20, 31)]


def test_a_month_in_which_all_was_done_passes(machine, capsys) -> None:
    machine("his1", *NIGHTS, *COPIES)
    assert cli.run(["ledger", "complete", *OCTOBER, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["since"], said["until"]) == ("2026-10-01T03:00:00Z", "2026-11-01T03:00:00Z")
    assert [(act["act"], act["expected"], act["done"]) for act in said["acts"]] == [
        ("backup", 31, 31),
        ("copy", 3, 3),
    ]


def test_what_is_late_and_missing_is_named(machine, capsys) -> None:
    machine("his1", *NIGHTS[:6], ("backup", "2026-10-07T15:00:00Z"), *NIGHTS[8:], *COPIES[:2])
    assert cli.run(["ledger", "complete", *OCTOBER]) == 2
    shown = " ".join(capsys.readouterr().out.split())
    assert "fail backup documents primary 31 30 1 1 0" not in shown
    assert "fail backup documents primary 31 29 1 1 0 late: 2026-10-07 01:30 missing: 2026-10-08 01:30" in shown
    assert "fail copy documents offsite 3 2 0 1 0 missing: 2026-10-31 01:45" in shown


@pytest.mark.parametrize(("made", "code"), [("2026-10-19T05:00:00Z", 0), ("2026-10-21T05:00:00Z", 1)])
def test_a_copy_of_a_window_is_on_time_until_its_end(machine, made: str, code: int) -> None:
    machine("his1", *NIGHTS, ("copy", made), copy="between day 11 and day 20 01:45")
    assert cli.run(["ledger", "complete", *OCTOBER]) == code


def test_a_late_one_alone_warns(machine) -> None:
    machine("his1", *NIGHTS[:6], ("backup", "2026-10-07T15:00:00Z"), *NIGHTS[7:], *COPIES)
    assert cli.run(["ledger", "complete", *OCTOBER]) == 1


def test_drills_count_where_they_are_made(machine, capsys) -> None:
    sundays = [("drill", f"2026-10-{day:02d}T07:05:00Z") for day in (4, 11, 18, 25)]
    machine("drill1", *sundays)
    assert cli.run(["ledger", "complete", *OCTOBER]) == 0
    assert "drill   documents" in capsys.readouterr().out


def test_a_ledger_that_does_not_verify_is_no_proof(machine, capsys) -> None:
    root = machine("his1", *NIGHTS, *COPIES)
    ledger = root / "var/lib/seawall/ledger" / NAME
    ledger.write_bytes(ledger.read_bytes().replace(b'"fail"', b'"pass"').replace(b"04:31:00", b"04:30:00"))
    assert cli.run(["ledger", "complete", *OCTOBER]) == 2
    assert "the ledger itself: record 1 was changed" in capsys.readouterr().out


def test_a_ledger_whose_signature_nobody_could_check_is_no_proof(machine, capsys) -> None:
    root = machine("his1", *NIGHTS, *COPIES)
    (root / "etc/seawall/allowed_signers").unlink()
    assert cli.run(["ledger", "complete", *OCTOBER]) == 3
    assert "unknown the ledger itself: the signature was not checked" in capsys.readouterr().out


def test_without_any_record_all_is_missing(machine, capsys) -> None:
    machine("his1")
    assert cli.run(["ledger", "complete", *OCTOBER]) == 2
    assert " 31        0     0       31" in capsys.readouterr().out


def test_a_machine_that_is_to_do_nothing_passes(machine, capsys) -> None:
    machine("backup1")
    assert cli.run(["ledger", "complete"]) == 0
    assert "the policy schedules no jobs on this machine" in capsys.readouterr().out


def test_without_a_period_it_begins_with_the_first_record(machine, capsys) -> None:
    machine("his1", *[("backup", f"2026-11-{day:02d}T04:31:00Z") for day in range(19, 23)])
    assert cli.run(["ledger", "complete", "--json"]) == 2  # of the copy due on the 20th there is none
    backup, copy = json.loads(capsys.readouterr().out)["acts"]
    assert (backup["expected"], backup["missing"]) == (3, [])
    assert copy["missing"] == ["2026-11-20T04:45:00Z"]


def test_what_is_dated_in_the_future_was_not_done_and_hides_nothing(machine, capsys) -> None:
    """The first record of all is by a clock that was ahead, and so is the copy that was due two days ago."""
    machine("his1", ("backup", "2027-10-01T04:31:00Z"), ("check", "2027-10-01T04:35:00Z"))
    machine("his1", ("check", "2026-11-20T12:00:00Z"), ("copy", "2026-11-22T14:00:00Z"), copy="day 22 01:45")
    assert cli.run(["ledger", "complete", "--json"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["since"] == "2026-11-20T12:00:00Z"
    done = {act["act"]: (act["expected"], act["done"]) for act in said["acts"]}
    assert done["backup"] == (2, 0)
    assert done["copy"][1] == 0


def test_a_day_without_a_round_of_checks_is_missing_and_a_bad_round_is_none(machine, capsys) -> None:
    root = machine("backup1")
    for day, hour, result in ((27, 15, "pass"), (28, 3, "fail"), (30, 5, "unknown"), (31, 3, "pass")):
        body = {"host": "his1", "actor": "unit:x", "act": "check", "subject": "health", "result": result}
        body |= {"started": f"2026-10-{day}T{hour:02d}:00:00Z"}
        Ledger(root / "var/lib/seawall/ledger", root / "key").append(body)
    assert cli.run(["ledger", "complete", *OCTOBER, "--json"]) == 2
    (rounds,) = json.loads(capsys.readouterr().out)["acts"]
    assert (rounds["act"], rounds["expected"], rounds["done"]) == ("check", 4, 3)
    assert (rounds["missing"], rounds["late"], rounds["failed"]) == (["2026-10-29T03:00:00Z"], [], 0)


def test_the_day_on_which_summer_time_begins_has_no_hour_of_the_next_one(machine, capsys) -> None:
    """It has 23 hours, and nobody looked; the next day's first round, right after it, is none of that day."""
    root = machine("his1")
    path = root / "etc/seawall/policy.json"
    path.write_text(path.read_text().replace("America/Sao_Paulo", "Europe/Prague"))
    for looked in ("2026-03-27T12:00:00Z", "2026-03-28T03:00:00Z", "2026-03-29T22:10:00Z"):
        body = {"host": "his1", "actor": "unit:x", "act": "check", "subject": "health", "result": "pass"}
        Ledger(root / "var/lib/seawall/ledger", root / "key").append({**body, "started": looked})
    cli.run(["ledger", "complete", "--since", "2026-03-28", "--until", "2026-03-30", "--json"])
    (rounds,) = [act for act in json.loads(capsys.readouterr().out)["acts"] if act["act"] == "check"]
    assert (rounds["expected"], rounds["done"], rounds["missing"]) == (3, 2, ["2026-03-28T23:00:00Z"])


@pytest.mark.parametrize("words", [["--since", "soon"], ["--since", "2026-10-02", "--until", "2026-10-01"]])
def test_a_period_that_is_none_is_refused(words, machine) -> None:
    machine("his1")
    assert cli.run(["ledger", "complete", *words]) == 3
