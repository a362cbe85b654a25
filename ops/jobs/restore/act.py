"""One restore while it is carried out: where its data come from, and what became of each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.verdict import Finding, Verdict
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.restore.acceptance import Acceptance
from ops.jobs.restore.finished import Finished
from ops.restic.sets import Set

Findings = Sequence[tuple[str, Finding]]
HOW_TO_ACCEPT = (
    "the same command with --accept-differences names the differences again and asks whether they are accepted"
)


@dataclass(frozen=True)
class Source:
    """Where the data come from: the repository, the set, and the folder with its manifest."""

    place: OpenRepository
    which: Set
    manifest: Path


@dataclass(frozen=True)
class Act:
    """A restore that is being carried out.

    only: the paths or tables that alone are meant. finished: what earlier runs of it have done. acceptance: of
    differences. several: whether it has more than one step, so that one that is done already can be passed over.
    """

    source: Source
    only: tuple[str, ...]
    finished: Finished
    acceptance: Acceptance
    several: bool = False


@dataclass(frozen=True)
class Done:
    """What became of one step: what the comparison found, where the data are now, who accepted the differences."""

    findings: Findings
    sentence: str
    accepted: bool = False

    @property
    def matches(self) -> bool:
        """Whether all is as the manifest says."""
        return not wrong(self.findings)


def wrong(findings: Findings) -> list[str]:
    """Return each thing that is not as the manifest says, or could not be looked at."""
    return [
        f"{name}: {finding.message}"
        for name, finding in findings
        if finding.configured and finding.verdict is not Verdict.PASS
    ]
