"""What a machine that somebody broke into may answer: it is that machine's own unknown, and reaches no terminal."""

import base64
import gzip
import json
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops import cli
from ops.core.document import decode
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import HEAD, NAME
from ops.evidence.reader import read as read_lines
from ops.evidence.verification import verify
from ops.fleet.ledgers import collect, growth
from ops.fleet.ledgers.collect import understood
from ops.fleet.ledgers.growth import Copy, Told
from ops.fleet.status.answer import read
from ops.fleet.status.join import join
from ops.interfaces import status_answer
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.record import Succession
from ops.reports.status import html as status_html
from ops.reports.status import text as status_text
from tests.states import answer, state

ABOUT = {"owner": "", "summary": "", "rpo_seconds": 1, "rto_seconds": 1}
GAPS = {"version": 1, "kind": "gaps", "verdict": "pass", "finished": "", "gaps": [], "excused": [], "covered": []}
BACKUP = {"version": 1, "kind": "backup", "verdict": "pass"}
CHECK = {"name": "a", "kind": "disk", "verdict": "pass", "message": ""}
HOSTILE = {
    "assets a list": ({"assets": []}, "assets"),
    "an asset a text": ({"assets": {"lis": "x"}}, "assets.lis"),
    "a name that leads out": ({"assets": {"../x": ABOUT}}, "assets.../x"),
    "ledger a text": ({"ledger": "x"}, "ledger"),
    "a head that is none": ({"ledger": {"lines": 1, "head": "; reboot"}}, "ledger.head"),
    "lines a text": ({"ledger": {"lines": "1", "head": "a" * 64}}, "ledger.lines"),
    "backup a text": ({"assets": {"lis": {**ABOUT, "backup": "x"}}}, "assets.lis.backup"),
    "last_good a text": ({"assets": {"lis": {**ABOUT, "backup": {**BACKUP, "last_good": "x"}}}}, "last_good"),
    "bytes a text": ({"assets": {"lis": {**ABOUT, "backup": {**BACKUP, "last_good": {"bytes": "9"}}}}}, "bytes"),
    "copies a list": ({"assets": {"lis": {**ABOUT, "copies": [1]}}}, "assets.lis.copies"),
    "gaps of numbers": ({"gaps": {**GAPS, "gaps": [1, 2]}}, "gaps[0]"),
    "drills a number": ({"drills": 5}, "drills"),
    "a drill a text": ({"drills": {"lis": "x"}}, "drills.lis"),
    "checks a mapping": ({"checks": {}}, "checks"),
    "a check a number": ({"checks": [5]}, "checks[0]"),
    "figures of texts": ({"checks": [{**CHECK, "figures": {"a": "b"}}]}, "checks[0].figures.a"),
    "a verdict that is none": ({"verdict": "splendid"}, "verdict"),
    "a later state": ({"gaps": {**GAPS, "version": 2}}, "version: expected 1, found 2"),
}


@pytest.mark.parametrize(("changed", "place"), HOSTILE.values(), ids=HOSTILE)
def test_an_answer_of_another_form_is_that_machines_unknown(changed: dict[str, Any], place: str) -> None:
    found = read(json.dumps(answer(**changed)))
    assert (found.verdict, found.told) == (Verdict.UNKNOWN, None)
    assert found.message.startswith("answers no status: its answer: ")
    assert place in found.message


RAW = ["[" * 200_000, '{"a":' * 100_000, "{" + '"a":1,' * 2_000_000, '{"version": Infinity}', '{"a": 1, "a": 2}']


@pytest.mark.parametrize("said", RAW, ids=["deep list", "deep mapping", "wide", "no number", "twice"])
def test_an_answer_that_would_hurt_its_reader_is_unknown(said: str) -> None:
    found = read(said)
    assert (found.verdict, found.told) == (Verdict.UNKNOWN, None)
    assert len(found.message) < 400


def test_the_answer_as_it_should_be_is_taken() -> None:
    found = read(json.dumps(answer(assets={"lis": {**ABOUT, "backup": BACKUP}}, gaps=GAPS, checks=[CHECK])))
    assert found.told is not None


EVIL = "\x1b[2J\x9b31m\nfail     MACHINE his1 is dead\r\u202e"


def test_no_control_character_reaches_a_terminal_or_a_page() -> None:
    check = {**CHECK, "name": EVIL, "verdict": "fail", "message": EVIL, "asset": EVIL}
    thing = {"name": EVIL, "words": EVIL}
    found = read(
        json.dumps(answer(seawall=EVIL, checks=[check, {**check, "asset": ""}], gaps={**GAPS, "gaps": [thing]}))
    )
    assert found.told is not None
    status = join({}, {})
    status = type(status)(**{**vars(status), "machines": {"his1": found}})
    shown = status_text.render(status)
    assert "his1 is dead" in shown
    assert not [letter for letter in shown if letter != "\n" and not letter.isprintable()]
    assert not [line for line in shown.splitlines() if line.startswith("fail     MACHINE")]
    assert "\x1b" not in status_html.render(status)


def shown_beside(found: MachineStatus) -> list[str]:
    """The lines of a status of that machine and of another one, whose backup failed."""
    status = replace(join({}, {}), machines={"evil1": found, "his1": read(json.dumps(answer(checks=[FAILED])))})
    assert "the disk of his1 is full" in status_html.render(status)
    return status_text.render(status).splitlines()


FAILED = {**CHECK, "name": "disk", "verdict": "fail", "message": "the disk of his1 is full"}


def test_what_one_machine_tells_does_not_push_another_out_of_sight() -> None:
    checks = [{**CHECK, "name": f"c{number}", "verdict": "fail"} for number in range(10_000)]
    checks[0]["message"] = "x" * 900_000
    gaps = {**GAPS, "gaps": [{"name": f"g{number}", "words": ""} for number in range(10_000)]}
    found = read(json.dumps(answer(checks=checks, gaps=gaps)))
    assert found.told is not None
    lines = shown_beside(found)
    assert len(lines) < 400
    assert max(map(len, lines)) < 2_100
    assert [line.strip() for line in lines if line.endswith(" more")] == ["fail: …: 9940 more", "…: 9800 more"]


def test_what_a_machine_has_anyway_is_shown_as_it_is() -> None:
    checks = [{**CHECK, "name": f"c{number}", "verdict": "warn", "message": "x" * 1_000} for number in range(50)]
    lines = shown_beside(read(json.dumps(answer(checks=checks))))
    assert sum("x" * 1_000 in line for line in lines) == 50
    assert not [line for line in lines if line.endswith(" more")]


def test_an_unreadable_answer_says_so_without_control_characters() -> None:
    for said in (EVIL, json.dumps({**answer(), EVIL: 1}), json.dumps(answer(verdict=EVIL))):
        message = read(said).message
        assert message.isprintable()


def test_times_that_no_zone_can_tell_are_borne() -> None:
    state_ = state("backup-his", {"last_good": {"time": "9999-12-31T23:59:59-12:00"}})
    for text in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
        found = read(json.dumps(answer(health_time=text, time=text)))
        status = join({}, {})
        status_html.render(type(status)(**{**vars(status), "machines": {"his1": found}}))
    assert state_ is not None


def told(*lines: bytes) -> Told:
    head = b"1 " + b"a" * 64 + b"\n"
    return Told(("", ""), "", {NAME: b"".join(lines), HEAD: head})


RECORD = {"version": 1, "n": 1, "when": "2026-11-22T05:00:00Z", "host": "his1", "previous": "0" * 64, "act": "backup"}
RUBBISH = {
    "when a number": {**RECORD, "when": 5},
    "n infinite": json.dumps({**RECORD, "n": 5}).replace('"n": 5', '"n": Infinity'),
    "n huge": {**RECORD, "n": 10**400},
    "n a truth": {**RECORD, "n": True},
    "deep": "[" * 100_000,
    "a list": [1],
    "lost without n": {**RECORD, "act": "succession", "facts": {"restored": True, "lost": {}, "continues": 3}},
    "facts a text": {**RECORD, "act": "succession", "facts": "x"},
    "a key of two lines": {**RECORD, "act": "succession", "facts": {"old_public": "ssh-ed25519 AAAA\nx ssh-rsa BBBB"}},
    "half a letter": {**RECORD, "act": "succession", "facts": {"old_public": "ssh-ed25519 \ud800", "restored": True}},
}


@pytest.mark.parametrize("line", RUBBISH.values(), ids=RUBBISH)
def test_a_line_of_rubbish_is_that_machines_finding(line: Any, tmp_path: Path) -> None:
    text = line if isinstance(line, str) else json.dumps(line)
    found = growth.settled(tmp_path / "his1", Copy(), told(text.encode() + b"\n"), tmp_path / "signers")
    assert found.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    assert "can't be judged" not in found.message
    assert not (tmp_path / "his1").exists()


@pytest.mark.parametrize("name", ["when a number", "n infinite", "n huge", "n a truth", "deep", "a list"])
def test_a_line_of_rubbish_is_no_record(name: str, tmp_path: Path) -> None:
    line = RUBBISH[name]
    (tmp_path / NAME).write_text(f"{line if isinstance(line, str) else json.dumps(line)}\n")
    ((found,), _) = read_lines(tmp_path / NAME)
    assert found.n is None


@pytest.mark.parametrize("key", ["ssh-ed25519 AAAA\nx ssh-rsa BBBB", "ssh-ed25519 \ud800", "ssh-ed25519 \x1b"])
def test_a_key_that_is_more_than_a_line_is_no_key(key: str) -> None:
    for name in ("old_public", "new_public"):
        with pytest.raises(Damaged, match="public key in one line"):
            decode(Succession, {name: key}, "record 1", "facts")


def test_whatever_else_goes_wrong_is_that_machines_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "_grown", lambda *_: 1 / 0)
    found = growth.settled(tmp_path / "his1", Copy(), told(), tmp_path / "signers")
    assert (found.verdict, "ZeroDivisionError" in found.message) == (Verdict.UNKNOWN, True)


def test_what_a_ledger_says_of_itself_is_printable(tmp_path: Path) -> None:
    line = json.dumps({**RECORD, "act": "ledger", "result": "fail", "message": EVIL}).encode() + b"\n"
    found = growth.settled(tmp_path / "his1", Copy(), told(line), tmp_path / "signers")
    assert "is dead" in found.message
    assert found.message.isprintable()


def test_the_ledger_of_a_machine_is_shown_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    body = {**RECORD, "act": "ledger", "actor": EVIL, "subject": EVIL, "result": "fail", "message": EVIL}
    (tmp_path / NAME).write_bytes(json.dumps(body).encode() + b"\n" + EVIL.replace("\n", "").encode() + b"\n")
    cli.run(["ledger", "show", "--directory", str(tmp_path)])
    cli.run(["ledger", "verify", "--directory", str(tmp_path)])
    shown = capsys.readouterr().out
    assert "is dead" in shown
    assert not [letter for letter in shown if letter != "\n" and not letter.isprintable()]
    assert not [line for line in shown.splitlines() if line.startswith("fail     MACHINE")]


def packed(content: bytes) -> list[str]:
    return [base64.b64encode(content).decode(), "--"]


def test_what_would_fill_the_memory_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MOST_BYTES", 1 << 20)
    small, large = gzip.compress(b"x"), gzip.compress(b"x" * (1 << 20))
    start = ["a" * 64, "a" * 64, "ssh-ed25519 AAAA"]
    assert isinstance(understood([*start, *packed(small) * 4]), Told)
    bomb = packed(gzip.compress(b"x" * (64 << 20)))
    for much in (
        packed(large) + packed(small),
        packed(gzip.compress(b"x" * (1 + (1 << 20)))) + packed(small),
        bomb * 2,
    ):
        tracemalloc.start()
        found = understood([*start, *much, *packed(small) * 2])
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert isinstance(found, Finding)
        assert found.verdict is Verdict.UNKNOWN
        assert most < 8 << 20


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"x" * 99)[:-9], zlib.compress(b"x")])
def test_what_is_not_packed_whole_is_unknown(content: bytes) -> None:
    found = understood(["a" * 64, "a" * 64, "", *packed(content) * 4])
    assert isinstance(found, Finding)
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("number", [4_000_000, 10**10, 10**14])
def test_numbers_far_apart_cost_nothing(number: int, tmp_path: Path) -> None:
    lines = [json.dumps({**RECORD, "n": one}).encode() + b"\n" for one in (1, 3, number)]
    (tmp_path / NAME).write_bytes(b"".join(lines))
    tracemalloc.start()
    found = [one.message for one in verify(tmp_path, tmp_path / "signers")]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 << 20
    assert {"record 2 was dropped", f"records 4 to {number - 1} were dropped"} <= set(found)


def test_an_answer_has_limits() -> None:
    with pytest.raises(Damaged, match="expected at most"):
        status_answer.read(b" " * (status_answer.LIMITS.bytes + 1), "its answer")
