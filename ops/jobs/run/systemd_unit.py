"""Starting an act by hand as its timer starts it: through the systemd unit.

So account, secrets, limits and locks are the same; what the unit says is shown as it comes. Three programs run while
somebody waits, however long it takes: this one, `systemctl start`, and `journalctl --follow`.
"""

from __future__ import annotations

import json
import os
import selectors
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from ops.core.announce import announce, to_errors
from ops.core.errors import Unavailable, UsageError
from ops.core.run import Stream, run, stream
from ops.jobs.host import state_files
from ops.jobs.run.job import Ended

_OURS = "seawall-"
_RUNNING = {"activating", "active", "deactivating"}
# The unit's own limits say how long it may take; whoever waits for it waits as long.
_AS_LONG_AS_IT_TAKES = threading.TIMEOUT_MAX
_EXITED = "1"  # CLD_EXITED: the program ended with a status of its own
_LOOK_SECONDS = 0.3  # between two looks whether it is enough: at a file, no program is started for it
_PIECE = 1 << 16
Enough = Callable[[], bool]


def run_in_unit(unit: str, state: str, enough: Enough | None = None, *, ended_code: int = 1) -> Ended | None:
    """Run a unit to its end and return how it ended; None when this process is the unit, or stands alone.

    What it waits for is announced, then what the unit says, line by line. `state`: the name of the state file that it
    leaves. `enough`: says when there is no need to wait for its end. `ended_code`: the exit code for a run that did
    not end by itself, but was ended by a signal or by systemd. Raise UsageError when the unit can't be started or runs
    already, Unavailable when it did not start.
    """
    if os.geteuid() != 0 or "CREDENTIALS_DIRECTORY" in os.environ or "SEAWALL_ROOT" in os.environ:
        return None
    shown = _show(unit)
    _demand_startable(unit, shown)
    for other in _awaited(shown, _show):
        announce(f"waits for {other}, which is still running; journalctl -fu {other} shows its output")
    reset_failed(unit)
    try:
        code = _followed(Journal(unit, shown.get("InvocationID", "")), enough, ended_code)
    except KeyboardInterrupt:
        to_errors(f"{unit} keeps running; journalctl -fu {unit} shows its output")
        raise
    return Ended(code, state_files.read_plain(state))


def reset_failed(unit: str) -> None:
    """Let a unit's failure be forgotten, where it says nothing about what the unit is for and must alarm nobody."""
    run(["systemctl", "reset-failed", unit], timeout=20, ok=(0, 1))


@dataclass
class Journal:
    """What one run of a unit says, each line once.

    before: the run before it, whose lines do not count. this: the run that is shown, once a line has named it.
    cursor: where the line is that was read last.
    """

    unit: str
    before: str
    this: str = ""
    cursor: str = ""

    def command(self, *words: str) -> list[str]:
        """Return the program that prints the unit's lines as JSON, from the last one that was read."""
        # Not --after-cursor, which passes over one more line where that last one is no longer there.
        begin = [f"--cursor={self.cursor}"] if self.cursor else []
        wanted = "--output-fields=MESSAGE,_SYSTEMD_INVOCATION_ID"
        return ["journalctl", "--quiet", "--all", "--output=json", wanted, *begin, *words, f"_SYSTEMD_UNIT={self.unit}"]

    def read(self, line: str | bytes) -> str | None:
        """Given a line of that program, return what the unit said; None when it is not a new line of this run."""
        try:
            entry = json.loads(line)
        except ValueError:
            return None  # cut short, where the program was ended: it is read again
        if entry["__CURSOR"] == self.cursor:
            return None
        self.cursor = entry["__CURSOR"]
        named = entry.get("_SYSTEMD_INVOCATION_ID", "")  # a program that ends at once may leave lines without it
        if named and (named == self.before or (self.this and named != self.this)):
            return None
        self.this = self.this or named
        return _text(entry.get("MESSAGE"))


def _text(message: Any) -> str:
    """Return a message; journalctl gives one that is no UTF-8 as a list of bytes."""
    return bytes(message).decode(errors="replace") if isinstance(message, list) else str(message or "")


def _demand_startable(unit: str, shown: Mapping[str, str]) -> None:
    """Raise UsageError for a unit that is not there, that may not be started, or that runs already."""
    loaded = shown.get("LoadState")
    if loaded == "masked":
        raise UsageError(f"{unit} is masked", f"systemctl unmask {unit}, if it may run")
    if loaded == "not-found":
        raise UsageError(
            f"this machine has no unit {unit}", "is it in the policy of this machine? Run playbooks/site.yml"
        )
    if loaded != "loaded":
        raise UsageError(f"systemd cannot read {unit}: {loaded}", f"systemctl status {unit} says why")
    if shown.get("ActiveState") in _RUNNING:
        raise UsageError(f"{unit} is already running", f"journalctl -fu {unit} shows its output")


def _awaited(shown: Mapping[str, str], show: Callable[[str], Mapping[str, str]]) -> list[str]:
    """Return those of our units after whose end systemd starts this one: until then it says nothing."""
    ours = [name for name in shown.get("After", "").split() if name.startswith(_OURS) and name.endswith(".service")]
    return [name for name in ours if show(name).get("ActiveState") in _RUNNING]


def _followed(journal: Journal, enough: Enough | None, ended_code: int) -> int:
    """Start the unit and show what it says until it has ended, or until it is enough; return its exit code."""
    for earlier in run(journal.command("--lines=1"), timeout=60).stdout.split("\n"):
        journal.read(earlier)
    journal.this = ""  # that line is of an earlier run
    # Without --wait: the job of a oneshot unit ends when the unit does, and --wait wants a message bus to be there.
    start = ["systemctl", "start", journal.unit]
    follow = journal.command("--follow", "--no-tail")
    with (
        stream(start, timeout=_AS_LONG_AS_IT_TAKES, ok=range(256)) as starting,
        stream(follow, timeout=_AS_LONG_AS_IT_TAKES, ok=range(256)) as following,
    ):
        for line in _lines_until_ended(journal.unit, starting, following, enough):
            _say(journal, line)
        following.dismiss()
        starting.dismiss()
    run(["journalctl", "--sync"], timeout=60, ok=(0, 1))  # its last words may still be on their way
    for last in run(journal.command(), timeout=60).stdout.split("\n"):
        _say(journal, last)
    if enough and enough():
        return 0
    return _exit_code(journal, starting, ended_code)


def _lines_until_ended(unit: str, starting: Stream, following: Stream, enough: Enough | None) -> Iterator[bytes]:
    """Yield the lines that the follower prints, until the unit has ended or it is enough.

    `systemctl start` may leave before the unit, when systemd itself is replaced; then the unit is asked for whenever it
    has been silent for a while.
    """
    rest, waiting = b"", True
    start, follow = (_output(program).fileno() for program in (starting, following))
    with selectors.DefaultSelector() as selector:
        for handle in (start, follow):
            selector.register(handle, selectors.EVENT_READ)
        while True:
            ready = selector.select(None if waiting and not enough else _LOOK_SECONDS)
            pieces = {key.fd: os.read(key.fd, _PIECE) for key, _ in ready}
            *whole, rest = (rest + pieces.get(follow, b"")).split(b"\n")
            yield from whole
            for handle in [one for one, piece in pieces.items() if not piece]:
                selector.unregister(handle)
            left = pieces.get(start) == b""
            waiting = waiting and not left
            if enough and enough():
                return
            if (left or not (ready or waiting)) and _show(unit).get("ActiveState") not in _RUNNING:
                return


def _output(program: Stream) -> IO[str]:
    assert program.process.stdout is not None  # noqa: S101 -- piped, see stream()
    return program.process.stdout


def _say(journal: Journal, line: str | bytes) -> None:
    said = journal.read(line)
    if said is not None:
        announce(said)


def _show(unit: str) -> dict[str, str]:
    names = "LoadState,ActiveState,After,Result,ExecMainCode,ExecMainStatus,InvocationID"
    lines = run(["systemctl", "show", f"--property={names}", unit], timeout=20).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _exit_code(journal: Journal, starting: Stream, ended_code: int) -> int:
    """Return how the run ended; raise Unavailable when there was none, or when that is not known any more."""
    shown, unit = _show(journal.unit), journal.unit
    named = shown.get("InvocationID", "")
    if named not in {"", journal.before} and named == (journal.this or named):
        return _code(shown, ended_code)
    if starting.process.returncode == 0:
        return 0  # systemd forgets a unit that ended well and that nothing refers to, or it runs again already
    if not journal.this:
        raise Unavailable(f"{unit} did not start: {starting.stderr}", f"systemctl status {unit}")
    raise Unavailable(f"{unit} has ended, but systemd no longer knows how", f"journalctl -u {unit}")


def _code(shown: Mapping[str, str], ended_code: int) -> int:
    """Return the exit code of a run that systemd shows; of one that was ended, the status is a signal's number."""
    status = int(shown.get("ExecMainStatus", ended_code))
    if shown.get("Result") in {"success", "exit-code"}:
        return status
    exited = shown.get("ExecMainCode") == _EXITED
    return status if exited and status else ended_code
