"""What the version before wrote must still be read, shown and judged."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ops import cli
from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.evidence.completeness import records
from ops.evidence.ledger import NAME
from ops.evidence.query import past
from ops.evidence.verification import verify
from ops.interfaces import record, state, status_answer
from ops.interfaces.acts import OF_ACT
from ops.interfaces.outcome import DrillFacts
from ops.interfaces.state import ActState, UnreadableState
from ops.jobs.host import state_files

KEPT = Path(__file__).parent / "version_0_1"
MACHINES = ("his1", "drill1")
STATES = sorted(path.relative_to(KEPT) for path in KEPT.glob("*/state/*.json"))
NOW = clock.parse("2026-11-26T11:30:00Z")


@pytest.fixture(autouse=True)
def as_on_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the control machine's own words."""
    for name in ("record", "status"):
        monkeypatch.delitem(cli.CONTROL, name)


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Begin a machine with the files that the version before left."""
    kept = KEPT / request.param
    shutil.copytree(kept / "state", tmp_path / "var/lib/seawall/state")
    shutil.copytree(kept / "ledger", tmp_path / "var/lib/seawall/ledger")
    (tmp_path / "etc/seawall").mkdir(parents=True)
    for name in ("policy.json", "allowed_signers", "ledger.pub"):
        shutil.copy(kept / name, tmp_path / "etc/seawall")
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return str(request.param)


def lines(host: str) -> list[bytes]:
    return (KEPT / host / "ledger" / NAME).read_bytes().splitlines(keepends=True)


def test_there_is_something_to_read() -> None:
    assert len(STATES) > 20
    assert {path.name.partition("-")[0] for path in STATES} == {"backup", "copy", "drill", "gaps.json", "health.json"}


@pytest.mark.parametrize("path", STATES, ids=str)
def test_a_state_is_read_and_written_as_it_was(path: Path) -> None:
    found = state.read((KEPT / path).read_bytes(), str(path))
    assert state.written(found) == json.loads((KEPT / path).read_bytes())
    if isinstance(found, ActState):
        assert type(found.last_good) is OF_ACT[found.kind]


@pytest.mark.parametrize("host", MACHINES)
def test_a_status_is_read_and_written_as_it_was(host: str) -> None:
    content = (KEPT / host / "status.json").read_bytes()
    assert status_answer.read(content, "its answer").written() == json.loads(content)


@pytest.mark.parametrize("host", MACHINES)
def test_a_ledger_verifies_and_its_facts_are_read(host: str) -> None:
    folder = KEPT / host
    assert {one.verdict for one in verify(folder / "ledger", folder / "allowed_signers")} == {Verdict.PASS}
    for line in lines(host):
        found = record.read(line, "the line")
        assert found.written() == json.loads(line)
        assert isinstance(found.outcome(), OF_ACT.get(found.act, object))
    assert len(records(folder / "ledger")) == len(lines(host))


def test_drills_before_are_compared_with() -> None:
    (found, *_) = past(KEPT / "drill1/ledger", "drill", "his", DrillFacts)
    assert found.recovery_seconds is not None
    assert found.rungs
    assert found.hardware is not None


def test_the_commands_work(machine: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["status", "--json"])
    answer = status_answer.read(capsys.readouterr().out.encode(), "its answer")
    assert answer.host == machine
    judged = [entry for entry in answer.checks if entry.kind in {"backup_age", "copy_age", "drill_age"}]
    assert {entry.verdict for entry in judged} == {Verdict.PASS}
    assert cli.run(["ledger", "verify"]) == 0
    assert cli.run(["ledger", "coverage", "--since", "2026-11-26", "--until", "2026-11-26"]) in range(4)
    capsys.readouterr()
    assert cli.run(["ledger", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == [json.loads(line) for line in lines(machine)[-20:]]


def test_a_record_of_a_drill_is_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    page = tmp_path / "record.html"
    words = ["record", "his", "--directory", str(KEPT / "drill1/ledger")]
    signers = ["--signers", str(KEPT / "drill1/allowed_signers")]
    assert cli.run([*words, *signers, "--output", str(page)]) == 0
    assert "restored from the repository, then started and queried" in page.read_text()


LATER = [
    (state.read, "his1/state/backup-his.json"),
    (state.read, "his1/state/gaps.json"),
    (state.read, "his1/state/health.json"),
    (status_answer.read, "his1/status.json"),
]


@pytest.mark.parametrize(("read", "path"), LATER, ids=[path for _, path in LATER])
def test_a_later_version_is_refused_by_its_number(read: Any, path: str) -> None:
    told = json.loads((KEPT / path).read_bytes())
    with pytest.raises(Damaged, match="the file: version: expected 1, found 7") as caught:
        read(json.dumps({**told, "version": 7}).encode(), "the file")
    assert "later" in caught.value.hint


def test_a_record_of_a_later_version_is_refused_by_its_number(tmp_path: Path) -> None:
    told = json.loads(lines("his1")[-1])
    line = json.dumps({**told, "version": 2}).encode() + b"\n"
    with pytest.raises(Damaged, match="version: expected 1, found 2"):
        record.read(line, "the line")
    (tmp_path / NAME).write_bytes(b"".join(lines("his1")[:-1]) + line)
    said = [one for one in verify(tmp_path, tmp_path / "signers") if "version 2" in one.message]
    assert [one.verdict for one in said] == [Verdict.UNKNOWN]


NO_STATES = ["null", "5", "[1]", '"x"', "", "{", '{"version": 1, "kind": 5}', '{"version": 1, "kind": "../x"}']


@pytest.mark.parametrize("text", NO_STATES)
@pytest.mark.parametrize("name", ["backup-his", "health", "gaps"])
def test_a_file_that_is_no_state_says_so_and_nothing_else_breaks(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    shutil.copytree(KEPT / "his1/state", tmp_path / "var/lib/seawall/state")
    (tmp_path / "etc/seawall").mkdir(parents=True)
    shutil.copy(KEPT / "his1/policy.json", tmp_path / "etc/seawall")
    (tmp_path / f"var/lib/seawall/state/{name}.json").write_text(text)
    states = state_files.read_all()
    broken = states.pop(name)
    assert isinstance(broken, UnreadableState)
    assert f"{name}.json" in broken.message
    assert not any(isinstance(one, UnreadableState) for one in states.values())
    assert cli.run(["status", "--json"]) in range(4)
    answer = status_answer.read(capsys.readouterr().out.encode(), "its answer")
    assert answer.assets["agenda"].backup == states["backup-agenda"]
    assert any(entry.verdict is Verdict.UNKNOWN and "can't be read" in entry.message for entry in answer.checks)


@pytest.mark.parametrize("act", ["telepathy", "backup"])
def test_acts_and_facts_of_another_release_are_kept_as_they_are(act: str) -> None:
    facts = {"time": "2026-11-26T10:54:34Z", "thoughts": [1, {"a": None}]}
    told = {"version": 1, "kind": act, "verdict": "pass", "asset": "his", "host": "his1", "message": ""}
    found = state.read(json.dumps({**told, "last_good": facts}).encode(), "the file")
    assert isinstance(found, ActState)
    assert found.last_good is not None
    assert found.last_good.further["thoughts"] == [1, {"a": None}]
    written = state.written(found)["last_good"]
    assert {**facts, **written} == written
