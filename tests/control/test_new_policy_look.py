"""The look at machines that have nothing of Seawall, against real SSH servers: what runs there, what it leaves."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.core.run import run
from ops.fleet.inventory import Inventory
from ops.fleet.new_policy.look import Seen, _code, look
from ops.fleet.ssh.ask import reached
from ops.fleet.ssh.openssh import way

sys.path.insert(0, str(Path(__file__).parent))
import sshd

HOSTILE = [
    "not JSON",
    '{"release": ["x"]}',
    json.dumps({"release": "x", "found": [{"name": "path:/srv"}] * 50_000}),
    "x" * (2 << 20),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[sshd.Server, Inventory]]:
    with sshd.serve(tmp_path / "server", sshd.keygen(tmp_path / "key")) as server:
        (tmp_path / "known").write_text(server.known)
        options = f"-F none -o UserKnownHostsFile={tmp_path}/known -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        variables: dict[str, Any] = {
            "ansible_host": "127.0.0.1",
            "ansible_port": server.port,
            "ansible_user": sshd.USER,
            "ansible_ssh_private_key_file": str(tmp_path / "key"),
            "ansible_ssh_common_args": options,
        }
        yield server, Inventory(tmp_path, {"his1": variables}, {})
        with reached({"his1": way("his1", variables)}) as state:
            state.inventory.get_host("his1").disconnect()


def test_a_machine_says_what_it_is(server: tuple[sshd.Server, Inventory]) -> None:
    answer = look(server[1], [], [])["his1"]
    assert answer.trouble == ""
    assert isinstance(answer.fact, Seen)
    assert answer.fact.release == os.popen(". /etc/os-release; echo $VERSION_CODENAME").read().strip()
    assert answer.fact.found == ()


@pytest.mark.parametrize("said", HOSTILE, ids=lambda text: text[:20])
def test_a_hostile_answer_is_none(said: str, server: tuple[sshd.Server, Inventory], tmp_path: Path) -> None:
    (tmp_path / "said").write_text(said)
    program = server[0].folder / "bin/python3"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\ncat >/dev/null\ncat {tmp_path}/said\n")
    program.chmod(0o755)
    answer = look(server[1], [], ["his1"])["his1"]
    assert answer.fact is None
    assert answer.trouble


def test_what_is_sent_runs_by_itself_and_leaves_nothing(tmp_path: Path) -> None:
    """With no other code of Seawall at hand, in an empty folder, by the Python of the system."""
    words = (
        "import base64, os, sys\nmemory = os.memfd_create('x')\n"
        "os.write(memory, base64.b64decode(sys.stdin.read()))\nsys.path.insert(0, f'/proc/self/fd/{memory}')\n"
        "from ops.fleet.new_policy.on_server import main\nmain(['localhost', 'no.such.name.invalid'], searched=False)\n"
        "import ops.gaps; from ops.core import kinds; print(kinds.kinds('ops.gaps'), ops.gaps.__file__[:8])"
    )
    told = run(["/usr/bin/python3", "-I", "-B", "-c", words], input=_code(), timeout=60, cwd=tmp_path).stdout
    answer, _, rest = told.partition("}")
    assert json.loads(f"{answer}}}")["unresolved"] == ["no.such.name.invalid"]
    assert rest == "['mariadb', 'path', 'postgresql', 'sqlite'] /proc/se\n"
    assert not list(tmp_path.iterdir())
