"""What machines tell for the runbook, and whose keys are listed."""

from pathlib import Path

import pytest

from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.evidence.keys import listed
from ops.fleet.control_machine import host_facts
from ops.fleet.facts.machine import Machine
from ops.fleet.ledgers import signers
from ops.fleet.ssh.ask import Answer

KEY = "ssh-ed25519 AAAAfirst"
TOLD = f"""\
release bookworm
cpus 4
memory_kib 8141404
disk / 51290592
disk /srv with blank 103080888
local seawall
local vendor-his
package nginx
package seawall
package vendor-his
source http://mirror/debian bookworm main
signer {KEY}
"""


def noted(home: Path, text: str) -> Finding:
    return host_facts.note(home, home, {"his1": Answer(Machine().process(text.splitlines()), "said nothing")})["his1"]


def keys(home: Path) -> list[str]:
    return listed(signers.place(home), "his1")


def test_what_was_told_is_kept(tmp_path: Path) -> None:
    assert noted(tmp_path, TOLD).verdict is Verdict.PASS
    facts = host_facts.read(tmp_path)["his1"]
    assert (facts.release, facts.cpus, facts.memory_kib) == ("bookworm", 4, 8141404)
    assert facts.disks == {"/": 51290592, "/srv with blank": 103080888}
    assert facts.packages == ("nginx", "vendor-his")
    assert facts.brought == ("vendor-his",)
    assert facts.sources == ("http://mirror/debian bookworm main",)
    assert keys(tmp_path) == [KEY]


def test_a_machine_that_does_not_answer_is_unknown_and_keeps_what_is_known(tmp_path: Path) -> None:
    noted(tmp_path, TOLD)
    for answer in (Answer(None, "does not answer: timed out"), Answer(Machine().process(["release bookworm"]), "?")):
        assert host_facts.note(tmp_path, tmp_path, {"his1": answer})["his1"].verdict is Verdict.UNKNOWN
    assert host_facts.read(tmp_path)["his1"].cpus == 4
    assert keys(tmp_path) == [KEY]


@pytest.mark.parametrize("name", ["openssh-server-", "sudo-:amd64", "--purge", "nginx;reboot"])
def test_no_machine_has_a_person_who_rebuilds_it_remove_what_it_needs(tmp_path: Path, name: str) -> None:
    """The runbook has its packages behind `apt-get install -y`."""
    assert noted(tmp_path, TOLD.replace("package nginx", f"package {name}")).verdict is Verdict.UNKNOWN
    assert host_facts.read(tmp_path) == {}


@pytest.mark.parametrize("name", ["g++", "libc6:amd64", "python3.11-venv"])
def test_names_that_packages_have_are_kept(tmp_path: Path, name: str) -> None:
    assert noted(tmp_path, TOLD.replace("package nginx", f"package {name}")).verdict is Verdict.PASS
    assert name in host_facts.read(tmp_path)["his1"].packages


def test_another_key_is_a_warning_and_is_not_listed(tmp_path: Path) -> None:
    noted(tmp_path, TOLD)
    for _ in range(2):
        assert noted(tmp_path, TOLD.replace("AAAAfirst", "AAAAother")).verdict is Verdict.WARN
        assert keys(tmp_path) == [KEY]


def test_no_key_is_no_pass(tmp_path: Path) -> None:
    assert noted(tmp_path, TOLD.replace(f"signer {KEY}\n", "")).verdict is Verdict.WARN
    assert keys(tmp_path) == []


def test_the_question_is_one_that_this_debian_answers() -> None:
    facts, _ = host_facts.understood(run(["sh", "-c", host_facts.QUESTION], timeout=60).stdout)
    assert facts is not None
    assert facts.cpus > 0
    assert facts.packages
