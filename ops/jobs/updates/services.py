"""Which services run, and which checks do not pass: looked at before an update, and again after a roll-back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.core.errors import SeawallError
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.state import HEALTH, HealthState
from ops.jobs.host import folders, state_files
from ops.jobs.run.systemd_unit import run_in_unit

TIMEOUT, START = 60.0, 300.0  # seconds
_UNIT = ("/lib/systemd/system/", "/usr/lib/systemd/system/", "/etc/systemd/system/")
# These come and go by themselves; the last two nobody starts anew while others hang on them.
_PASSING = ("user@", "seawall-", "systemd-", "getty@", "serial-getty@", "ssh@", "session-", "dbus", "polkit")


def running() -> tuple[str, ...] | None:
    """Return the services that run and stay; None where systemd does not run this machine."""
    if not folders.booted().exists():
        return None
    words = ["systemctl", "list-units", "--type=service", "--state=running", "--plain", "--no-legend", "--no-pager"]
    told = run(words, timeout=TIMEOUT).stdout
    names = (line.split()[0] for line in told.splitlines() if line.strip())
    return tuple(sorted(name for name in names if not name.startswith(_PASSING)))


def start_anew(then: Sequence[str] | None, names: Iterable[str]) -> tuple[str, ...]:
    """Start the services anew that ran then, and are of packages that were brought back, or do not run now.

    Return which were. What does not start is seen by whoever looks at what runs.
    """
    if then is None or not folders.booted().exists():
        return ()
    run(["systemctl", "daemon-reload"], timeout=TIMEOUT)
    now = set(running() or ())
    own = _units_of(names)
    chosen = [name for name in then if name not in now or _template(name) in own]
    for name in chosen:
        run(["systemctl", "reset-failed", "--", name], timeout=TIMEOUT, ok=range(256))
        run(["systemctl", "restart", "--", name], timeout=START, ok=range(256))
    return tuple(chosen)


def _units_of(packages: Iterable[str]) -> set[str]:
    names = [name.removesuffix(":all") for name in packages]
    if not names:
        return set()
    told = run(["dpkg-query", "--listfiles", *names], timeout=TIMEOUT, ok=range(256)).stdout
    return {path.rpartition("/")[2] for path in told.splitlines() if path.startswith(_UNIT)}


def _template(name: str) -> str:
    """Return the file that a unit is of: `postgresql@.service` for one of a cluster."""
    before, at, _ = name.partition("@")
    return f"{before}@.service" if at else name


def look() -> tuple[str, ...] | None:
    """Make a round of checks as its timer does; return those that fail. None where there is no such round."""
    try:
        run_in_unit(joined.service(HEALTH), HEALTH)
    except SeawallError:
        return None
    return loud()


def loud() -> tuple[str, ...] | None:
    """Return the checks that failed in the newest round; None where there was none."""
    state = state_files.read_all().get(HEALTH)
    if not isinstance(state, HealthState):
        return None
    return tuple(sorted(entry.name for entry in state.checks if entry.verdict is Verdict.FAIL))
