"""From a round of checks to a mail, to a word in the ledger, to the mail that it is over: with a real mail server."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from listeners import Asked, Mailbox
from site_machine import Machine, policy_of

from ops import cli


def mail_to(mailbox: Mailbox, **more: Any) -> dict[str, Any]:
    options = {"server": "127.0.0.1", "port": mailbox.port, "tls": "none", "sender": "seawall@hospital.example"}
    return {"kind": "mail", "options": {**options, **more}}


@pytest.fixture
def told(machine: Machine, mailbox: Mailbox) -> Machine:
    """A machine whose alarms go to that mail server, and which has been well for half an hour."""
    machine.obeys(policy_of({"mail": mail_to(mailbox)}))
    machine.now += timedelta(minutes=20)
    assert machine.passes(10) == {0}
    assert mailbox.letters == []
    return machine


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(letter["Subject"]) for letter in mailbox.letters]


def test_what_breaks_is_told_once_acknowledged_and_told_to_be_over(told: Machine, mailbox: Mailbox, capsys) -> None:
    told.begins_ledger()
    told.breaks("root_disk", "3% of 100 GiB free")
    told.passes(10)
    assert subjects(mailbox) == ["[Seawall] FAIL: his1: root_disk (incident 1)"]
    assert mailbox.recipients == [["anna@hospital.example"]]
    text = mailbox.letters[0].get_content()
    assert "fail  his1: root_disk: 3% of 100 GiB free" in text
    assert "discovered 2026-11-23 13:30 Europe/Prague, 5min ago" in text
    assert "Ben 101 ben@hospital.example is called in 15min" in text
    capsys.readouterr()
    assert cli.run(["alarms"]) == 0
    assert "incident 1: fail, since 2026-11-23 13:30\n  his1/root_disk: 3% of 100 GiB free" in capsys.readouterr().out

    said = ["ack", "1", "--until", "2d", "--reason", "new disk ordered", "--by", "Anna"]
    assert cli.run(said) == 0
    record = told.records()[-1]
    facts = {"by": "Anna", "checks": ["his1/root_disk"], "incident": 1, "until": "2026-11-25T12:40:00Z"}
    assert (record["act"], record["message"], record["facts"]) == ("acknowledgement", "new disk ordered", facts)
    told.passes(120)
    assert len(mailbox.letters) == 2
    assert "Anna sees to it until 2026-11-25 13:40 Europe/Prague: new disk ordered" in mailbox.letters[1].get_content()

    told.heals("root_disk")
    told.passes(30)
    assert len(mailbox.letters) == 3
    assert subjects(mailbox)[2] == "[Seawall] cleared: his1: root_disk (incident 1)"
    first, *more = (str(letter["Message-ID"]) for letter in mailbox.letters)
    assert first == "<seawall.his1.1.20261123T123000@hospital.example>"
    assert [letter["References"] for letter in mailbox.letters] == [None, first, first]
    assert len({first, *more}) == 3
    assert cli.run(["alarms"]) == 0
    assert "no alarm is open" in capsys.readouterr().out


def test_nobody_answers_so_the_deputy_is_called_and_then_the_printed_list_is_named(told, mailbox) -> None:
    told.breaks("database")
    told.passes(60)
    assert [recipients[0].partition("@")[0] for recipients in mailbox.recipients] == ["anna", "ben", "anna"]
    assert mailbox.recipients[2] == ["anna@hospital.example", "ben@hospital.example"]
    assert "take the printed list: the runbook" in mailbox.letters[2].get_content()


def test_a_channel_that_is_down_loses_nothing(told: Machine, mailbox: Mailbox, capsys) -> None:
    told.breaks("root_disk")
    mailbox.answer = "451 not now"
    assert told.passes(14) == {0, 1}
    assert mailbox.letters == []
    capsys.readouterr()
    cli.run(["alarms"])
    out = capsys.readouterr().out
    assert "1 message waits for its channel:\n  mail: [Seawall] FAIL: his1: root_disk (incident 1)" in out
    assert "451" in out
    mailbox.answer = "250 OK"
    told.passes(14)
    assert subjects(mailbox)[0] == "[Seawall] FAIL: his1: root_disk (incident 1)"
    assert len(set(subjects(mailbox))) == len(mailbox.letters)


def test_what_a_channel_does_not_take_is_told_by_the_other_one(machine: Machine, mailbox: Mailbox, web: Asked) -> None:
    hook = {"kind": "webhook", "options": {"url": f"http://127.0.0.1:{web.port}/alarm"}}
    machine.obeys(policy_of({"mail": mail_to(mailbox), "hook": hook}))
    machine.passes(10)
    mailbox.answer = "554 go away"
    machine.breaks("root_disk")
    machine.passes(45)
    told = [(body["state"], body["checks"]) for _, _, _, body in web.requests]
    assert told[0] == ("raised", ["root_disk"])
    assert ("raised", ["alarms"]) in told
    assert mailbox.letters == []


def test_a_power_cut_after_a_look_tells_nobody_twice(told: Machine, mailbox: Mailbox) -> None:
    told.breaks("root_disk")
    told.passes(6)
    count = len(mailbox.letters)
    assert count == 1
    for _ in range(5):  # a start, a look, a cut: the same minute again
        told.looks()
    assert len(mailbox.letters) == count


def test_no_rounds_are_an_alarm_too(told: Machine, mailbox: Mailbox) -> None:
    told.passes(60, rounds=False)
    assert subjects(mailbox)[0] == "[Seawall] UNKNOWN: his1: health (incident 1)"
    assert "check seawall-health.timer" in mailbox.letters[0].get_content()


def test_a_machine_that_never_had_a_round_says_so(machine: Machine, mailbox: Mailbox) -> None:
    machine.obeys(policy_of({"mail": mail_to(mailbox)}))
    machine.passes(15, rounds=False)
    assert subjects(mailbox) == ["[Seawall] UNKNOWN: his1: health (incident 1)"]


def test_two_power_supplies_without_mains_are_one_incident(told: Machine, mailbox: Mailbox) -> None:
    told.breaks("power", "ups1: on battery; ups2: on battery", "warn")
    told.passes(10)
    told.breaks("database")
    told.passes(10)
    assert subjects(mailbox)[:2] == [
        "[Seawall] WARN: his1: power (incident 1)", "[Seawall] FAIL: his1: database (incident 2)",
    ]  # fmt: skip


def test_the_class_its_limits_the_vendor_and_what_people_do_stand_in_each_message(machine, mailbox) -> None:
    limits = [
        {"after": "30min", "what": "wards work on their own"}, {"after": "3h", "what": "everything on paper"}
    ]  # fmt: skip
    rule = {"checks": ["database"], "fault_class": "class_1", "vendor": "vendor", "meanwhile": "forms in the red box"}
    classes = {"class_1": {"limits": limits}}
    machine.obeys(policy_of({"mail": mail_to(mailbox)}, fault_classes=classes, rules=[rule]))
    machine.passes(10)
    machine.breaks("database")
    machine.passes(6)
    text = mailbox.letters[0].get_content()
    assert "fault class class_1" in text
    assert "next limit in 25min (after 30min): wards work on their own" in text
    assert "vendor: Their hotline +420 555 0199" in text
    assert "meanwhile: forms in the red box" in text
    machine.passes(26)
    assert "NOW DUE: wards work on their own" in mailbox.letters[-1].get_content()
    assert "next limit in 2h 30min (after 3h): everything on paper" in mailbox.letters[-1].get_content()


def test_quiet_hours_and_windows_are_those_of_the_site(machine: Machine, mailbox: Mailbox) -> None:
    """It is 13:00 in Prague."""
    window = {"checks": ["disk"], "hours": "Mon 12:30-14:00"}
    rule = {"checks": ["units"], "fault_class": "later"}
    classes = {"later": {"quiet": "12:00-14:30"}}
    policy = policy_of({"mail": mail_to(mailbox)}, maintenance={"work": window}, fault_classes=classes, rules=[rule])
    machine.obeys(policy)
    machine.breaks("root_disk")
    machine.breaks("database")
    machine.passes(59)
    assert mailbox.letters == []
    machine.passes(2)
    assert subjects(mailbox) == ["[Seawall] FAIL: his1: root_disk (incident 2)"]
    machine.passes(30)
    assert "[Seawall] FAIL: his1: database (incident 1)" in subjects(mailbox)


def test_paths_and_names_of_people_stay_on_the_machine(told: Machine, mailbox: Mailbox) -> None:
    told.breaks("database", "failed: /srv/his/MEIER^ANNA.dcm of ANNA MEIER")
    told.passes(10)
    text = mailbox.letters[0].get_content()
    assert "MEIER" not in text
    assert "his1: database: failed" in text


def test_a_dry_run_tells_and_remembers_nothing(told: Machine, mailbox: Mailbox, capsys) -> None:
    told.breaks("root_disk")
    told.round()
    told.passes(5)
    told.round()
    before = told.store.read_bytes()
    capsys.readouterr()
    assert told.looks("--dry-run") == 0
    assert "FAIL: his1, Test hospital" in capsys.readouterr().out
    assert (told.store.read_bytes(), mailbox.letters) == (before, [])


def test_a_program_of_the_site_gets_each_message(machine: Machine) -> None:
    out = machine.root / "sms"
    machine.obeys(policy_of({"sms": {"kind": "command", "options": {"argv": ["/usr/bin/tee", str(out)]}}}))
    machine.passes(5)
    machine.breaks("root_disk")
    machine.passes(6)
    message = json.loads(out.read_text())
    assert message["subject"] == "[Seawall] FAIL: his1: root_disk (incident 1)"
    assert message["to"] == [{"contact": "anna", "name": "Anna", "mail": "anna@hospital.example", "phone": "100"}]


def test_a_machine_without_alarms_says_what_to_do(machine: Machine, capsys) -> None:
    policy = policy_of({})
    del policy["alarms"]
    machine.obeys(policy)
    assert machine.looks() == 1
    assert "docs/alarms.md" in capsys.readouterr().err


def test_a_damaged_memory_is_told_and_alarms_go_on_in_memory(told: Machine, mailbox: Mailbox) -> None:
    told.store.write_bytes(b"no database" * 1000)
    told.breaks("root_disk")
    told.passes(12)
    assert subjects(mailbox)[0] == "[Seawall] FAIL: his1: alarms and 1 more (incident 1)"
    assert "is damaged" in mailbox.letters[0].get_content()
    told.store.unlink()
    told.passes(30)
    assert not (told.root / "run/seawall/account/alarms.sqlite").exists()
    with sqlite3.connect(told.store) as link:
        assert link.execute("select count(*) from incident").fetchone() == (1,)
    link.close()
    assert subjects(mailbox).count("[Seawall] FAIL: his1: alarms and 1 more (incident 1)") == 1
