"""Units that a person starts: every line once and in order, whatever happens to the journal meanwhile."""

import re
from pathlib import Path

import pytest
from hospital import CHECKOUT, Site

PROGRAMS = "programs 9"  # of which two run while somebody waits
UNIT = "seawall-trial.service"
TRIAL = Path(__file__).with_name("follow_trial.py")
FOLLOW = f"python3 /run/follow_trial.py {UNIT}"
TEMPLATE = CHECKOUT / "roles/systemd_job/templates/etc/systemd/system/job.service.j2"
LIMITS = "\n".join(re.findall("^LogRateLimit.*", TEMPLATE.read_text(), re.MULTILINE))  # as in every unit of ours
MANY = "seq 5000; echo last words; exit 7"
SLOWLY = "for n in $(seq 30); do echo $n; sleep 0.2; done; echo last words; exit 7"
WAITS = "echo begun; while [ ! -e /run/trial-may-end ]; do sleep 0.1; done; echo last words"
BEGUN = f"journalctl --sync; until journalctl -q -o cat -u {UNIT} _SYSTEMD_INVOCATION_ID=$(systemctl show --value \
--property=InvocationID {UNIT}) | grep -qx begun; do sleep 0.1; done"
# Nothing that was started to wait stays behind.
NOBODY = "for n in $(seq 100); do pgrep -x journalctl >/dev/null || exit 0; sleep 0.1; done; exit 1"


@pytest.fixture(scope="module", params=["his1", "drill1"])
def machine(request: pytest.FixtureRequest, site: Site) -> "Machine":
    return Machine(site, request.param)


class Machine:
    """A machine with a unit that says what a test wants it to."""

    def __init__(self, site: Site, host: str) -> None:
        self.site, self.host = site, host
        self.on(f"cat >/run/follow_trial.py <<'END'\n{TRIAL.read_text()}END")

    def on(self, command: str, *, code: int | None = 0) -> str:
        done = self.site.on(self.host, command)
        assert code is None or done.code == code, done.stdout + done.stderr
        return done.stdout

    def unit(self, script: str) -> None:
        text = f"[Service]\nType=oneshot\n{LIMITS}\nExecStart=/bin/sh -c '{script.replace('$', '$$')}'\n"
        self.on(
            f"rm -f /run/trial-may-end; cat >/run/systemd/system/{UNIT} <<'END'\n{text}END\nsystemctl daemon-reload"
        )


def test_five_thousand_lines_come_once_and_in_order_ten_times(machine: Machine) -> None:
    machine.unit(MANY)
    wanted = [*map(str, range(1, 5001)), "last words"]
    for _ in range(10):
        done = machine.site.on(machine.host, FOLLOW)
        assert done.stdout.splitlines() == wanted
        assert (done.code, done.stderr) == (7, PROGRAMS)


@pytest.mark.parametrize(
    "blow", ["systemctl restart systemd-journald", "journalctl --rotate", "systemctl daemon-reexec"]
)
def test_what_is_restarted_meanwhile_loses_no_line(machine: Machine, blow: str) -> None:
    machine.unit(SLOWLY)
    said = machine.on(f"{FOLLOW} 2>/run/trial-errors & sleep 2; {blow}; wait $!", code=7)
    assert said.splitlines() == [*map(str, range(1, 31)), "last words"]


def test_waiting_costs_the_same_however_long_it_takes(machine: Machine) -> None:
    machine.unit(SLOWLY)
    assert machine.site.on(machine.host, FOLLOW).stderr == PROGRAMS


@pytest.mark.parametrize(("signal", "code", "said"), [("INT", 130, f"{UNIT} keeps running"), ("TERM", 143, "")])
def test_whoever_waits_may_leave_and_the_unit_goes_on(machine: Machine, signal: str, code: int, said: str) -> None:
    machine.unit(WAITS)
    command = f"""
python3 -c 'import signal, runpy, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[1:] = ["{UNIT}"]
try: runpy.run_path("/run/follow_trial.py", run_name="__main__")
except KeyboardInterrupt: sys.exit(130)' 2>&1 &
waiting=$!; until systemctl is-active {UNIT} | grep -q activating; do sleep 0.1; done; {BEGUN}
kill -{signal} $waiting; wait $waiting; ended=$?
{NOBODY.replace("exit 0", "break").removesuffix("; exit 1")}
systemctl is-active {UNIT}; touch /run/trial-may-end; exit $ended
"""
    shown = machine.on(command, code=code)
    assert said in shown
    assert shown.splitlines()[-1] == "activating"
    machine.on(NOBODY)
    machine.on(f"until systemctl is-active {UNIT} | grep -q inactive; do sleep 0.1; done")


def test_waiting_ends_when_it_is_enough(machine: Machine) -> None:
    machine.unit(f"echo begun; touch /run/trial-is-enough; {WAITS}")
    machine.on("rm -f /run/trial-is-enough")
    assert machine.on(f"{FOLLOW} /run/trial-is-enough").splitlines() == ["begun", "begun"]
    assert machine.on(f"systemctl is-active {UNIT}; touch /run/trial-may-end", code=0) == "activating\n"
    machine.on(NOBODY)
    machine.on(f"until systemctl is-active {UNIT} | grep -q inactive; do sleep 0.1; done")


def test_what_runs_already_or_may_not_run_is_said(machine: Machine) -> None:
    machine.unit(WAITS)
    machine.on(f"systemctl start --no-block {UNIT}")
    assert "is already running" in machine.on(f"{FOLLOW} 2>&1", code=1)
    machine.on(f"touch /run/trial-may-end; until systemctl is-active {UNIT} | grep -q inactive; do sleep 0.1; done")
    machine.on(f"rm /run/systemd/system/{UNIT}; systemctl mask --runtime {UNIT}")
    assert "is masked" in machine.on(f"{FOLLOW} 2>&1", code=1)
    machine.on(f"systemctl unmask --runtime {UNIT}; systemctl daemon-reload")
    assert "has no unit" in machine.on(f"{FOLLOW} 2>&1", code=1)


def test_a_unit_that_cannot_begin_is_said(machine: Machine) -> None:
    machine.unit("true")
    machine.on(
        f"mkdir -p /run/systemd/system/{UNIT}.d && printf '[Unit]\\nRequires=no.service\\nAfter=no.service\\n'"
        f" >/run/systemd/system/{UNIT}.d/needs.conf; systemctl daemon-reload"
    )
    try:
        assert "did not start" in machine.on(f"{FOLLOW} 2>&1", code=1)
    finally:
        machine.on(f"rm -r /run/systemd/system/{UNIT}.d; systemctl daemon-reload")
