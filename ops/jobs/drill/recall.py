"""The recall: whether one record or one file of the past can be brought from the set nearest to a day.

The answer is present or absent. The question stays on this machine and ends with the act, for it may name a patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.names import TreePath
from ops.core.quantity import span
from ops.core.verdict import Finding, Verdict, worst
from ops.drills._shared.sampling import Sample, compared
from ops.drills._storage.space import room
from ops.interfaces import joined
from ops.interfaces.drill import Drill
from ops.interfaces.entry import Entry
from ops.interfaces.outcome import DrillFacts
from ops.jobs.drill.job import play, scratch
from ops.jobs.drill.oldest import facts_of, modern
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import WORDS, DrillStage
from ops.jobs.host import repositories
from ops.jobs.restore import material
from ops.jobs.restore.material import Choice
from ops.jobs.run.job import Outcome
from ops.jobs.run.program_words import apart
from ops.policy import HostPolicy
from ops.policy.model import Asset, Drilled
from ops.policy.model import Drill as Drilling
from ops.policy.rules import questions

PRESENT, ABSENT, UNKNOWN = "present", "absent", "unknown"
RECALL, DATE = "recall", "date"  # names of rungs
_FARTHEST = timedelta(days=367)  # sets of years lie so far apart
_SLACK = 16 << 20  # folders, and the rests of blocks


@dataclass
class RecallStage(DrillStage[Any]):
    """A stage for the set nearest to a day; the one question is the person's. answer: present, absent or unknown."""

    answer: str = UNKNOWN

    def choose(self) -> Choice:
        """Return the complete set whose data are nearest to the day."""
        return material.nearest(self.place, self.name, self.wanted.until)

    def ask(self, name: str, answer: Callable[[str], float], *, alone: bool) -> None:
        """Put the person's question to the database that the policy names, or to the only one."""
        self.askable.append(name)
        if self.drill.asks != name and (self.drill.asks or not alone):
            return
        try:
            self.told_answer(there=answer(self.wanted.recall) > 0)
        except SeawallError as error:
            self.rung(RECALL, Finding(Verdict.UNKNOWN, f"could not be queried: {error}"))

    def told_answer(self, *, there: bool) -> None:
        """Keep the answer, and nothing else of it."""
        self.answer = PRESENT if there else ABSENT
        verdict = Verdict.PASS if there else Verdict.FAIL
        self.rung(RECALL, Finding(verdict, f"what was asked for is {self.answer} in this set"))


def recalled(policy: HostPolicy, name: str, what: Drilled, wanted: DrillOptions) -> Outcome:
    """Look for one record or one file in the set nearest to a day, and judge what was found."""
    asset = what.asset
    if asset.drill is None:
        raise Unavailable(f"{name} has no drill in the policy")
    repository, moment = wanted.repository or asset.repository, wanted.until
    assert moment is not None  # noqa: S101 -- the options demand it
    place = repositories.open_as_reader(policy, what.host, repository)
    with scratch(joined.act("recall", name)) as folder, apart(folder / WORDS):
        chance = Random(wanted.seed)  # noqa: S311 -- repeatable
        stage = RecallStage(name, _today(asset.drill), place, wanted, folder, chance, None)
        stage.unproven("that anything else of the set is as it was: one question was put to it")
        found = stage.find()
        if abs(found.time - moment) > _FARTHEST:
            words = f"the nearest set is of {found.time:%Y-%m-%d}: none is kept of the year around {moment:%Y-%m-%d}"
            stage.rung(DATE, Finding(Verdict.FAIL, words))
        if wanted.recall.startswith("/") and not wanted.recall.startswith("/*"):
            _file(stage)
        else:
            _record(stage)
        stage.shown_at_least()
        if not any(rung.name == RECALL for rung in stage.rungs):
            words = f"nothing was asked; drill.asks must be one of {', '.join(stage.askable) or 'none'}"
            stage.rung(RECALL, Finding(Verdict.UNKNOWN, words))
    return _outcome(stage, asset, repository)


def _today(drill: Drilling) -> Drilling:
    """Return the drill without its own questions, on the newest release that the policy names."""
    release = drill.oldest.release if drill.oldest else drill.release
    return replace(drill, release=release, expectations={}, references={})


def _record(stage: RecallStage) -> None:
    """Load the databases of the set, and ask."""
    stage.parts = {label: modern(part, stage) for label, part in stage.parts.items() if part.database}
    if not stage.parts:
        raise UsageError("the set has no database that could be queried", "ask for a file by its path instead")
    drill: Drill[Any] = kinds.load("ops.drills", "database")
    play(stage, drill)


def _file(stage: RecallStage) -> None:
    """Bring the file from the part that lists it, and compare it with what is listed."""
    path = stage.wanted.recall
    for label, part in stage.parts.items():
        if part.database is not None:
            continue
        with stage.timed("find"):
            entry = _listed(stage, label, path)
        if entry is None:
            continue
        with room(stage, entry.size + _SLACK) as folder:
            with stage.timed("fetch"):
                stage.bring(label, folder, only=[path])
            with stage.timed("prove"):
                for name, finding in compared(folder, Sample({path: entry}, 1, entry.size)):
                    stage.rung(name, finding)
        stage.told_answer(there=True)
        return
    stage.told_answer(there=False)


def _listed(stage: RecallStage, label: str, path: str) -> Entry | None:
    """Return a path as the snapshot of a part lists it; all of the list is read, for restic must not be cut off."""
    found = None
    with stage.entries(label) as entries:
        for entry in entries:
            if entry.path == path:
                found = entry
    return found


def demand_question(text: str) -> None:
    """Raise UsageError for what is neither an absolute path nor a query that reads."""
    if text.startswith("/") and not text.startswith("/*"):
        if not TreePath.fits(text) or "\n" in text:
            raise UsageError("the question is no path", f"expected {TreePath.expected}, alone in its file")
    elif why := questions.wrong(text):
        raise UsageError(f"the question {why}")


def _outcome(stage: RecallStage, asset: Asset, repository: str) -> Outcome:
    assert stage.found is not None  # noqa: S101 -- it was asked
    which, recovery, moment = stage.found, stage.recovery_seconds, stage.wanted.until
    assert moment is not None  # noqa: S101 -- the options demand it
    over = Verdict.FAIL if recovery > asset.rto.seconds else Verdict.PASS
    stage.rung("rto", Finding(over, f"answered in {span(recovery)} of {span(asset.rto.seconds)}"))
    told = {"answer": stage.answer, "reason": stage.wanted.reason, "nearest_to": clock.iso(moment)}
    stage.tell(recall=told)
    facts: DrillFacts = facts_of(stage, asset, repository)
    verdict = worst(rung.verdict for rung in stage.rungs)
    wrong = [f"{rung.name}: {rung.message}" for rung in stage.rungs if rung.verdict is not Verdict.PASS]
    said = f"{stage.wanted.reason}: {stage.answer} in set {which.id[:8]} of {which.time:%Y-%m-%d}, from {repository}"
    message = "; ".join([said, *wrong]) if wrong else f"{said}, in {span(recovery)}"
    return Outcome(verdict, message, facts if verdict is Verdict.PASS else None, facts)
