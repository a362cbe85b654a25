"""`seawall fleet run` against real SSH servers whose `systemctl` does as the test says; the lab has real units."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
import sshd

CHECKOUT = Path(__file__).parents[2]
SITE = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "one"}},
}
HOSTS = ("one", "two", "three")
# A unit's state is a file, which starting it makes; the state that an act leaves is another.
SYSTEMCTL = """\
echo "$*" >>{folder}/calls
case $1 in
  show) [ ! -e {folder}/unit ] && echo 'LoadState=loaded ActiveState=inactive' || cat {folder}/unit ;;
  start) [ ! -e {folder}/refuses ] || {{ echo "Failed to start: $(cat {folder}/refuses)" >&2; exit 5; }}
         echo 'LoadState=loaded ActiveState=activating SubState=start' >{folder}/unit ;;
esac
"""


class Machine:
    """A server with one unit."""

    def __init__(self, server: sshd.Server) -> None:
        self.server = server
        self.folder = server.folder
        server.program("systemctl", SYSTEMCTL.format(folder=self.folder))
        self.state = self.folder / "var/lib/seawall/state/health.json"
        self.state.parent.mkdir(parents=True)

    def started(self) -> int:
        calls = self.folder / "calls"
        return calls.read_text().count("start --no-block") if calls.exists() else 0

    def runs(self) -> None:
        (self.folder / "unit").write_text("LoadState=loaded ActiveState=activating SubState=start\n")

    def ends(self, verdict: str, message: str, unit: str = "Result=success ExecMainStatus=0") -> None:
        state = {"verdict": verdict, "message": message, "started": "2026-11-26", "finished": "2026-11-26"}
        self.state.write_text(json.dumps(state))
        (self.folder / "unit.new").write_text(f"LoadState=loaded ActiveState=inactive {unit}\n")
        (self.folder / "unit.new").rename(self.folder / "unit")


class Fleet:
    def __init__(self, folder: Path, runtime: Path, machines: dict[str, Machine]) -> None:
        self.folder = folder
        self.runtime = runtime
        self.machines = machines

    @contextmanager
    def begun(self, *words: str, command: tuple[str, ...] = ("fleet", "run")) -> Iterator[subprocess.Popen[str]]:
        # Whoever runs the tests may ignore Ctrl-C, as a shell does for what it starts in the background.
        argv = [
            "env",
            "--default-signal=INT",
            sys.executable,
            "-m",
            "ops",
            *command,
            *words,
            "-i",
            str(self.folder / "inventory"),
        ]
        env = {**os.environ, "PYTHONPATH": str(CHECKOUT), "XDG_RUNTIME_DIR": str(self.runtime)}
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(argv, cwd=self.folder, env=env, **pipes) as process:
            try:
                yield process
            finally:
                process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Wait for the end; return the exit code, how each act ended by host, and what was told."""
    output, errors = process.communicate(timeout=60)
    acts = json.loads(output)["acts"] if output.startswith("{") else []
    return process.returncode, {act["host"]: act for act in acts}, errors


def told(process: subprocess.Popen[str], *words: str) -> None:
    """Wait until each of some words is told."""
    missing, lines = set(words), []
    while missing:
        line = process.stderr.readline()
        lines.append(line)
        assert line, "".join(lines)
        missing = {each for each in missing if each not in line}


def site(hosts: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    return {"all": {"hosts": hosts, "vars": common, "children": {"backup_hosts": {"hosts": {"one": {}}}}}}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    public = sshd.keygen(tmp_path / "key")
    (tmp_path / "inventory/group_vars/all").mkdir(parents=True)
    (tmp_path / "inventory/group_vars/all/policy.yml").write_text(yaml.safe_dump({"policy__all": SITE}))
    with ExitStack() as stack:
        servers = {name: stack.enter_context(sshd.serve(tmp_path / name, public)) for name in HOSTS}
        (tmp_path / "known").write_text("".join(server.known for server in servers.values()))
        hosts = {name: {"ansible_host": "127.0.0.1", "ansible_port": server.port} for name, server in servers.items()}
        common = {
            "ansible_user": sshd.USER,
            "ansible_ssh_private_key_file": str(tmp_path / "key"),
            "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={tmp_path}/known -o IdentitiesOnly=yes",
        }
        (tmp_path / "inventory/hosts.yml").write_text(yaml.safe_dump(site(hosts, common)))
        runtime = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="run-")))  # short: it holds sockets
        yield Fleet(tmp_path, runtime, {name: Machine(server) for name, server in servers.items()})


def test_all_are_started_and_followed_to_their_ends(fleet: Fleet) -> None:
    with fleet.begun("health", "--json") as process:
        told(process, *(f"{name} health: started" for name in HOSTS))
        for name, machine in fleet.machines.items():
            machine.ends("warn" if name == "two" else "pass", f"{name} is well")
        code, acts, _ = ended(process)
    assert code == 1
    assert {name: (act["verdict"], act["message"]) for name, act in acts.items()} == {
        "one": ("pass", "one is well"),
        "two": ("warn", "two is well"),
        "three": ("pass", "three is well"),
    }
    assert [machine.started() for machine in fleet.machines.values()] == [1, 1, 1]
    assert all(machine.server.log.count("Accepted publickey") == 1 for machine in fleet.machines.values())


def test_a_machine_that_drops_is_unknown_and_the_rest_go_on(fleet: Fleet) -> None:
    with fleet.begun("health", "--json") as process:
        told(process, *(f"{name} health: started" for name in HOSTS))
        (fleet.machines["two"].folder / "unit").write_text("")  # its follower ends without a word of the unit's end
        fleet.machines["one"].ends("pass", "well")
        # The process of the connection to the third is killed there.
        log = fleet.machines["three"].server.log
        assert "Accepted publickey" in log
        kill(fleet.machines["three"].server)
        code, acts, _ = ended(process)
    assert code == 3
    assert acts["one"]["verdict"] == "pass"
    assert (acts["two"]["verdict"], acts["two"]["message"]) == ("unknown", "systemd does not say how it ended")
    assert acts["three"]["verdict"] == "unknown"
    assert acts["three"]["message"].startswith("the connection was lost: ")
    assert acts["three"]["message"].endswith("; its unit may still be running")


def kill(server: sshd.Server) -> None:
    """Kill the processes of a server's connections, and the server."""
    for pid in (*server.connections, server.process.pid):
        os.kill(pid, signal.SIGKILL)


def test_a_machine_that_is_not_reached_is_unknown(fleet: Fleet) -> None:
    kill(fleet.machines["two"].server)
    fleet.machines["one"].ends("fail", "not yet")
    with fleet.begun("health", "--on", "one,two", "--json") as process:
        told(process, "one health: started")
        fleet.machines["one"].ends("pass", "well", "Result=success ExecMainStatus=0 ")
        code, acts, _ = ended(process)
    assert code == 3
    assert acts["one"]["verdict"] == "pass"
    assert acts["two"]["message"].startswith("does not answer: ssh: connect to host 127.0.0.1")


def test_a_unit_that_runs_already_is_followed(fleet: Fleet) -> None:
    machine = fleet.machines["one"]
    machine.runs()
    with fleet.begun("health", "--on", "one", "--json") as process:
        told(process, "one health: is running already, following it")
        machine.ends("pass", "well")
        code, acts, _ = ended(process)
    assert (code, acts["one"]["verdict"], machine.started()) == (0, "pass", 0)


def test_so_many_run_at_once(fleet: Fleet) -> None:
    with fleet.begun("health", "--at-once", "1", "--json") as process:
        for name in sorted(HOSTS):
            told(process, f"{name} health: started")
            assert sum(machine.started() for machine in fleet.machines.values()) == sorted(HOSTS).index(name) + 1
            fleet.machines[name].ends("pass", "well")
        assert ended(process)[0] == 0


def test_a_unit_that_cannot_be_started_is_unknown(fleet: Fleet) -> None:
    (fleet.machines["one"].folder / "refuses").write_text("Unit seawall-health.service not found.\n")
    with fleet.begun("health", "--on", "one", "--json") as process:
        code, acts, _ = ended(process)
    assert (code, acts["one"]["verdict"]) == (3, "unknown")
    assert acts["one"]["message"] == "was not started: Failed to start: Unit seawall-health.service not found."


def test_ctrl_c_leaves_the_units_and_says_so(fleet: Fleet) -> None:
    with fleet.begun("health", "--at-once", "2") as process:
        told(process, "one health: started", "three health: started")
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        code, _, errors = ended(process)
        assert time.monotonic() - begun < 60
    assert code == 130
    assert errors.splitlines() == [
        "seawall fleet: interrupted; the units are left running",
        "  still running: one health, three health",
        "  not started: two health",
        f"  seawall status -i {fleet.folder}/inventory shows later how they end",
    ]
    assert [fleet.machines[name].started() for name in sorted(HOSTS)] == [1, 1, 0]


def test_status_acts_and_host_checks_share_the_connections(fleet: Fleet) -> None:
    for machine in fleet.machines.values():
        machine.server.program("seawall", "echo no status")
    with fleet.begun("--json", command=("status",)) as process:
        assert process.wait(60) == 3
    with fleet.begun("--json", command=("verify",)) as process:
        output, errors = process.communicate(timeout=120)
        looked_at = json.loads(output)["machines"]
    assert all("does not answer" not in json.dumps(looked_at[name]) for name in HOSTS), errors
    for machine in fleet.machines.values():
        assert machine.server.log.count("Accepted publickey") == 1
        assert machine.server.log.count("Starting session") == 2


def test_the_outcome_of_an_older_run_never_counts(fleet: Fleet) -> None:
    machine = fleet.machines["one"]
    machine.ends("pass", "as of yesterday")
    with fleet.begun("health", "--on", "one", "--json") as process:
        told(process, "one health: started")
        machine.ends("pass", "as of yesterday")
        code, acts, _ = ended(process)
    assert (code, acts["one"]["message"]) == (3, "ended and left no outcome")
