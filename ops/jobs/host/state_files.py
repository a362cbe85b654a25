"""State files: the newest outcome of each job on this machine, and the last good one."""

from __future__ import annotations

from dataclasses import replace

from ops.core.document import read_file
from ops.core.errors import SeawallError
from ops.core.files import write_json
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.interfaces.running import Running
from ops.interfaces.state import LIMITS, ActState, State, UnreadableState, read, written
from ops.jobs.host import folders, marks


def read_all() -> dict[str, State]:
    """Return every state file of this machine by name; one that can't be read says so in place of its content."""
    found: dict[str, State] = {}
    for path in sorted((folders.state() / "state").glob("*.json")):
        try:
            found[path.stem] = read(read_file(path, LIMITS.bytes, str(path), owned=True), str(path))
        except (OSError, SeawallError) as error:
            found[path.stem] = UnreadableState(message="; ".join(str(error).splitlines()))
    for name, told in marks.killed():
        found[name] = _killed(told, found.get(name))
    return found


def _killed(told: Running, before: State | None) -> State:
    """Return the state of an act whose newest run was killed: what it was before is not how that one ended."""
    bare = ActState(kind=told.kind, verdict=Verdict.UNKNOWN, asset=told.subject, host=told.host)
    state = before or bare
    if not isinstance(state, ActState):
        return state
    return replace(state, verdict=Verdict.UNKNOWN, started=told.started, message=marks.message(told.started))


def read_act(name: str) -> ActState | None:
    """Return the state of one job; None where there is none, or where it can't be read."""
    state = read_all().get(name)
    return state if isinstance(state, ActState) else None


def read_plain(name: str) -> dict[str, Plain]:
    """Return the state of one job as plain data; nothing where there is none."""
    state = read_all().get(name)
    return written(state) if state else {}


def write(name: str, state: State) -> None:
    """Write one state file, whole or not at all."""
    folder = folders.state() / "state"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{name}.json", written(state), mode=0o640)
