"""Which acts there are of which later looks read what they kept, and how that is read."""

from __future__ import annotations

from collections.abc import Mapping

from ops.core.document import decode
from ops.core.schema import Plain
from ops.interfaces.disc import DiscFacts
from ops.interfaces.disk import ARRIVAL, LEAVING, MAKING, READING, DiskFacts
from ops.interfaces.export import OF_EXPORTS
from ops.interfaces.incident import OF_ACT as OF_INCIDENTS
from ops.interfaces.joined import ALARM_DRILL
from ops.interfaces.keeper_outcome import (
    HealFacts,
    LeavingFacts,
    RecoveryFacts,
    RenewalFacts,
    RetentionFacts,
    SetAsideFacts,
)
from ops.interfaces.outcome import (
    AlarmDrillFacts,
    AttestationFacts,
    BackupFacts,
    CopyFacts,
    DeletionFacts,
    DrillFacts,
    LogFacts,
    OutcomeFacts,
    RestoreFacts,
    RoundFacts,
)
from ops.interfaces.standby import OF_STANDBYS, StandbyFacts
from ops.interfaces.update import OF_UPDATES

# What an act keeps that later looks read; of any other act the facts are kept as they are.
OF_ACT: Mapping[str, type[OutcomeFacts]] = {
    "backup": BackupFacts,
    "copy": CopyFacts,
    "collecting": CopyFacts,
    "disc": DiscFacts,
    "disc-read": DiscFacts,
    "log": LogFacts,
    "drill": DrillFacts,
    "oldest": DrillFacts,
    "recall": DrillFacts,
    ALARM_DRILL: AlarmDrillFacts,
    "sabotage": DrillFacts,
    "dump": DrillFacts,
    "restore": RestoreFacts,
    "check": RoundFacts,
    "attestation": AttestationFacts,
    "deletion-begun": DeletionFacts,
    "deletion": DeletionFacts,
    "recover": RecoveryFacts,
    "renew": RenewalFacts,
    "set-aside": SetAsideFacts,
    "set-aside-back": SetAsideFacts,
    "heal": HealFacts,
    "retention": RetentionFacts,
    "leaving": LeavingFacts,
    "leaving-undo": LeavingFacts,
    "leave": LeavingFacts,
    ARRIVAL: DiskFacts,
    READING: DiskFacts,
    LEAVING: DiskFacts,
    MAKING: DiskFacts,
    **dict.fromkeys(OF_STANDBYS, StandbyFacts),
    **OF_EXPORTS,
    **OF_INCIDENTS,
    **OF_UPDATES,
}


def facts_of(act: str, told: Plain, file: str, path: str) -> OutcomeFacts:
    """Return the facts of an act; raise Damaged, which names the file, the path of the key and what was expected."""
    return decode(OF_ACT.get(act, OutcomeFacts), told, file, path)
