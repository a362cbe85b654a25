"""Ledgers collected on the control machine: they grow, and whatever changes their past is named and not taken over."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops import cli
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Ledger
from ops.evidence.ssh_signature import sign
from ops.evidence.verification import verify
from ops.fleet.facts.ledger import Ledger as LedgerFact
from ops.fleet.ledgers import collect, growth, signers
from ops.fleet.ledgers.collect import understood
from ops.fleet.ledgers.growth import Copy, Told

HERE = "cd /var/lib/seawall/ledger"


class Machine:
    """A machine whose ledger and key lie in a folder; it is asked by a shell, without the way over the network."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "var/lib/seawall/ledger"
        self.etc = folder / "etc/seawall"
        self.key = self.etc / "credentials/ledger.key"
        self.inventory = folder / "inventory"
        for made in (self.inventory, self.key.parent, folder / "var/lib/seawall/state", folder / "run/seawall"):
            made.mkdir(parents=True)
        (self.etc / "policy.json").write_text(json.dumps({"version": 1, "host": "his1", "site": {"name": "Test"}}))
        self.new_key()

    def new_key(self) -> None:
        self.key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], timeout=60, input="y\n")
        line = f'his1 namespaces="seawall-ledger" {self.public.read_text()}'
        (self.etc / "allowed_signers").write_text(line)

    @property
    def public(self) -> Path:
        return self.key.with_suffix(".key.pub")

    def act(self, number: int) -> None:
        about = {"act": "backup", "subject": "his", "host": "his1", "who": "unit"}
        Ledger(self.ledger, self.key).append({**about, "result": "pass", "message": str(number)})

    def answer(self, copy: Copy) -> Told | Finding:
        question = LedgerFact().command(copy.size(NAME), copy.size(SIGNATURES)).replace(HERE, f"cd {self.ledger}")
        question = question.replace("/etc/seawall/ledger.pub", str(self.public))
        told = subprocess.run(question, shell=True, capture_output=True, text=True, check=True)
        return LedgerFact().process(told.stdout.splitlines())

    def collect(self) -> Finding:
        policy = SimpleNamespace(assets={"his": None}, drills={})
        read = SimpleNamespace(path=self.inventory, variables={"his1": {}}, policies=lambda: {"his1": policy})
        return collect.collect(read)["his1"]  # type: ignore[arg-type]

    def collected(self, name: str = NAME) -> bytes:
        return (self.inventory / ".ledgers/his1" / name).read_bytes()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setenv("SUDO_USER", "claudia")
    made = Machine(tmp_path)

    def asked(inventory: Any, copies: Mapping[str, Copy]) -> dict[str, Told | Finding]:
        return {host: made.answer(copy) for host, copy in copies.items()}

    monkeypatch.setattr(collect, "_asked", asked)
    return made


@pytest.fixture
def held(machine: Machine) -> Machine:
    """A machine of which three records were collected."""
    for number in range(3):
        machine.act(number)
    assert machine.collect().verdict is Verdict.PASS
    return machine


def test_what_is_new_comes_and_all_of_it_verifies(held: Machine) -> None:
    for number in range(2):
        held.act(number)
    found = held.collect()
    assert (found.verdict, "5 records" in found.message) == (Verdict.PASS, True)
    for name in (NAME, HEAD, SIGNATURE, SIGNATURES):
        assert held.collected(name) == (held.ledger / name).read_bytes()
    folder = held.inventory / ".ledgers/his1"
    every = verify(folder, signers.place(held.inventory), each_signature=True)
    assert {one.verdict for one in every} == {Verdict.PASS}
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_a_collected_ledger_is_held_against_the_policy_up_to_its_collection(
    held: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = "servers: {hosts: {his1: }}, backup_hosts: {hosts: {backup1: }}"
    (held.inventory / "hosts.yml").write_text(f"all: {{children: {{{groups}}}}}\n")
    for name in ("group_vars", "host_vars"):
        (held.inventory / name).mkdir()
    site = {
        "version": 1,
        "site": {"name": "Test"},
        "contacts": {"it": {"name": "Head of IT"}},
        "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
    }
    policy = {
        "assets": {
            "his": {
                "owner": "it",
                "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/his"]}}},
                "repository": "primary",
                "schedule": "*-*-* 01:30:00",
                "rpo": "26h",
                "rto": "1h",
                "retention": {"all": "14d"},
            }
        },
    }
    (held.inventory / "group_vars/all.yml").write_text(json.dumps({"policy__all": site}))
    (held.inventory / "host_vars/his1.yml").write_text(json.dumps({"policy__host": policy}))
    last = held.inventory / ".ledgers/his1" / HEAD
    os.utime(last, (1_900_000_000, 1_900_000_000))  # 2030-03-17T17:46:40Z
    words = ["control", "complete", "his1", "--since", "2030-03-15", "--json", "-i", str(held.inventory)]
    assert cli.run(words) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["until"] == "2030-03-17T17:46:40Z"
    assert [(one["act"], one["expected"], len(one["missing"])) for one in said["acts"]] == [("backup", 3, 3)]
    last.unlink()
    assert cli.run(words) == 3
    assert "no ledger was collected from his1" in capsys.readouterr().err


def test_only_what_follows_is_asked_for(held: Machine) -> None:
    told = held.answer(Copy(held.inventory / ".ledgers/his1"))
    assert isinstance(told, Told)
    assert (told.rests[NAME], told.rests[SIGNATURES]) == (b"", b"")
    assert told.rests[HEAD]


def test_one_that_is_too_long_for_one_answer_comes_in_pieces(held: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "PIECE", 1_000)
    for number in range(12):
        held.act(number)
    found = held.collect()
    assert (found.verdict, "15 records" in found.message) == (Verdict.PASS, True)
    for name in (NAME, HEAD, SIGNATURE, SIGNATURES):
        assert held.collected(name) == (held.ledger / name).read_bytes()
    assert sorted(path.name for path in (held.inventory / ".ledgers").iterdir()) == ["his1"]


def test_more_than_is_collected_is_refused_and_the_copy_stays(held: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "PIECE", 1_000)
    monkeypatch.setattr(growth, "MOST_RECORDS", 10)
    before = held.collected()
    for number in range(12):
        held.act(number)
    found = held.collect()
    assert (found.verdict, "larger than is collected" in found.message) == (Verdict.UNKNOWN, True)
    assert held.collected() == before
    assert sorted(path.name for path in (held.inventory / ".ledgers").iterdir()) == ["his1"]


def cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"pass"', b'"fail"'), *lines[1:]]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def dropped(lines: list[bytes]) -> list[bytes]:
    return [lines[0], *lines[2:]]


@pytest.mark.parametrize(
    ("how", "words"),
    [(cut, "cut off"), (changed, "record 1 was changed"), (swapped, "were swapped"), (dropped, "record 2 was dropped")],
)
def test_a_changed_past_is_named_and_the_copy_stays(
    held: Machine, how: Callable[[list[bytes]], list[bytes]], words: str
) -> None:
    before = held.collected()
    path = held.ledger / NAME
    path.write_bytes(b"".join(how(path.read_bytes().splitlines(keepends=True))))
    found = held.collect()
    assert found.verdict is Verdict.FAIL
    assert words in found.message
    assert "the collected ledger is still in" in found.message
    assert held.collected() == before
    assert sorted(path.name for path in (held.inventory / ".ledgers").iterdir()) == ["his1"]


def test_one_that_was_written_anew_with_the_machines_own_key_is_named(held: Machine) -> None:
    for path in held.ledger.iterdir():
        path.unlink()
    for number in range(5):
        held.act(number + 10)
    found = held.collect()
    assert found.verdict is Verdict.FAIL
    assert "was rewritten" in found.message


def test_a_strangers_signature_is_named(held: Machine) -> None:
    held.new_key()
    held.act(4)
    found = held.collect()
    assert found.verdict is Verdict.FAIL
    assert held.collected().count(b"\n") == 3


def test_a_restored_machine_goes_on_by_its_succession_and_what_was_lost_is_kept_here(held: Machine) -> None:
    yesterday = {path.name: path.read_bytes() for path in held.ledger.iterdir()}
    held.act(4)
    assert held.collect().verdict is Verdict.PASS
    lost = (held.ledger / HEAD).read_text().strip()
    for path in held.ledger.iterdir():
        path.unlink()
    for name, content in yesterday.items():
        (held.ledger / name).write_bytes(content)
    assert held.collect().verdict is Verdict.FAIL  # nobody has said why
    assert cli.run(["ledger", "succeed", "--restored", "--lost", lost, "--reason", "disk lost"]) == 0
    found = held.collect()
    assert (found.verdict, "lost when the machine was restored" in found.message) == (Verdict.WARN, True)
    assert held.collected() == (held.ledger / NAME).read_bytes()
    (aside,) = (held.inventory / ".ledgers").glob("his1.until-record-*")
    assert (aside / NAME).read_bytes().count(b"\n") == 4
    held.act(5)
    assert held.collect().verdict is Verdict.WARN  # what is lost is told for good
    assert held.collected().count(b"\n") == 5


def begun_again(held: Machine, lost: str) -> Finding:
    """Restore the state after the first record, say what is lost, go on, and collect."""
    lines = (held.ledger / NAME).read_bytes().splitlines(keepends=True)
    signatures = (held.ledger / SIGNATURES).read_bytes().splitlines(keepends=True)
    for number in range(2):
        held.act(number)
    assert held.collect().verdict is Verdict.PASS
    (held.ledger / NAME).write_bytes(lines[0])
    head = f"1 {hashlib.sha256(lines[0]).hexdigest()}\n"
    (held.ledger / HEAD).write_text(head)
    (held.ledger / SIGNATURE).write_text(sign(head, held.key))
    (held.ledger / SIGNATURES).write_bytes(signatures[0])
    assert cli.run(["ledger", "succeed", "--restored", "--lost", lost, "--reason", "disk lost"]) == 0
    for number in range(9):
        held.act(number)
    return held.collect()


def test_a_succession_that_invents_what_is_lost_excuses_nothing(held: Machine) -> None:
    before = held.collected().count(b"\n")
    found = begun_again(held, f"1000 {'ab' * 32}")
    assert found.verdict is Verdict.FAIL
    assert "not the one noted elsewhere" in found.message
    assert held.collected().count(b"\n") == before + 2


def test_a_succession_that_names_a_head_that_was_noted_here_excuses_those_before_it(held: Machine) -> None:
    noted = {"version": 1, "machines": {"his1": [{"n": 7, "sha256": "ab" * 32, "seen": "2026-11-22T01:00:00Z"}]}}
    (held.inventory / ".heads.json").write_text(json.dumps(noted))
    found = begun_again(held, f"7 {'ab' * 32}")
    assert (found.verdict, "lost when the machine was restored" in found.message) == (Verdict.WARN, True)
    assert held.collected().count(b"\n") == 11


def test_one_that_was_taken_away_is_named(held: Machine) -> None:
    for path in held.ledger.iterdir():
        path.unlink()
    assert held.collect() == Finding(Verdict.FAIL, "its ledger is gone; 3 records were collected before")


def test_no_ledger_yet_and_no_answer_are_unknown(machine: Machine) -> None:
    assert machine.collect().verdict is Verdict.UNKNOWN
    assert getattr(understood(["one", "two", "three", "!!", "--"]), "verdict", "") is Verdict.UNKNOWN


def test_a_copy_that_was_being_replaced_comes_back(held: Machine) -> None:
    folder = held.inventory / ".ledgers/his1"
    folder.rename(folder.with_name("his1.old"))
    held.act(4)
    assert held.collect().verdict is Verdict.PASS
    assert [json.loads(line)["n"] for line in held.collected().splitlines()] == [1, 2, 3, 4]
    assert not folder.with_name("his1.old").exists()
