"""The card of a set that was backed up: what the keeper of its repository is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces import joined
from ops.interfaces.card import SetCard
from ops.interfaces.manifest import Manifest
from ops.interfaces.outcome import CopyFacts
from ops.jobs.host import state_files
from ops.policy.model import Asset
from ops.restic.messages import Summary
from ops.restic.sets import MANIFEST


def of_backup(asset: Asset, manifest: Manifest, made: Mapping[str, Summary]) -> SetCard:
    """Return the card of a set that was read back, by what restic said of each snapshot, the manifest's among them."""
    data = [summary for part, summary in made.items() if part != MANIFEST]
    return SetCard(
        client=HostName(manifest.host),
        asset=Name(manifest.asset),
        set=SetId(manifest.set),
        captured=manifest.taken,
        finished=clock.iso(clock.now()),
        manifest=Digest(sha256(manifest.text().encode()).hexdigest()),
        snapshots=tuple(sorted(Digest(summary.snapshot) for summary in made.values())),
        bytes=sum(one.bytes for one in data),
        files=sum(one.files for one in data),
        added=sum(one.added for one in data),
        copied=_copied(manifest.asset, asset),
    )


def _copied(name: str, asset: Asset) -> dict[Name, str]:
    """Return when a set of the asset was last copied to each further repository, where one was."""
    found = {}
    for short, copy in asset.copies.items():
        state = state_files.read_act(joined.copy(name, short))
        good = state.last_good if state else None
        if isinstance(good, CopyFacts) and (when := good.copied or good.time):
            found[Name(copy.to)] = when
    return found
