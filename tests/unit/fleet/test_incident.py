"""Incidents: opened, noted and closed by people, as signed records from which all else follows."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from incident_site import CLOSED, OPEN, Seawall, a_site, a_terminal, ledger, opened, records  # noqa: F401 -- fixtures

from ops.core import clock
from ops.core.errors import UsageError
from ops.evidence.ledger import NAME, Ledger
from ops.evidence.verification import verify
from ops.fleet import inventory as inventories
from ops.fleet.incidents import write

pytestmark = pytest.mark.usefixtures("quick_inventory")


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


def test_a_text_that_is_longer_once_it_is_redacted_is_refused(site: Path, seawall: Seawall) -> None:
    number = str(opened(seawall))
    code, _, err = seawall("note", number, "stolen", "--gone", "a" * 1998 + " '")  # what an open quotation says is cut
    assert (code, "--gone has 20" in err, "write 2000 at most" in err) == (2, True, True)
    assert len(records(site)) == 1


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
