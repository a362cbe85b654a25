"""What a person wants of one drill beyond its everyday run, on its way from the command line to the unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ops.core.errors import UsageError
from ops.interfaces.request import Request
from ops.jobs.restore.point_in_time import point_in_time

RANDOM = "random"
LONGEST_REASON = 200


@dataclass(frozen=True)
class DrillOptions(Request):
    """The words after `seawall drill ASSET`.

    repository: from which it is restored; empty: where its sets go first.
    at: a moment, or the first letters of a set. zone: in which that moment is meant.
    kind: of drill; instant: whether a machine is booted straight from the repository; own_kernel: whether with its own
    kernel, from a disk made anew; all in place of the policy's.
    seed: of the drill's chance; none: a new one.
    keep, approver: why the restored system is left for a look, and who allowed it.
    sabotage: the damage that must be noticed, or `random`.
    dump: a dump that Seawall did not make, which is drilled in place of a set.
    oldest: whether the oldest set is drilled, on the newest servers there are.
    recall: the one question that is put to the set nearest to `at`: an absolute path, or a query. reason: why.
    by: who asked for all this.
    """

    repository: str = ""
    at: str = ""
    zone: str = "UTC"
    kind: str = ""
    instant: bool | None = None
    own_kernel: bool | None = None
    seed: int | None = None
    keep: str = ""
    approver: str = ""
    sabotage: str = ""
    dump: str = ""
    oldest: bool = False
    recall: str = ""
    reason: str = ""
    by: str = ""

    @property
    def until(self) -> datetime | None:
        """The moment up to which sets count."""
        return point_in_time(self.at, self.zone)[0]

    @property
    def identity(self) -> str:
        """The first letters of the set."""
        return point_in_time(self.at, self.zone)[1]

    def demand_sense(self) -> None:
        """Raise UsageError for words that do not go together, before a unit starts."""
        if bool(self.keep) != bool(self.approver):
            raise UsageError(
                "inspecting patient data requires a reason and an approver",
                "--hold 'REASON' --approver 'NAME OF THE APPROVER'",
            )
        if self.keep and self.sabotage:
            raise UsageError("a damaged copy can't be held for inspection", "use either --hold or --inject-damage")
        others = (self.repository, self.at, self.kind, self.instant, self.own_kernel, self.sabotage)
        if self.dump and any(other not in ("", None) for other in others):
            raise UsageError(
                "--dump can't be combined with options that select or change a set",
                "only --hold, --approver and --seed can be combined with it",
            )
        if self.instant and self.own_kernel:
            raise UsageError(
                "a newly built disk needs restored data to fill it", "use either --instant or --own-kernel"
            )
        point_in_time(self.at, self.zone)
        self._demand_archive()

    def _demand_archive(self) -> None:
        """Raise UsageError for words that do not go with the oldest set, or with a recall."""
        others = (self.kind, self.instant, self.own_kernel, self.sabotage, self.dump)
        if self.oldest and any(other not in ("", None) for other in (*others, self.at, self.keep, self.recall)):
            raise UsageError(
                "--oldest can't be combined with options that select or change a set",
                "only --from and --seed can be combined with it",
            )
        if bool(self.recall) != bool(self.reason):
            raise UsageError("a recall needs both a question and a reason", "--recall FILE --reason 'request 4711'")
        if not self.recall:
            return
        if any(other not in ("", None) for other in others):
            raise UsageError(
                "--recall can't be combined with options that change what is drilled",
                "only --at, --from, --seed, --hold and --approver can be combined with it",
            )
        if not self.until:
            raise UsageError("a recall needs the day whose nearest set is asked", "--at 2019-06-30")
        if len(self.reason) > LONGEST_REASON or not self.reason.isprintable():
            raise UsageError(f"the reason is longer than {LONGEST_REASON} characters, or not plain text")
