"""How one of the two machines of a standby stands, as it tells the control machine; that machine may be broken into."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.errors import Damaged
from ops.core.names import HostName, Name
from ops.core.printable import all_printable
from ops.core.schema import Plain, encode
from ops.interfaces.outcome import OutcomeFacts

VERSION = 1
LIMITS = Limits(bytes=1 << 16, depth=4, entries=100, text=4096)
MOST = 1 << 63
OF_STANDBYS = tuple(f"standby-{act}" for act in ("fence", "promote", "rejoin", "synchronous", "release"))


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """How a machine's cluster stands.

    running: it answers. follows: it is a standby, or would be one when started. fenced: it may not start. clean: it is
    down, and was shut down in order. system: the identifier of the cluster, the same on both. timeline: one more after
    each promotion. position: where its log ends, in bytes: written by a primary, received by a standby, the last
    checkpoint of one that is down. streaming: a standby receives from its primary; or a primary has one that does.
    synchronous: a primary acknowledges only what the standby has. seconds: how old the newest data are that a standby
    shows, where it is behind; None where that is not known.
    """

    name: Name
    host: HostName
    running: bool
    follows: bool
    fenced: bool
    clean: bool
    system: str
    timeline: int
    position: int
    streaming: bool
    synchronous: bool
    seconds: int | None = None

    @property
    def primary(self) -> bool:
        """Whether it takes writes."""
        return self.running and not self.follows

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, with its version."""
        return {"version": VERSION, **encode(self)}


@dataclass(frozen=True, kw_only=True)
class StandbyFacts(OutcomeFacts):
    """What an act on one of the two clusters keeps. reason: a person's. release: PostgreSQL's; the rest as above."""

    reason: str = ""
    release: int = 0
    timeline: int = 0
    position: int = 0


def read(content: bytes, file: str) -> ClusterState:
    """Return what a machine tells; file: how it is called in an error. Raise Damaged."""
    told = all_printable(demand_version(parse(content, LIMITS, file), VERSION, file))
    state = decode(ClusterState, told, file)
    numbers = (state.timeline, state.position, state.seconds or 0)
    if not (state.system.isdecimal() and all(0 <= number < MOST for number in numbers)):
        raise Damaged(f"{file}: expected an identifier of a cluster and numbers that are none below 0")
    return state
