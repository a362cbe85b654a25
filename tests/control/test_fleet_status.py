"""`seawall status` on the control machine against SSH servers that answer well, badly and not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.core import clock
from ops.fleet import inventory
from ops.policy.compile import document, document_digest

sys.path.insert(0, str(Path(__file__).parent))
from ssh_server import Reply, closed_port, make_key, serve, silence

CHECKOUT = Path(__file__).parents[2]
POLICY = {"version": 1, "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"}}
ANSWERING = ("good", "failing", "drifted", "rubbish", "bare", "refusing", "flood", "controls", "deep", "mute", "gone")
HOSTS = (*ANSWERING, "silent", "closed", "stranger", "local")


def status(host: str, digest: str, verdict: str = "pass") -> str:
    searched = {"version": 1, "kind": "gaps", "host": host, "verdict": "pass", "message": "nothing", "unlooked": []}
    check = {"name": "root_disk", "kind": "disk", "verdict": verdict, "message": "/: 50% free", "figures": {}}
    return json.dumps(
        {
            "version": 1,
            "host": host,
            "time": clock.iso(clock.now()),
            "seawall": "0.1.0",
            "policy_digest": digest,
            "verdict": verdict,
            "assets": {},
            "drills": {},
            "checks": [{"name": "gaps", "kind": "gaps", "verdict": "pass", "message": "nothing"}, check],
            "health_time": clock.iso(clock.now()),
            "gaps": {**searched, "finished": clock.iso(clock.now()), "gaps": [], "excused": [], "covered": []},
            "ledger": None,
        }
    )


@dataclass
class Fleet:
    folder: Path
    code: int
    found: dict[str, Any]
    errors: str
    commands: list[str]


# The whole command, but less patient with the machine that never says a word.
COMMAND = """\
import sys
from ops.cli import run
from ops.fleet.ssh import openssh
openssh.CONNECT_TIMEOUT = 3
sys.exit(run(sys.argv[1:]))
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *words, "-i", str(folder / "inventory")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "XDG_RUNTIME_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def answers(folder: Path) -> dict[str, Reply]:
    """What each machine of the fleet says when it is asked; those that are not here say nothing."""

    def own(host: str) -> str:
        policies = inventory.Inventory(folder, {host: {"policy__all": POLICY}}, {"all": (host,)}).policies()
        return document_digest(document(policies[host]))

    return {
        "good": Reply(status("good", own("good"))),
        "failing": Reply(status("failing", own("failing"), "fail"), code=2),
        "drifted": Reply(status("drifted", own("good"))),
        "rubbish": Reply("Welcome to this machine!\n"),
        "bare": Reply("sh: 1: seawall: not found\n", code=127),
        "refusing": Reply("seawall status: this machine has no policy\n", code=3),
        "flood": Reply("x" * (5 << 20)),
        "controls": Reply("\x1b[2J\x1b]0;mine\x07all is well\n"),
        "deep": Reply("{" + '"a":{' * 100_000 + "\n"),
        "mute": Reply(errors="sudo: a password is required\n", code=1),
        "gone": Reply(status("gone", own("good")), gone=True),
        "stranger": Reply(status("stranger", own("good"))),
    }


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "inventory/group_vars/all").mkdir(parents=True)
    (folder / "inventory/group_vars/all/policy.yml").write_text(yaml.safe_dump({"policy__all": POLICY}))
    key, other = make_key(folder / "key"), make_key(folder / "other")
    commands: list[str] = []
    replies = answers(folder)
    with ExitStack() as stack:
        ports = {
            host: stack.enter_context(serve(reply, other if host == "stranger" else key, commands))
            for host, reply in replies.items()
        }
        ports |= {"silent": stack.enter_context(silence()), "closed": closed_port(), "local": 22}
        known = "".join(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n" for port in ports.values())
        (folder / "known_hosts").write_text(known)
        hosts = {host: {"ansible_host": "127.0.0.1", "ansible_port": ports[host]} for host in HOSTS}
        hosts["local"]["ansible_connection"] = "local"
        common = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(folder / "key"),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={folder}/known_hosts -o StrictHostKeyChecking=yes",
            "ansible_become_password": "a secret",
        }
        (folder / "inventory/hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": common}}))
        done = run(folder, "status", "--json")
        yield Fleet(folder, done.returncode, json.loads(done.stdout or "{}"), done.stderr, commands)


def machine(fleet: Fleet, host: str) -> tuple[str, str]:
    found = fleet.found["machines"][host]
    return found["verdict"], found.get("message", "")


def test_no_machine_is_missing_and_nothing_else_is_said(fleet: Fleet) -> None:
    assert set(fleet.found["machines"]) == set(HOSTS)
    (said,) = fleet.errors.splitlines()
    assert said.startswith("inventory: ")
    assert said.endswith(f" ({len(HOSTS)} hosts)")


def test_one_command_per_machine(fleet: Fleet) -> None:
    assert len(fleet.commands) == len(ANSWERING)
    assert all("seawall status --json" in command for command in fleet.commands)


def test_a_machine_that_is_well_passes(fleet: Fleet) -> None:
    assert machine(fleet, "good") == ("pass", "")


def test_the_exit_code_of_a_machine_is_only_its_verdict(fleet: Fleet) -> None:
    assert machine(fleet, "failing") == ("fail", "")
    assert (fleet.found["verdict"], fleet.code) == ("fail", 2)


def test_another_policy_is_told(fleet: Fleet) -> None:
    found = fleet.found["machines"]["drifted"]
    assert found["verdict"] == "warn"
    assert found["checks"][-1]["message"] == "policy differs: run playbooks/site.yml"


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("rubbish", "answers no status: Welcome to this machine!"),
        ("bare", "has no agent: there is no command seawall; run playbooks/site.yml"),
        ("refusing", "answers no status: this machine has no policy"),
        ("silent", "does not answer: "),
        ("flood", "sent more than 4194304 characters; none were read"),
        ("controls", "answers no status: [2J ]0;mine all is well"),
        ("deep", "answers no status: its answer: lists and mappings are nested deeper than 20"),
        ("mute", "said sudo: a password is required"),
        ("gone", "does not answer: "),
        ("closed", "does not answer: ssh: connect to host 127.0.0.1 port"),
        ("stranger", "does not answer: Host key verification failed."),
        ("local", "the connection 'local' is not SSH"),
    ],
)
def test_a_machine_that_gives_no_status_is_unknown_with_its_reason(fleet: Fleet, host: str, reason: str) -> None:
    verdict, message = machine(fleet, host)
    assert verdict == "unknown"
    assert message.startswith(reason)


def test_what_is_kept_of_the_inventory_holds_no_secrets(fleet: Fleet) -> None:
    (kept,) = (fleet.folder / ".cache/inventory").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "a secret" not in kept.read_text()
    assert "known_hosts" in kept.read_text()
