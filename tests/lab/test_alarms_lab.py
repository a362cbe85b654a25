"""Alarms and the look at the devices as units of real machines: from a stopped service to a mail in an inbox, and back.

Of all mails those of one check count: a lab that was just made has more to tell.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hospital import Site

from ops.jobs.alarm_drill.fault import _laid_out
from ops.lab.furnish import INBOX
from ops.lab.inbox import READ, Letter, letters_in

pytestmark = pytest.mark.lab
HOST, SERVICE, CHECK = "lis1", "mariadb.service", "billing_server"
DRILL, TIMER, FAULT = "seawall-alarm-drill.service", "seawall-alarm-drill.timer", "seawall-alarm-drill-fault.service"
DRILL_CHECK = "alarm_drill_timer"
LAID_OUT, DROP_IN = "/run/seawall-alarm-drill", f"/run/systemd/system/{DRILL}.d"
LOOK = "systemctl start seawall-health.service && systemctl start seawall-alarms.service"
LONGEST = 150.0  # seconds; a look at the alarms is made each minute, with a delay of half of one


def letters(site: Site, check: str) -> list[Letter]:
    text = site.on(INBOX, READ, ok=range(1)).stdout
    return [one for one in letters_in(text) if f" {HOST}: {check} " in one.subject]


def until(what: str, fits: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONGEST
    while not fits():
        assert time.monotonic() < deadline, f"{what} within {LONGEST:.0f} s"
        time.sleep(0.5)


def number(letter: Letter) -> str:
    found = re.search(r"\(incident (\d+)\)", letter.subject)
    assert found
    return found[1]


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    site.on(HOST, f"systemctl stop {SERVICE}", ok=range(1))
    try:
        yield
    finally:
        site.on(HOST, f"systemctl start {SERVICE}", ok=range(1))


def active(site: Site, unit: str) -> bool:
    return site.on(HOST, f"systemctl is-active --quiet {unit}").code == 0


def state(site: Site) -> dict[str, str]:
    said = site.on(HOST, "cat /var/lib/seawall/state/alarm-drill-timer.json 2>/dev/null || echo '{}'").stdout
    return dict(json.loads(said))


def test_a_stopped_service_is_told_once_answered_and_told_to_be_over(site: Site) -> None:
    before = len(letters(site, CHECK))
    with stopped(site):
        site.on(HOST, LOOK, ok=range(1))
        until("a mail came", lambda: len(letters(site, CHECK)) > before)
        for _ in range(2):
            site.on(HOST, LOOK, ok=range(1))
        (told,) = letters(site, CHECK)[before:]
        assert told.state in {"raised", "again"}
        assert re.fullmatch(rf"\[Seawall\] FAIL( again)?: {HOST}: {CHECK} \(incident \d+\)", told.subject)
        assert set(told.people) <= {"it@hospital.example", "dba@hospital.example"}
        assert "mariadb.service is inactive" in told.text.replace("=\n", "")
        said = site.on(HOST, f"seawall ack {number(told)} --by Anna --reason 'it is being mended'")
        assert said.code == 0, said.stderr
        assert "Anna sees to it" in site.on(HOST, "seawall alarms", ok=range(1)).stdout
    site.on(HOST, LOOK, ok=range(1))
    until("it was told to be over", lambda: letters(site, CHECK)[-1].state == "cleared")
    states = [one.state for one in letters(site, CHECK)[before:]]
    assert states == [told.state, "acknowledged", "cleared"]
    line = site.on(HOST, "tail -n 200 /var/lib/seawall/ledger/*.jsonl | grep acknowledgement | tail -n 1").stdout
    assert '"by":"Anna"' in line.replace(" ", "")


def test_a_service_that_runs_is_told_to_nobody(site: Site) -> None:
    before = letters(site, CHECK)
    site.on(HOST, LOOK, ok=range(1))
    site.on(HOST, LOOK, ok=range(1))
    assert letters(site, CHECK) == before


@contextmanager
def of_kind(site: Site, kind: str) -> Iterator[None]:
    """Let the unit of the drill, with all that it may and may not do, drill this kind for a block."""
    words = f"[Service]\\nExecStart=\\nExecStart=/usr/bin/seawall alarm-drill {kind}\\n"
    write = f"mkdir -p {DROP_IN} && printf '{words}' >{DROP_IN}/kind.conf && systemctl daemon-reload"
    end = f"systemctl stop {DRILL}; systemctl reset-failed {DRILL} 2>/dev/null"
    site.on(HOST, f"{end}; {write} && {LOOK}", ok=range(1))
    try:
        yield
    finally:
        site.on(HOST, f"{end}; rm -r {DROP_IN}; systemctl daemon-reload")


@contextmanager
def begun(site: Site) -> Iterator[int]:
    """Begin a drill as its timer does, and wait until somebody is told of its fault; yield the mails before it."""
    with of_kind(site, "timer"):
        before = len(letters(site, DRILL_CHECK))
        site.on(HOST, f"systemctl start --no-block {DRILL}", ok=range(1))
        until("the fault was made", lambda: active(site, FAULT) and not active(site, TIMER))
        site.on(HOST, LOOK, ok=range(1))
        until("a mail came", lambda: len(letters(site, DRILL_CHECK)) > before)
        yield before


def test_a_drill_breaks_a_timer_is_told_answered_and_mends_it(site: Site) -> None:
    with begun(site) as before:
        told = letters(site, DRILL_CHECK)[before]
        assert "seawall-alarm-drill.timer is inactive" in told.text.replace("=\n", "")
        assert active(site, FAULT), "the drill waits for its answer"
        said = site.on(HOST, f"seawall ack {number(told)} --by Anna --reason 'the drill is heard'")
        assert said.code == 0, said.stderr
        until(
            "the drill ended", lambda: not active(site, FAULT) and state(site).get("finished", "") > state_before(site)
        )
        assert active(site, TIMER)
        left = state(site)
        assert left["verdict"] == "pass", left
        assert re.fullmatch(r"mail took it after \S+( \S+)?; a person answered \S+( \S+)? later", left["message"])
        read = "tail -n 200 /var/lib/seawall/ledger/*.jsonl | grep '\"alarm-drill\"' | tail -n 1"
        assert '"by":"Anna"' in site.on(HOST, read).stdout.replace(" ", "")
        assert site.on(HOST, f"systemctl is-failed --quiet {DRILL}").code != 0
        site.on(HOST, LOOK, ok=range(1))
        until("it was told to be over", lambda: letters(site, DRILL_CHECK)[-1].state == "cleared")


def state_before(site: Site) -> str:
    """Return when the drill that runs began, as its mark or its state says."""
    return state(site).get("started", "")


def killed(site: Site) -> None:
    """Kill the process of the drill."""
    process = site.on(HOST, f"systemctl show --property=MainPID --value {DRILL}", ok=range(1)).stdout.strip()
    assert process != "0"
    site.on(HOST, f"kill -9 {process}", ok=range(1))


def test_a_drill_that_is_killed_leaves_no_dead_timer(site: Site) -> None:
    with begun(site):
        killed(site)
        until("the timer ran again", lambda: active(site, TIMER) and not active(site, FAULT))
        shown = site.on(HOST, "seawall check alarm_drill --json").stdout
        assert "unknown" in shown, shown
        site.on(HOST, f"systemctl reset-failed {DRILL}; {LOOK}", ok=range(1))
        until("it was told to be over", lambda: letters(site, DRILL_CHECK)[-1].state == "cleared")


def check(site: Site, kind: str) -> str:
    """Return what this machine sees now of what a drill of a kind lays out, in one word."""
    return str(json.loads(site.on(HOST, f"seawall check alarm_drill_{kind} --json").stdout)["verdict"])


@contextmanager
def drilling(site: Site, kind: str) -> Iterator[None]:
    """Let a drill of a kind run, for a block that ends it; nothing of it is left then."""
    with of_kind(site, kind):
        site.on(HOST, f"systemctl start --no-block {DRILL}", ok=range(1))
        until("the fault was seen", lambda: check(site, kind) == "fail")
        yield
        until("nothing is left", lambda: not active(site, FAULT) and site.on(HOST, f"ls {LAID_OUT}").code)
        assert check(site, kind) == "pass"


def test_a_drill_leaves_a_copy_behind_is_told_and_answered_and_no_other_may_begin_meanwhile(site: Site) -> None:
    before = len(letters(site, "alarm_drill_copy"))
    with drilling(site, "copy"):
        refused = site.on(HOST, "seawall alarm-drill timer")
        assert (refused.code, "a drill of the alarms is already running" in refused.stderr) == (3, True), refused.stderr
        assert active(site, TIMER)
        assert active(site, FAULT)
        site.on(HOST, LOOK, ok=range(1))
        until("a mail came", lambda: len(letters(site, "alarm_drill_copy")) > before)
        told = letters(site, "alarm_drill_copy")[before]
        said = site.on(HOST, f"seawall ack {number(told)} --by Anna --reason 'the drill is heard'")
        assert said.code == 0, said.stderr
        until("it was judged", lambda: site.on(HOST, f"systemctl is-active {DRILL}").stdout.strip() == "inactive")
    left = json.loads(site.on(HOST, "cat /var/lib/seawall/state/alarm-drill-copy.json", ok=range(1)).stdout)
    assert left["verdict"] == "pass", left


def test_a_drill_that_is_killed_leaves_nothing_that_it_laid_out(site: Site) -> None:
    with drilling(site, "quota"):
        killed(site)


def test_the_simulated_ups_of_a_drill_is_nobodys_and_goes_with_it(site: Site) -> None:
    properties, holds = _laid_out("ups")
    given = " ".join(f"--property='{one}'" for one in properties)
    drill = site.on("his1", "setsid sleep 600 >/dev/null 2>&1 & echo $!", ok=range(1)).stdout.strip()
    began = f"systemd-run --quiet --collect --unit={FAULT} {given} {' '.join(holds[:-1])} {drill}"
    site.on("his1", began, ok=range(1))
    port = json.loads(site.on("his1", f"cat {LAID_OUT}/fault.json", ok=range(1)).stdout)["options"]["port"]
    shown = site.on("his1", f"upsc seawall-drill@127.0.0.1:{port} ups.status", ok=range(1)).stdout
    assert shown.split() == ["OB", "DISCHRG"]
    assert "seawall-drill" not in site.on("his1", "upsc -l", ok=range(1)).stdout
    owner = site.on("his1", f"stat -c %U {LAID_OUT}; ps -o user= -C upsd", ok=range(1)).stdout
    assert "root" not in owner.split(), owner
    site.on("his1", f"kill -9 {drill}", ok=range(1))
    until("nothing is left", lambda: site.on("his1", f"ls {LAID_OUT}").code == 2)
    assert site.on("his1", f"upsc seawall-drill@127.0.0.1:{port} ups.status").code == 1


def test_the_look_at_the_devices_runs_and_is_judged(site: Site) -> None:
    site.on("backup1", "systemctl start seawall-devices.service", ok=range(1))
    seen = json.loads(site.on("backup1", "cat /var/lib/seawall-devices/devices.json", ok=range(1)).stdout)
    assert seen["troubles"] == []
    assert site.on("backup1", "seawall check disks").code == 0
    owner = site.on("backup1", "stat -c '%U %a' /var/lib/seawall-devices/devices.json", ok=range(1)).stdout
    assert owner.split() == ["root", "640"]
