from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import Unavailable
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health import journal
from ops.health.journal import KIND, MOST_KINDS, MOST_UNITS, Options, errors, fingerprint
from ops.interfaces.check import CheckContext
from ops.jobs.health import notes as kept_notes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# As journalctl prints them, with the fields that it is asked for.
LINES = [
    {"_SYSTEMD_UNIT": "postgresql@15-main.service", "SYSLOG_IDENTIFIER": "postgres",
     "MESSAGE": '2026-11-22 11:59:02 UTC [812] ERROR:  duplicate key value violates unique constraint "visits_pkey"'},
    {"UNIT": "seawall-copy-his-offsite.service", "_SYSTEMD_UNIT": "init.scope", "SYSLOG_IDENTIFIER": "systemd",
     "MESSAGE": "Failed to start seawall-copy-his-offsite.service - Copy his to offsite."},
    {"SYSLOG_IDENTIFIER": "kernel", "MESSAGE": "EXT4-fs error (device sda1): ext4_lookup:1785: inode #131: deleted"},
]  # fmt: skip


BLIND = (
    "No journal files were opened due to insufficient permissions.",
    "Hint: You are currently not seeing messages from other users and the system.",
)


class Machine:
    """A machine whose journal says what a test lets it say."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.notes = folder, dict[str, Any]()
        program = folder / "journalctl"
        program.write_text(f'#!/bin/sh\necho "$*" >>{folder}/asked\ncat {folder}/told\ncat {folder}/errors >&2\n'
                           f"exit $(cat {folder}/code)\n")  # fmt: skip
        program.chmod(0o755)
        for name, text in (("told", ""), ("errors", ""), ("code", "0"), ("asked", "")):
            (folder / name).write_text(text)

    def look(self, days: float, *entries: dict[str, Any]) -> Finding:
        (self.folder / "told").write_text("".join(f"{json.dumps(one)}\n" for one in entries))
        context = CheckContext(NOW + timedelta(days=days), {}, notes=self.notes)
        (finding,) = KIND.probe(Options(), context)
        return finding


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Machine(tmp_path)


def test_a_new_kind_of_error_is_told_for_a_day_and_one_that_is_usual_never(machine: Machine) -> None:
    usual, new, _ = LINES
    said = [machine.look(0, usual), machine.look(3, usual), machine.look(6.9, usual), machine.look(8, usual)]
    assert [one.verdict for one in said] == [Verdict.PASS] * 4
    assert "learning for another 4d" in said[1].message
    first = machine.look(8.1, usual, new)
    assert first.verdict is Verdict.WARN
    assert "of seawall-copy-his-offsite.service" in first.message
    assert machine.look(9, usual).verdict is Verdict.WARN, "it is told on, though it is not written again"
    assert machine.look(9.2, usual, new).verdict is Verdict.PASS
    assert machine.look(38, usual, new).verdict is Verdict.PASS, "it was seen within the month"
    assert machine.look(69, new).verdict is Verdict.WARN, "it is new again"


def test_each_round_reads_on_where_the_last_one_ended(machine: Machine) -> None:
    machine.look(0)
    machine.look(1 / 288)
    machine.look(9)
    since = [float(line.rpartition("@")[2]) for line in (machine.folder / "asked").read_text().splitlines()]
    start = NOW.timestamp()
    assert since == [start - 86_400, start - 120, start + 8 * 86_400]


def test_the_form_of_an_error_counts_and_nothing_of_what_changes_in_it() -> None:
    same = [
        "could not open result 4711 of Maria Silva: no such file /srv/4711.pdf",
        "could not open result 12 of João Souza: no such file /srv/x/12.pdf",
        'could not open result "left knee" of Li Wei: no such file /tmp/1',
    ]
    assert len({fingerprint(one) for one in same}) == 1
    assert fingerprint("could not write result") != fingerprint("could not open result")
    assert fingerprint(None) == fingerprint([1, 2]) == fingerprint("")


def test_nothing_of_what_an_error_says_is_kept_or_told(machine: Machine) -> None:
    entries = [{"_SYSTEMD_UNIT": "his.service", "MESSAGE": f"patient maria silva has no {word}"} for word in ("a", "b")]
    said = [machine.look(0), machine.look(8, *entries)]
    for text in (json.dumps(machine.notes), *(one.message for one in said)):
        assert not any(word in text for word in ("maria", "silva", "patient"))


def test_a_storm_stays_small_and_is_one_kind_more(machine: Machine) -> None:
    def storm(unit: int) -> list[dict[str, Any]]:
        letters = [chr(97 + number // 26) + chr(97 + number % 26) for number in range(100)]
        return [{"_SYSTEMD_UNIT": f"{'u' * 80}{unit}.service", "MESSAGE": f"error {word}"} for word in letters]

    for number in range(MOST_UNITS + 5):
        machine.look(number / 288, *({**one, "_SYSTEMD_UNIT": f"{number}{'u' * 76}"} for one in storm(number)))
    assert len(machine.notes["known"]) == MOST_UNITS + 1
    assert all(len(kinds) <= MOST_KINDS + 1 for kinds in machine.notes["known"].values())
    assert len(json.dumps(machine.notes)) <= kept_notes.MOST


def test_notes_of_another_form_count_as_none(machine: Machine) -> None:
    for damaged in ({"known": {"a": {"b": [1]}}}, {"known": 3, "began": "x"}, {"until": [], "known": {"a": 1}}):
        machine.notes = damaged
        assert machine.look(0, *LINES).verdict is Verdict.PASS


def test_lines_that_are_no_entries_are_passed_over() -> None:
    rubbish = "\n".join(["", "{", "[1]", '{"MESSAGE": 3}', json.dumps({"UNIT": "a b\n.service", "MESSAGE": "x"})])
    assert {unit for unit, _ in errors(Options(), rubbish)} == {"unnamed", "a_b_.service"}
    assert errors(Options(ignore=("unnamed", "a_b*")), rubbish) == set()


@pytest.mark.parametrize("words", BLIND)
@pytest.mark.parametrize("code", [0, 1])
def test_a_journal_that_may_not_be_read_is_unknown(machine: Machine, words: str, code: int) -> None:
    (machine.folder / "errors").write_text(words)
    (machine.folder / "code").write_text(str(code))
    with pytest.raises(Unavailable, match="may not read the journal"):
        machine.look(0)


def test_a_real_journalctl_knows_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here there may be no journal; but no word that it is asked with is strange to it."""
    try:
        journal._read(NOW.timestamp())
    except Unavailable as error:
        assert (
            "may not read the journal" in error.message
            or "not installed" in error.message
            or "not found" in error.message
        )


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="learning"):
        Options(learning=Duration(40 * 86_400))
