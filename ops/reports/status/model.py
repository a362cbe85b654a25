"""What every form of the report shows, in words for people and times of the site's zone."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.verdict import Verdict
from ops.reports.duties import DutyLine
from ops.reports.period.model import PeriodView
from ops.reports.status.gaps import Gap


@dataclass(frozen=True)
class Line:
    """One thing said, with its verdict. `about` names the thing."""

    verdict: Verdict
    about: str
    message: str


@dataclass(frozen=True)
class Measure:
    """A time against its limit. `share` is how much of the limit is used, at most 1; None without a time."""

    text: str
    limit: str
    share: float | None
    exceeded: bool


@dataclass(frozen=True)
class Act:
    """A backup, copy or drill: when the last good one was, what it says, and the verdict on it.

    `when` is never empty: it says so where there was none, or where that is not known.
    age: how long ago it was; empty where there was none.
    """

    name: str
    verdict: Verdict
    message: str
    when: str
    age: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drill:
    """The last drill beyond what every act has. proven: whether it and each of its proof steps passed."""

    act: Act
    recovery: Measure
    parts: tuple[tuple[str, str, float], ...]
    rungs: tuple[Line, ...]

    @property
    def proven(self) -> bool:
        """Whether the drill stands as the policy demands, with every proof step passed."""
        return self.act.verdict is Verdict.PASS and all(rung.verdict is Verdict.PASS for rung in self.rungs)


@dataclass(frozen=True)
class Asset:
    """An asset and the acts that protect it. call: whom to call, how, and who stands in for them."""

    name: str
    summary: str
    owner: str
    call: str
    host: str
    verdict: Verdict
    backup: Act
    age: Measure
    copies: tuple[Act, ...]
    drill: Drill | None
    troubles: tuple[Line, ...]


@dataclass(frozen=True)
class Machine:
    """A machine and what was seen on it; `message` stands in for the checks of one that gave no status.

    tally: how many checks passed. troubles: what is not good and stands with no asset. call: whom to call about it:
    the owners of the assets that lie there.
    """

    name: str
    verdict: Verdict
    message: str
    tally: str
    checks: tuple[Line, ...]
    troubles: tuple[Line, ...]
    facts: tuple[str, ...]
    gaps: tuple[Gap, ...]
    call: str


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one asset, duty or machine."""

    about: str
    verdict: Verdict
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Work:
    """What one person has to see to today. person: their name; empty: nobody is named. call: how they are reached."""

    person: str
    call: str
    verdict: Verdict
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True)
class Glance:
    """What stands beside the verdict: one question that people ask, and its answer in sentences.

    word: whose explanation belongs to it, in `ops.reports.status.words`. loud: whether it wants attention.
    more: what there is to unfold, under its title.
    """

    word: str
    title: str
    loud: bool
    lines: tuple[str, ...]
    more: tuple[str, ...] = ()
    more_title: str = ""


@dataclass(frozen=True)
class View:
    """The whole fleet, the worst on top.

    until: how long this may be believed, in the site's zone; `until_iso` for programs. works: what needs a person
    today. period: what a report tells of its period; None where only the status is shown.
    """

    site: str
    time: str
    zone: str
    until: str
    until_iso: str
    verdict: Verdict
    headline: str
    counts: tuple[str, ...]
    glances: tuple[Glance, ...]
    works: tuple[Work, ...]
    assets: tuple[Asset, ...]
    duties: tuple[DutyLine, ...]
    machines: tuple[Machine, ...]
    period: PeriodView | None = None
