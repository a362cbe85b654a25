"""Incidents: opened, noted and closed by people, as signed records from which all else follows."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from ops import cli
from ops.core import clock
from ops.core.errors import UsageError
from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger
from ops.evidence.verification import verify
from ops.fleet.incidents import write

pytestmark = pytest.mark.usefixtures("quick_inventory")
ALARMS = {
    "on_call": [{"who": "it_head"}],
    "channels": {"sms": {"kind": "command", "options": {"argv": ["/usr/local/bin/sms"]}}},
    "fault_classes": {
        "class_1": {
            "limits": [
                {"after": "30min", "what": "outpatient billing works on its own"},
                {"after": "3h", "what": "inpatients, pharmacy and wards work by hand"},
            ]
        },
    },
    "rules": [{"checks": ["root_disk"], "fault_class": "class_1"}],
}
CONTROL = {"name": "control1", "owner": "it_head", "repository": "offsite", "rpo": "8d", "rto": "4h"}


@pytest.fixture
def site(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory with a control machine and alarms, and somebody who came in with sudo."""
    monkeypatch.setenv("SUDO_USER", "claudia")
    monkeypatch.delenv("SEAWALL_UNIT", raising=False)
    path = inventory / "group_vars/all/policy.yml"
    tree = yaml.safe_load(path.read_text())
    tree["policy__all"] |= {"alarms": ALARMS, "control": {**CONTROL, "retention": {"all": "60d"}}}
    path.write_text(yaml.safe_dump(tree))
    path = inventory / "host_vars/his1/policy.yml"
    tree = yaml.safe_load(path.read_text())
    tree["policy__host"]["assets"]["his"]["without"] = "Patients are admitted on paper"
    path.write_text(yaml.safe_dump(tree))
    return inventory


@pytest.fixture
def seawall(site: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `seawall incident`; return the exit code and what it said on both."""

    def incident(*words: str) -> tuple[int, str, str]:
        code = cli.run(["incident", *words, "-i", str(site)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return incident


Seawall = Callable[..., tuple[int, str, str]]
OPEN = ("open", "--class", "1", "--kind", "database", "--affected", "his", "the HIS does not answer")


CLOSED = ("--cause", "disk full", "--lesson", "warn at 20 %", "--entered", "34 requests", "--entered-by", "ana")


def ledger(site: Path) -> Path:
    return site / ".control/var/lib/seawall/ledger"


def records(site: Path) -> list[dict]:
    return [json.loads(line) for line in (ledger(site) / NAME).read_text().splitlines()]


def opened(seawall: Seawall, *words: str) -> int:
    said = seawall(*OPEN, "--json", *words)
    assert said[0] == 0, said
    return int(json.loads(said[1])["incident"])


def test_an_incident_is_opened_noted_and_closed(site: Path, seawall: Seawall) -> None:
    number = opened(seawall)
    assert seawall("note", str(number), "the vendor was called, ticket 4711")[0] == 0
    assert seawall("list")[1].startswith(f"incident {number}: class_1, database, his")
    assert seawall("close", str(number), *CLOSED)[0] == 0
    assert "no incident is open" in seawall("list")[1]
    shown = seawall("show", str(number))[1]
    for text in ("closed", "ticket 4711", "cause: disk full", "lesson: warn at 20 %", "34 requests", "entered by: ana"):
        assert text in shown
    assert [one["act"] for one in records(site)] == ["incident-opened", "incident-note", "incident-closed"]
    assert {one["host"] for one in records(site)} == {"control1"}
    assert {one["actor"] for one in records(site)} == {"person:claudia"}
    found = verify(ledger(site), site / ".control/etc/seawall/allowed_signers", host="control1")
    assert {one.verdict.value for one in found} == {"pass"}


def test_the_screen_has_clock_people_steps_and_timeline(seawall: Seawall) -> None:
    minutes = clock.iso(clock.now() - timedelta(minutes=45))
    number = opened(seawall, "--discovered", minutes)
    code, out, _ = seawall("show", str(number))
    assert code == 0
    assert f"INCIDENT {number}: class_1, database, OPEN" in out
    passed, coming = (next(line for line in out.splitlines() if text in line) for text in ("outpatient", "inpatients"))
    assert passed.startswith("  passed ")
    assert coming.startswith("  next limit ")
    assert ", in 2h 1" in coming
    for text in ("Head of IT, +55 11 5555 0100 (on call)", "Database administrator", "Patients are admitted on paper"):
        assert text in out
    assert "opened by claudia" in out
    told = json.loads(seawall("show", str(number), "--json")[1])
    assert [one["contact"] for one in told["who_must_know"]] == ["it_head", "dba"]
    assert told["facts"]["limits"][1]["after"] == 3 * 3600


def test_a_class_for_which_the_policy_has_no_limit_says_so(seawall: Seawall) -> None:
    code, out, _ = seawall("open", "--class", "2", "--kind", "network", "--affected", "backup1", "no link")
    assert code == 0
    assert "act at once: the policy writes no limit for class_2" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--class", "4", "--affected", "his"), "there is no fault class '4'"),
        (("--class", "clas_1", "--affected", "his"), "did you mean 'class_1'"),
        (("--class", "1", "--affected", "hiss"), "the policy knows no 'hiss', did you mean 'his"),
        (("--class", "1", "--affected", " , "), "nothing is named as affected"),
        (("--class", "1", "--affected", "his", "--discovered", "25:00"), "'25:00' is no time"),
        (("--class", "1", "--affected", "his", "--discovered", "2199-01-01T00:00:00Z"), "has not come yet"),
        (("--class", "1", "--affected", "his", "--alarm", "his9/1"), "is no alarm of this site"),
        (("--class", "1", "--affected", "his", "--by", "x" * 121), "--by has 121 letters"),
    ],
)
def test_what_the_policy_does_not_know_is_refused(site: Path, seawall: Seawall, words: tuple[str], told: str) -> None:
    code, _, err = seawall("open", "--kind", "database", *words, "the HIS is down")
    assert code == 2
    assert told in err
    assert not ledger(site).exists()


def test_a_closed_incident_stays_as_it_is(site: Path, seawall: Seawall) -> None:
    number = str(opened(seawall))
    assert seawall("close", number, *CLOSED)[0] == 0
    for words in (("note", number, "more"), ("close", number, *CLOSED)):
        code, _, err = seawall(*words)
        assert code == 2
        assert f"incident {number} was closed at" in err
    assert len(records(site)) == 2


@pytest.mark.parametrize("missing", ["--cause", "--lesson", "--entered", "--entered-by"])
def test_none_is_closed_without_cause_lesson_and_what_was_entered(site: Path, seawall: Seawall, missing: str) -> None:
    number = str(opened(seawall))
    at = CLOSED.index(missing)
    code, _, err = seawall("close", number, *CLOSED[:at], *CLOSED[at + 2 :])
    assert (code, missing in err) == (2, True)
    code, _, err = seawall("close", number, *CLOSED[: at + 1], "  ", *CLOSED[at + 2 :])
    assert (code, missing in err) == (2, True)
    assert len(records(site)) == 1


def test_an_incident_that_there_is_not_is_told_with_those_there_are(site: Path, seawall: Seawall) -> None:
    code, _, err = seawall("note", "7", "x")
    assert (code, "there is no incident 7; there are: none" in err) == (2, True)
    assert not (site / ".control").exists()
    number = opened(seawall)
    assert f"there are: {number}" in seawall("show", "7")[2]


def test_root_must_say_who(seawall: Seawall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "root")
    code, _, err = seawall(*OPEN)
    assert (code, "--by NAME" in err) == (2, True)
    assert seawall(*OPEN, "--by", "Head of IT")[0] == 0


def test_a_dry_run_records_nothing(site: Path, seawall: Seawall) -> None:
    assert "would record" in seawall(*OPEN, "--dry-run")[1]
    assert not ledger(site).exists()
    number = str(opened(seawall))
    assert seawall("close", number, *CLOSED, "--dry-run")[0] == 0
    assert len(records(site)) == 1


def test_what_was_stolen_is_listed_with_its_value(seawall: Seawall) -> None:
    number = str(opened(seawall))
    assert seawall("note", number, "from the office", "--gone", "laptop = 900 EUR", "--gone", "two disks")[0] == 0
    assert "WHAT IS GONE\n  laptop: 900 EUR\n  two disks: value not known" in seawall("show", number)[1]


def test_a_changed_timeline_is_seen(site: Path, seawall: Seawall) -> None:
    number = str(opened(seawall))
    seawall("note", number, "called at once")
    seawall("note", number, "the vendor came")
    assert seawall("show", number)[::2] == (0, seawall("list")[2])
    path = ledger(site) / NAME
    path.write_bytes(path.read_bytes().replace(b"called at once", b"called at noon"))
    for words in (("show", number), ("list",)):
        code, _, err = seawall(*words)
        assert (code, "the ledger of this machine does not verify" in err) == (1, True)


def test_a_power_cut_in_a_note_leaves_the_incident(site: Path, seawall: Seawall) -> None:
    number = str(opened(seawall))
    seawall("note", number, "first")
    path = ledger(site) / NAME
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:90])  # as kill -9 leaves a line that is being written
    assert "first" in seawall("show", number)[1]
    assert seawall("note", number, "second")[0] == 0
    code, out, _ = seawall("show", number)
    assert (code, "first" in out, "second" in out) == (0, True, True)


def test_of_two_that_close_at_once_one_does(site: Path, seawall: Seawall, inventory: Path) -> None:
    from ops.fleet import inventory as inventories

    number = opened(seawall)
    read = write.Site.of(inventories.read(inventory))

    def close(_: int) -> str:
        try:
            write.close(read, number, write.Teller("disk full"), "warn", "none", "ana")
        except UsageError as error:
            return str(error)
        return "closed"

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(close, range(4)))
    assert told.count("closed") == 1
    assert [one["act"] for one in records(site)] == ["incident-opened", "incident-closed"]


def test_hostile_texts_are_only_text(seawall: Seawall) -> None:
    evil = "down\x1b[2J\nINCIDENT 9: \u202eclosed"
    number = str(opened(seawall, "--by", "ana\x1b]0;x\x07"))
    seawall("note", number, evil, "--gone", f"{evil} = {evil}")
    for words in (("show", number), ("show", number, "--json"), ("list",)):
        out = seawall(*words)[1]
        assert all(line.isprintable() and not line.startswith("INCIDENT 9") for line in out.split("\n"))


def test_a_record_that_is_none_of_an_incident_is_told(site: Path, seawall: Seawall) -> None:
    number = opened(seawall)
    key = site / ".control/etc/seawall/credentials/ledger.key"
    common = {"host": "control1", "actor": "person:x", "act": "incident-note", "subject": "x", "result": "pass"}
    Ledger(ledger(site), key).append({**common, "message": "", "facts": {"incident": 99, "by": "x"}})
    Ledger(ledger(site), key).append({**common, "message": "", "facts": {"incident": number, "by": "x" * 121}})
    code, out, err = seawall("list")
    assert (code, f"incident {number}" in out) == (1, True)
    assert "record 2 is of incident 99, but there is none of that number" in err
    assert "by has 121 letters; expected at most 120" in err


def collected(site: Path, *bodies: dict) -> None:
    """Lay down the ledger of his1 as it was collected."""
    key = site / "his1.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (site / ".allowed_signers").write_text(
        f'his1 namespaces="seawall-ledger" {key.with_suffix(".key.pub").read_text()}'
    )
    for body in bodies:
        Ledger(site / ".ledgers/his1", key).append({"host": "his1", "actor": "unit:x", "subject": "x", **body})


def looked(**loud: str) -> dict:
    facts = {"passed": ["memory"], "loud": loud}
    return {"act": "check", "result": "fail" if loud else "pass", "message": "", "facts": facts}


def test_a_failed_check_with_a_class_proposes(site: Path, seawall: Seawall) -> None:
    collected(site, looked(root_disk="fail", memory="fail"))
    code, out, _ = seawall("list")
    assert code == 0
    assert "his1: root_disk fails since" in out
    assert "seawall incident open --class class_1 --kind KIND --affected root_disk TEXT" in out
    assert "memory" not in out  # no rule gives it a class
    assert not ledger(site).exists()  # it only proposes
    assert seawall("open", "--class", "1", "--kind", "power", "--affected", "his1", "x")[0] == 0
    assert "root_disk" not in seawall("list")[1]


def test_a_healthy_site_proposes_nothing_and_says_whom_nobody_looked_at(site: Path, seawall: Seawall) -> None:
    collected(site, looked(root_disk="fail"), looked())
    out = seawall("list")[1]
    assert "propose" not in out
    assert "nobody knows whether checks failed on backup1, drill1, offsite1 (no ledger" in out


def test_the_acknowledgement_of_the_alarm_stands_in_the_timeline(site: Path, seawall: Seawall) -> None:
    facts = {"incident": 3, "by": "dba", "until": "2026-11-22T12:00:00Z"}
    ack = {"act": "acknowledgement", "subject": "incident 3", "result": "pass", "message": "on it", "facts": facts}
    collected(site, {**ack, "subject": "incident 4", "message": "another"}, ack)
    number = str(opened(seawall, "--alarm", "his1/3"))
    out = seawall("show", number)[1]
    assert "dba sees to the alarm until" in out
    assert "on it" in out
    assert "another" not in out
    assert f"seawall ack 3 --reason 'incident {number}'" in out
    path = site / ".ledgers/his1" / NAME
    path.write_bytes(path.read_bytes().replace(b"on it", b"of it"))
    _, out, err = seawall("show", number)
    assert "sees to the alarm" not in out
    assert "the ledger of his1 does not verify" in err
