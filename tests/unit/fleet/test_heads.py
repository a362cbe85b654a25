"""Heads seen by the control machine: what a ledger once ended with may never be gone from it."""

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.evidence.ledger import NAME, Head, Ledger
from ops.fleet.facts.status import BETWEEN, COMMAND, Status
from ops.fleet.ledgers import heads
from ops.fleet.ssh.ask import Answer
from ops.fleet.status.answer import anchored, head, read
from ops.interfaces.fleet_status import MachineStatus
from tests.states import answer

PROGRAM = """\
#!/bin/sh
[ "$1" = status ] && exec printf '%s\\n' '{status}'
exec {python} -m ops "$@" --directory {root}/ledger --signers {root}/signers
"""


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[Head | None], MachineStatus]:
    """A machine with a ledger, asked in words that a shell reads, as over SSH."""
    key = tmp_path / "key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (tmp_path / "signers").write_text(f'his1 namespaces="seawall-ledger" {key.with_suffix(".pub").read_text()}')
    for number in range(4):
        Ledger(tmp_path / "ledger", key).append({"host": "his1", "act": "backup", "subject": "his", "n_": number})

    def asked(anchor: Head | None) -> MachineStatus:
        head = Head.of(tmp_path / "ledger")
        asked_at = clock.now()
        told = answer() | {"time": clock.iso(asked_at), "health_time": clock.iso(asked_at)}
        told["ledger"] = {"lines": head.n, "head": head.sha256} if head else None
        program = tmp_path / "bin/seawall"
        program.parent.mkdir(exist_ok=True)
        program.write_text(PROGRAM.format(status=json.dumps(told), python=sys.executable, root=tmp_path))
        program.chmod(0o755)
        words = Status().command(str(anchor).strip(), "2026-11-26T10:00:00Z") if anchor else Status().command()
        env = {"PATH": f"{program.parent}:/usr/bin:/bin", "PYTHONPATH": str(Path(heads.__file__).parents[2])}
        done = run(["sh", "-c", words], timeout=60, ok=range(4), env=env)
        return anchored(Answer(Status().process(done.stdout.splitlines()), "", asked_at, clock.now()), anchor)

    return asked


def seen(ask: Callable[[Head | None], MachineStatus], path: Path) -> Head:
    """Ask once, note the head and read it again."""
    heads.note(path, heads.read(path), {"his1": head(ask(None))})
    found = heads.newest(heads.read(path), "his1")
    assert found is not None
    return found.head


def test_a_ledger_that_grew_passes_and_its_new_head_is_noted(ask, tmp_path: Path) -> None:
    anchor = seen(ask, tmp_path / "heads")
    assert anchor.n == 4
    Ledger(tmp_path / "ledger", tmp_path / "key").append({"host": "his1", "act": "backup"})
    status = ask(anchor)
    assert status.verdict == "pass"
    assert status.told.checks[-1].name == "ledger"
    assert head(status).n == 5
    heads.note(tmp_path / "heads", heads.read(tmp_path / "heads"), {"his1": head(status)})
    assert [one.n for one in heads.read(tmp_path / "heads")["his1"]] == [4, 5]
    assert (tmp_path / "heads").stat().st_mode & 0o777 == 0o600


def test_a_ledger_cut_and_signed_anew_with_its_own_key_fails(ask, tmp_path: Path) -> None:
    anchor = seen(ask, tmp_path / "heads")
    ledger = tmp_path / "ledger" / NAME
    kept = ledger.read_bytes().splitlines(keepends=True)[:2]
    for path in (tmp_path / "ledger").iterdir():
        path.unlink()
    ledger.write_bytes(b"".join(kept[:1]))
    (tmp_path / "ledger" / f"{NAME}.head").write_text(str(Head(1, sha256(kept[0]).hexdigest())))
    Ledger(tmp_path / "ledger", tmp_path / "key").append({"host": "his1", "act": "backup"})
    status = ask(anchor)
    assert status.verdict == "fail"
    assert status.told.checks[-1].message.startswith("record 4, noted elsewhere, is not in this ledger")
    assert head(status) is None  # the head that was seen stays the one that counts


def test_a_ledger_taken_away_fails(ask, tmp_path: Path) -> None:
    anchor = seen(ask, tmp_path / "heads")
    for path in (tmp_path / "ledger").iterdir():
        path.unlink()
    status = ask(anchor)
    assert status.verdict == "fail"
    assert "is gone: 4 records were seen elsewhere" in status.told.checks[-1].message


@pytest.mark.parametrize("said", ["", "hello", '{"findings": []}', '{"findings": [{"verdict": "fine"}]}', "[]"])
def test_a_machine_that_does_not_answer_is_unknown(said: str) -> None:
    assert heads.judged(said, Head(4, "a" * 64)).verdict is Verdict.UNKNOWN
    line = json.dumps(answer())
    status = anchored(Answer(Status().process([line, BETWEEN, said])), Head(4, "a" * 64))
    assert status.verdict == "unknown"
    assert anchored(Answer(Status().process([line])), Head(4, "a" * 64)).verdict == "unknown"


def test_without_a_head_seen_only_the_status_is_asked() -> None:
    assert Status().command() == COMMAND
    line = json.dumps(answer(time=clock.iso(clock.now())))
    assert anchored(Answer(Status().process([line])), None).verdict == "pass"


@pytest.mark.parametrize("head", ["; reboot", "A" * 64, "a" * 63, "$(id)"])
def test_what_a_machine_calls_its_head_never_becomes_a_command(head: str) -> None:
    assert read(json.dumps(answer(ledger={"lines": 3, "head": head}))).told is None


@pytest.mark.parametrize("text", ["[]", "{}", '{"machines": {"his1": [{"n": 1}]}}', '{"machines": {"his1": 3}}', "x"])
def test_heads_that_are_damaged_are_no_pass(tmp_path: Path, text: str) -> None:
    (tmp_path / "heads").write_text(text)
    with pytest.raises(Damaged):
        heads.read(tmp_path / "heads")


@pytest.mark.parametrize(
    ("told", "end"),
    [
        (None, "has no end"),
        ({"lines": 3, "head": "a" * 64}, "ends with record 3"),
        ({"lines": 4, "head": "b" * 64}, "ends with record 4"),
    ],
)
def test_a_machine_that_calls_a_ledger_whole_that_ends_before_what_was_seen_is_not_believed(told, end: str) -> None:
    verified = json.dumps({"version": 1, "verdict": "pass", "findings": [{"verdict": "pass", "message": "whole"}]})
    line = json.dumps(answer(time=clock.iso(clock.now()), ledger=told))
    status = anchored(Answer(Status().process([line, BETWEEN, verified])), Head(4, "a" * 64))
    assert (status.verdict, end in status.told.checks[-1].message) == ("fail", True)
    assert head(status) is None
    for good in ({"lines": 4, "head": "a" * 64}, {"lines": 5, "head": "b" * 64}):
        line = json.dumps(answer(time=clock.iso(clock.now()), ledger=good))
        assert anchored(Answer(Status().process([line, BETWEEN, verified])), Head(4, "a" * 64)).verdict == "pass"
