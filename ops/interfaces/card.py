"""The cards that a backup host is handed: which snapshots are one set, and which sets a drill has proven.

A backup host has no key to a repository and can't read a snapshot. A card tells it what it must know to let sets go as
a whole, and nothing of what is in them. It is signed with the key of the ledger of whoever hands it over, lies in a
file that is named after its content, and comes from a machine that may have been broken into: so it is read here,
within limits, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse
from ops.core.errors import Damaged
from ops.core.names import Digest, HostName, Name, SetId
from ops.core.schema import Plain, encode, spare

VERSION = 1
NAMESPACE = "seawall-card"  # of the signatures: none of a ledger's head is ever one of a card
CARDS, PROOFS = "cards/snapshots", "proofs/snapshots"  # where they lie beside a repository, as rest-server names it
# A set of a server with five thousand databases has as many snapshots.
LIMITS = Limits(bytes=1 << 20, depth=4, entries=20_000, text=1 << 20)
_SIGNATURE = 4096  # characters
_LARGEST = 1 << 60  # bytes, files


@dataclass(frozen=True, kw_only=True)
class SetCard:
    """A whole set of a client, as it lies in the repository that the card is handed over to.

    captured: the time of its data. finished: when it was read back there. manifest: the SHA-256 of its manifest.
    snapshots: the names of all its files in `snapshots/`. bytes, files: how much it holds. added: how many bytes of it
    were new there. copied: when a set was last copied to each further repository, by the policy's name for that.
    needs: how many bytes of the repository it needs, together with the snapshots `beside` it, which are of the newest
    sets of other assets; 0 where that was not measured.
    """

    client: HostName
    asset: Name
    set: SetId
    captured: str
    finished: str
    manifest: Digest
    snapshots: tuple[Digest, ...]
    bytes: int
    files: int
    added: int
    copied: Mapping[Name, str] = field(default_factory=dict)
    needs: int = spare(0)
    beside: tuple[Digest, ...] = spare(())

    def __post_init__(self) -> None:
        """Demand what the types do not say; raise ValueError."""
        for moment in (self.captured, self.finished, *self.copied.values()):
            clock.parse(moment)
        if not self.snapshots or len(set(self.snapshots)) < len(self.snapshots):
            raise ValueError("snapshots: expected at least one, each once")
        if not all(0 <= amount <= _LARGEST for amount in (self.bytes, self.files, self.added, self.needs)):
            raise ValueError("bytes, files, added, needs: expected amounts")


@dataclass(frozen=True, kw_only=True)
class ProofCard:
    """What a drill showed of a set of a client. by: the drill host. passed: whether all that it holds was proven."""

    client: HostName
    asset: Name
    set: SetId
    by: HostName
    drilled: str
    passed: bool
    manifest: Digest | None = spare(None)

    def __post_init__(self) -> None:
        """Demand a time; raise ValueError."""
        clock.parse(self.drilled)


Card: TypeAlias = SetCard | ProofCard


@dataclass(frozen=True)
class Signed:
    """A card as it is handed over: its exact text, and the signature of that."""

    text: str
    signature: str


def text(card: Card) -> str:
    """Return a card as the text that is signed; the same card has always the same text."""
    return json.dumps({"version": VERSION, **encode(card)}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def written(signed: Signed) -> bytes:
    """Return the content of the file in which a signed card is handed over."""
    return json.dumps({"version": VERSION, **encode(signed)}, sort_keys=True).encode()


def opened(content: bytes, file: str) -> Signed:
    """Return the signed card that a file holds, whoever signed it; raise Damaged."""
    signed = decode(Signed, demand_version(parse(content, LIMITS, file), VERSION, file), file)
    if len(signed.signature) > _SIGNATURE:
        raise Damaged(f"{file}: the signature is too long")
    return signed


def set_card(signed: Signed, file: str) -> SetCard:
    """Return the card of a set; raise Damaged with the path of the key and what was expected."""
    return decode(SetCard, _plain(signed, file), file)


def proof_card(signed: Signed, file: str) -> ProofCard:
    """Return the card of a drill; raise Damaged with the path of the key and what was expected."""
    return decode(ProofCard, _plain(signed, file), file)


def _plain(signed: Signed, file: str) -> Mapping[str, Plain]:
    return demand_version(parse(signed.text.encode("utf-8", "surrogatepass"), LIMITS, file), VERSION, file)
