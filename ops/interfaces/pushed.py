"""The status that a machine hands over to its backup hosts: the control machine asks two places, and not a thousand.

It is what `seawall status --json` says, signed with the key of the machine's ledger, in a file named after its content,
beside the machine's own repository. It comes from a machine that may have been broken into, by way of another one that
may have been, too: so what a backup host tells of it is read here, within limits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import HostName
from ops.core.schema import encode

VERSION = 1
PUSH = "push"  # the act
NAMESPACE = "seawall-status"  # of the signatures: neither a card's nor that of a ledger's head is ever one of a status
FOLDER = "status/snapshots"  # beside a repository, as rest-server names it
MOST = 256 << 10  # bytes of a status with its signature; one of a server with a hundred assets has half as many
LIMITS = Limits(bytes=4 * MOST, depth=3, entries=10, text=3 * MOST)  # of a line: JSON within JSON


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """The newest status of a machine as its backup host has it. arrived: when, by the backup host's clock."""

    host: HostName
    arrived: str
    content: str


def line(handed: HandedOver) -> str:
    """Return one as a line of what a backup host tells."""
    return json.dumps({"version": VERSION, **encode(handed)}, sort_keys=True)


def read(line: str, file: str) -> HandedOver:
    """Return what a line of a backup host tells; raise Damaged."""
    return decode(HandedOver, demand_version(parse(line.encode("utf-8", "replace"), LIMITS, file), VERSION, file), file)
