"""`seawall fleet run` as an administrator uses it: it starts real units, follows them, and leaves them alone."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from hospital import CHECKOUT, MINUTES, PROGRAMS, Site

pytestmark = pytest.mark.lab
HOSTS = {"his1", "lis1", "backup1", "drill1", "offsite1"}
# A unit so furnished begins, and waits until the test lets it go on.
GATE = """\
mkdir -p /run/systemd/system/{unit}.service.d
cat >/run/systemd/system/{unit}.service.d/gate.conf <<END
[Service]
ExecStartPre=+/bin/sh -c 'until [ -e /run/gate-{unit} ]; do sleep 0.2; done'
END
rm -f /run/gate-{unit}
systemctl daemon-reload
"""
OPEN = "touch /run/gate-{unit}"
NO_GATE = "rm -rf /run/gate-{unit} /run/systemd/system/{unit}.service.d && systemctl daemon-reload"
# Its own timer starts a round, too, whenever it likes; this begins once no round is under way.
NO_ROUNDS = """\
systemctl stop seawall-health.timer
until [ $(systemctl show --property=ActiveState --value seawall-health.service) != activating ]; do sleep 0.2; done
"""
ROUNDS = "systemctl start seawall-health.timer"
STATE = "systemctl show --property=ActiveState --value {unit}.service"


@contextmanager
def gated(site: Site, host: str, unit: str) -> Iterator[None]:
    assert site.on(host, GATE.format(unit=unit)).code == 0
    try:
        yield
    finally:
        assert site.on(host, OPEN.format(unit=unit)).code == 0
        assert site.on(host, f"until [ $({STATE.format(unit=unit)}) != activating ]; do sleep 0.2; done").code == 0
        assert site.on(host, NO_GATE.format(unit=unit)).code == 0


def run(site: Site, *words: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Run acts to their ends; return the exit code, how each ended by host and asset, and what was told meanwhile."""
    done = site.seawall("fleet", "run", *words, "--json", "-i", site.lab.inventory, timeout=15 * MINUTES)
    acts = json.loads(done.stdout)["acts"]
    return done.code, {f"{act['host']} {act['asset'] or ''}".strip(): act for act in acts}, done.stderr


@contextmanager
def begun(site: Site, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run acts in the background, with what is told on a pipe."""
    # Whoever runs the tests may ignore Ctrl-C, as a shell does for what it starts in the background.
    argv = ["env", "--default-signal=INT", PROGRAMS / "seawall", "fleet", "run", *words, "-i", site.lab.inventory]
    with subprocess.Popen(argv, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str], words: str) -> str:
    """Wait until some words are told, and return their line."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return line
    raise AssertionError("".join(lines))


@pytest.fixture
def no_rounds(site: Site) -> Iterator[None]:
    """No machine begins a round of checks by itself."""
    try:
        for host in HOSTS:
            site.on(host, NO_ROUNDS, ok=range(1))
        yield
    finally:
        for host in HOSTS:
            site.on(host, ROUNDS, ok=range(1))


@pytest.mark.usefixtures("no_rounds")
def test_every_machine_looks_at_its_health(site: Site) -> None:
    code, acts, said = run(site, "health")
    assert set(acts) == HOSTS
    assert {act["verdict"] for act in acts.values()} <= {"pass", "warn", "fail"}, acts
    assert code == max(("pass", "warn", "fail").index(act["verdict"]) for act in acts.values())
    assert {host for host in HOSTS if f"{host} health: started" not in said} == set(), said


def test_backups_of_several_machines_end_well_and_are_there(site: Site) -> None:
    code, acts, _ = run(site, "backup", "his", "lis", "--at-once", "2")
    assert (code, {name: act["verdict"] for name, act in acts.items()}) == (0, {"his1 his": "pass", "lis1 lis": "pass"})
    for host, asset in (("his1", "his"), ("lis1", "lis")):
        state = json.loads(site.on(host, f"cat /var/lib/seawall/state/backup-{asset}.json").stdout)
        assert state["message"] == acts[f"{host} {asset}"]["message"]


def test_a_machine_that_is_cut_off_is_unknown_and_the_others_go_on(site: Site) -> None:
    with gated(site, "lis1", "seawall-backup-lis"), begun(site, "backup", "his", "lis", "--json") as process:
        told(process, "lis1 backup-lis: started")
        with site.cut_off("lis1"):
            output, _ = process.communicate(timeout=5 * MINUTES)
    acts = {act["host"]: act for act in json.loads(output)["acts"]}
    assert process.returncode == 3
    assert acts["his1"]["verdict"] == "pass"
    assert acts["lis1"]["verdict"] == "unknown"
    assert "the connection was lost" in acts["lis1"]["message"]
    assert "its unit may still be running" in acts["lis1"]["message"]


def test_ctrl_c_leaves_the_units_running_and_says_so(site: Site) -> None:
    unit = "seawall-backup-his"
    before = site.on("his1", "cat /var/lib/seawall/state/backup-his.json").stdout
    with gated(site, "his1", unit), begun(site, "backup", "his", "lis", "--at-once", "1") as process:
        told(process, "his1 backup-his: started")
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=MINUTES)
        assert process.returncode == 130
        assert "still running: his1 backup-his\n" in errors
        assert "not started: lis1 backup-lis\n" in errors
        assert f"seawall status -i {site.lab.inventory}" in errors
        assert site.on("his1", STATE.format(unit=unit)).stdout.strip() == "activating"
    after = json.loads(site.on("his1", "cat /var/lib/seawall/state/backup-his.json").stdout)
    assert after["verdict"] == "pass"
    assert after != json.loads(before)


def test_a_unit_that_runs_already_is_followed_and_not_started_twice(site: Site) -> None:
    unit = "seawall-backup-his"
    invocation = f"systemctl show --property=InvocationID --value {unit}.service"
    with gated(site, "his1", unit), ThreadPoolExecutor(1) as pool:
        site.on("his1", f"systemctl start --no-block {unit}.service")
        first = site.on("his1", invocation).stdout
        with begun(site, "backup", "his") as process:
            told(process, "his1 backup-his: is running already, following it")
            waiting = pool.submit(process.communicate, timeout=5 * MINUTES)
            site.on("his1", OPEN.format(unit=unit))
            output, _ = waiting.result()
        assert process.returncode == 0, output
        assert "pass" in output
        assert site.on("his1", invocation).stdout == first


def test_a_machine_without_the_unit_is_unknown(site: Site) -> None:
    path = "/etc/systemd/system/seawall-backup-his.service"
    site.on("his1", f"mv {path} {path}.aside && systemctl daemon-reload")
    try:
        code, acts, _ = run(site, "backup", "his")
    finally:
        site.on("his1", f"mv {path}.aside {path} && systemctl daemon-reload")
    assert code == 3
    assert acts["his1 his"]["message"].startswith("was not started: ")
