"""What a server notes of healing one of its repositories, until the next time: it may be killed, and goes on there.

It is a state file like others, and outlives releases: `keys/NAME.healing.json` below Seawall's folder, among root's
own notes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.names import SetId
from ops.core.schema import Plain, encode

VERSION = 1
LIMITS = Limits(bytes=1 << 26, depth=3, entries=1_000_000, text=1 << 10)


@dataclass(frozen=True)
class Healing:
    """How far it came. All paths are such as data/3f/3f0c... or index/0123..., below the repository.

    damaged: what is to be replaced. superseded: the indexes that others have replaced. added: what was stored instead.
    salvaged: the packs from which all that can be read was stored anew. done: whether nothing more is to be brought.
    lost: the sets of which something is nowhere.
    """

    damaged: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    salvaged: tuple[str, ...] = ()
    done: bool = False
    lost: tuple[SetId, ...] = ()

    @property
    def aside(self) -> tuple[str, ...]:
        """What the backup host is to set aside."""
        return tuple(sorted({*self.damaged, *self.superseded}))

    def written(self) -> dict[str, Plain]:
        """Return it as it is kept."""
        return {"version": VERSION, **encode(self)}


def read(content: bytes, file: str) -> Healing:
    """Return what a file holds; raise Damaged with the file, the path of the key and what was expected."""
    return decode(Healing, demand_version(parse(content, LIMITS, file), VERSION, file), file)
