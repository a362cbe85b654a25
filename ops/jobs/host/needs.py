"""How much of a repository a set needs: measured by whoever has the key, so that the backup host may demand it later.

A backup host knows the sizes of packs, and not whose they are. Where sets leave, it demands that at least as much
stays as the sets that stay have said, at a time when nobody could know what was going to leave.
"""

from __future__ import annotations

from dataclasses import replace

from ops.core.announce import announce
from ops.core.errors import SeawallError
from ops.core.names import Digest
from ops.interfaces import joined
from ops.interfaces.card import SetCard
from ops.interfaces.outcome import BackupFacts
from ops.jobs.host import state_files
from ops.jobs.host.repositories import OpenRepository
from ops.policy import HostPolicy
from ops.policy.doors import leaving

MOST = 5000  # so many snapshots are measured together: restic is given each by its name
_SECONDS = 3600.0


def measured(policy: HostPolicy, place: OpenRepository, card: SetCard) -> SetCard:
    """Return the card of a set with what that needs, where sets leave its repository; else as it is.

    It is measured together with the newest sets of this machine's other assets there: what two share counts once. One
    that can't be measured is handed over without: then its backup host goes by the others.
    """
    name = place.repository.name
    if leaving(policy, name) is None:
        return card
    beside = _beside(policy, name, card)
    if len(card.snapshots) + len(beside) > MOST:
        beside = ()
    try:
        return replace(card, needs=place.repository.needed([*card.snapshots, *beside], timeout=_SECONDS), beside=beside)
    except SeawallError as error:
        announce(f"{card.asset}: how much of {name} it needs could not be measured: {error.message}")
        return card


def _beside(policy: HostPolicy, repository: str, card: SetCard) -> tuple[Digest, ...]:
    """Return the snapshots of the newest sets of the other assets that are backed up to a repository."""
    found: set[Digest] = set()
    for name, asset in policy.assets.items():
        state = state_files.read_act(joined.backup(name)) if asset.repository == repository else None
        good = state.last_good if state and name != card.asset else None
        if isinstance(good, BackupFacts) and good.repository == repository:
            found.update(Digest(one) for one in good.snapshots.values() if Digest.fits(one))
    return tuple(sorted(found - {*card.snapshots}))
