"""What starts nothing any more is said by the status: units that were masked, stopped or removed by hand."""

import pytest

from ops.core.verdict import Verdict
from ops.jobs.host.own_units import judged

TIMER, SERVICE = "seawall-backup-his.timer", "seawall-backup-his.service"
WAITS = {"LoadState": "loaded", "ActiveState": "active", "SubState": "waiting", "UnitFileState": "enabled"}
RESTS = {"LoadState": "loaded", "ActiveState": "inactive", "SubState": "dead", "UnitFileState": "static"}


def shown(timer: dict[str, str] | None, service: dict[str, str] | None) -> str:
    blocks = [(TIMER, timer), (SERVICE, service)]
    told = [{"Id": name, "NeedDaemonReload": "no", **facts} for name, facts in blocks if facts is not None]
    return "\n\n".join("\n".join(f"{name}={value}" for name, value in one.items()) for one in told) + "\n"


def test_timers_that_wait_pass() -> None:
    for service in (RESTS, {**RESTS, "ActiveState": "activating"}, {**RESTS, "ActiveState": "failed"}):
        found = judged([TIMER, SERVICE], shown(WAITS, service))
        assert (found.verdict, found.message) == (Verdict.PASS, "1 timer waits")
    running = {**WAITS, "SubState": "running"}
    assert judged([TIMER, SERVICE], shown(running, RESTS)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("timer", "service", "verdict", "words"),
    [
        ({**WAITS, "LoadState": "masked"}, RESTS, Verdict.FAIL, f"{TIMER} is masked"),
        ({"LoadState": "not-found", "ActiveState": "inactive"}, RESTS, Verdict.FAIL, f"{TIMER} is not there"),
        ({**WAITS, "ActiveState": "inactive"}, RESTS, Verdict.FAIL, f"{TIMER} is inactive"),
        ({**WAITS, "ActiveState": "failed"}, RESTS, Verdict.FAIL, f"{TIMER} is failed"),
        ({**WAITS, "SubState": "elapsed"}, RESTS, Verdict.FAIL, f"{TIMER} will never elapse again"),
        ({**WAITS, "LoadState": "bad-setting"}, RESTS, Verdict.FAIL, f"{TIMER} can't be read by systemd"),
        (WAITS, {"LoadState": "not-found", "ActiveState": "inactive"}, Verdict.FAIL, f"{SERVICE} is not there"),
        (WAITS, {**RESTS, "LoadState": "masked"}, Verdict.FAIL, f"{SERVICE} is masked"),
        ({**WAITS, "UnitFileState": "disabled"}, RESTS, Verdict.WARN, f"{TIMER} is disabled"),
        (WAITS, {**RESTS, "NeedDaemonReload": "yes"}, Verdict.WARN, f"the file of {SERVICE} was changed or removed"),
        (None, RESTS, Verdict.UNKNOWN, f"systemd reports nothing about {TIMER}"),
    ],
)
def test_one_that_starts_nothing_is_named(
    timer: dict[str, str] | None, service: dict[str, str], verdict: Verdict, words: str
) -> None:
    found = judged([TIMER, SERVICE], shown(timer, service))
    assert (found.verdict, words in found.message) == (verdict, True), found.message
    assert "run playbooks/site.yml" in found.message


def test_of_many_a_few_are_named() -> None:
    names = [f"seawall-backup-a{number}.timer" for number in range(9)]
    found = judged(names, "")
    assert (found.verdict, "and 4 more" in found.message) == (Verdict.UNKNOWN, True)
