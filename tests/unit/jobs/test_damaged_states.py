"""A state file that is none is named and hinders nothing else; what any file holds reaches a terminal as text alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops import cli
from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.state import ActState, UnreadableState
from ops.jobs.host import state_files

KEPT = Path(__file__).parents[1] / "interfaces/version_0_1/his1"
NOW = clock.parse("2026-11-26T11:30:00Z")
EVIL = "\x1b[2J\x9b31m\nfail     MACHINE his1 is dead\r\u202e\u2066"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the files that the version before left, without the control machine's words."""
    for name in ("state", "ledger"):
        shutil.copytree(KEPT / name, tmp_path / "var/lib/seawall" / name)
    (tmp_path / "etc/seawall").mkdir(parents=True)
    for name in ("policy.json", "allowed_signers", "ledger.pub"):
        shutil.copy(KEPT / name, tmp_path / "etc/seawall")
    (tmp_path / "run/seawall").mkdir(parents=True)
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    for name in ("record", "status"):
        monkeypatch.delitem(cli.CONTROL, name)
    return tmp_path


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def text(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


DAMAGE: dict[str, Callable[[Path], None]] = {
    "null": text(b"null"),
    "a number": text(b"5"),
    "a list": text(b"[1]"),
    "a text": text(b'"pass"'),
    "empty": text(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:200]) and None,
    "not UTF-8": text(b'{"version": 1, "kind": "backup", "message": "\xff\xfe"}'),
    "of another kind": text(b'{"version": 1, "kind": "gaps", "verdict": "pass", "finished": "", "gaps": [], '
                            b'"excused": [], "covered": []}'),
    "deep": text(b"[" * 100_000),
    "a folder": folder,
    "a link": link,
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", ["backup-his", "copy-his-offsite", "health", "gaps"])
def test_a_damaged_state_is_named_and_the_others_are_read(
    root: Path, name: str, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / f"var/lib/seawall/state/{name}.json"
    damage(path)
    found = state_files.read_all()
    assert isinstance(found["backup-documents"], ActState)
    if damage is not DAMAGE["of another kind"]:
        assert isinstance(found[name], UnreadableState)
        assert str(path) in found[name].message
    assert cli.run(["status"]) == Verdict.UNKNOWN.exit_code or damage is DAMAGE["of another kind"]
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    if name != "gaps" and damage is not DAMAGE["of another kind"]:
        assert f"{name}.json" in shown.out
    assert "backup_age_documents" in shown.out or name == "health"
    assert cli.run(["status", "--json"]) in range(4)
    json.loads(capsys.readouterr().out)
    assert cli.run(["check", "backup_age_documents"]) in range(3)
    assert "last good backup" in capsys.readouterr().out


def evil(data: Any) -> Any:
    """Put what moves a cursor into every message, and into each name that is nobody's to choose."""
    if isinstance(data, dict):
        return {name: EVIL if name in {"message", "words", "reason"} else evil(part) for name, part in data.items()}
    return [evil(part) for part in data] if isinstance(data, list) else data


def test_no_command_lets_anything_but_text_out(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (root / "var/lib/seawall/state").glob("*.json"):
        path.write_text(json.dumps(evil(json.loads(path.read_text()))))
    ledger = root / "var/lib/seawall/ledger/ledger.jsonl"
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    ledger.write_text("".join(json.dumps(evil(line) | {"actor": EVIL}) + "\n" for line in lines))
    for words in (
        ["status"], ["status", "--json"], ["health", "show"], ["health", "show", "--json"], ["ledger", "show"],
        ["ledger", "show", "--json"], ["ledger", "verify"], ["ledger", "verify", "--json"], ["ledger", "head"],
        ["ledger", "head", "--paper"], ["ledger", "coverage"], ["check"], ["check", "--json"], ["policy", "show"],
    ):  # fmt: skip
        cli.run(words)
        shown = capsys.readouterr()
        for line in (shown.out + shown.err).split("\n"):
            assert line.isprintable(), (words, line)
            assert not line.startswith("fail     MACHINE"), (words, line)


def test_a_name_of_a_file_is_only_text_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "var/lib/seawall/state" / f"backup-{EVIL.replace('/', '')}.json").write_text("5")
    cli.run(["status"])
    assert all(line.isprintable() for line in capsys.readouterr().out.split("\n"))
