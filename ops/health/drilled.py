"""What an alarm drill breaks on purpose, judged as the same thing is in earnest; without a drill there is nothing.

The drill lays its fault out in a folder that systemd removes with it. While that is there, the kind of check that
looks at such a thing every day looks at it, so that nothing between the fault and the message is made for the drill.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ops.core import kinds
from ops.core.document import decode, read_file
from ops.core.errors import SeawallError, Unavailable
from ops.core.names import AbsolutePath
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.staged import FILE, FOLDER, JUDGED_BY, LIMITS, STATES, read
from ops.interfaces.state import LIMITS as STATE_LIMITS
from ops.interfaces.state import State, UnreadableState
from ops.interfaces.state import read as read_state

MOST_STATES = 10


@dataclass(frozen=True)
class Options:
    """Which fault, and where a drill lays it out.

    fault: quota (of a repository), ups (on battery), copy (a late one) or host (a silent one).
    path: the folder that is there only while a drill lasts.
    """

    fault: Literal["quota", "ups", "copy", "host"] = "copy"
    path: AbsolutePath = AbsolutePath(FOLDER)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge what a drill laid out; raise Unavailable where nobody can say whether there is a drill."""
    folder = Path(options.path)
    if not folder.parent.is_dir():
        raise Unavailable(f"there is no {folder.parent}, so nobody knows whether a drill lasts")
    try:
        (folder / FILE).lstat()
    except FileNotFoundError:
        yield Finding(Verdict.PASS, "no drill lasts")
        return
    staged = read(read_file(folder / FILE, LIMITS.bytes, FILE), FILE)
    if staged.fault != options.fault:
        yield Finding(Verdict.PASS, "a drill of another fault lasts")
        return
    kind: Check[Any] = kinds.load("ops.health", JUDGED_BY[options.fault])
    told = decode(kind.options, staged.options, FILE, "options")
    yield from kind.probe(told, replace(context, states=_states(folder / STATES), host=""))


def _states(folder: Path) -> dict[str, State]:
    """Return the states that a drill laid out, by their names."""
    found: dict[str, State] = {}
    for path in sorted(folder.glob("*.json"))[:MOST_STATES]:
        try:
            found[path.stem] = read_state(read_file(path, STATE_LIMITS.bytes, path.name), path.name)
        except SeawallError as error:
            found[path.stem] = UnreadableState(message=error.message)
    return found


KIND = Check(
    Options,
    probe,
    derived=True,
    group=lambda options: "ups_hosts" if options.fault == "ups" else "",
    why="A drill that breaks what matters would be an accident; one that breaks a thing which nobody looks at proves "
    "nothing. So the drill makes a thing of its own, and it is looked at as the real ones are.",
    remedy="Answer it with `seawall ack`: a drill waits for that, and mends what it broke. Where no drill lasts "
    "and it is bad, `systemctl stop seawall-alarm-drill-fault` takes the fault away.",
)
