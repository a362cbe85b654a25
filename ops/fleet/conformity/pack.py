"""A pack: a written procedure, broken into clauses, each with the controls by which it is met."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from ops.core import kinds
from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.core.quantity import Day, Duration
from ops.fleet.audit import CHECKOUT
from ops.fleet.conformity.predicates import PREDICATES
from ops.interfaces.acts import OF_ACT
from ops.policy.pack_files import PackDefault, wrong

VERSION = 1
OUTSIDE = "-"  # the kind of a clause that no machine and no person of the site can meet here
UNCOUNTED = ("R", OUTSIDE)
KINDS = ("check", "host_check", "act", "record", "duty", "policy", "ledger", "document", "incidents", "planned")


@dataclass(frozen=True)
class PackControl:
    """How a clause is met, or a part of it; exactly one of the first ten keys.

    check: every check of this kind passes on every machine that has one. host_check: all host checks of this subject
    pass. act: every such act of the policy was done when it was due, with to: only copies to such a place. record: the
    newest such record of any machine is good. duty: a person attests this, at least every so often or by a calendar.
    policy: a named demand on the policy itself. ledger: every ledger verifies. document: the bound document is valid.
    incidents: each was opened in time, or is closed in time with cause, lesson and what was entered from paper.
    planned: nothing looks at it yet, and why.
    at_most: how old the evidence may be. calendar: for copies, the days that the policy's must include.
    """

    check: str | None = None
    host_check: str | None = None
    act: Literal["backup", "copy", "drill", "oldest"] | None = None
    record: str | None = None
    duty: str | None = None
    policy: str | None = None
    ledger: Literal["verified"] | None = None
    document: Literal["valid"] | None = None
    incidents: Literal["opened", "closed"] | None = None
    planned: str | None = None
    to: tuple[Literal["local", "primary", "offsite", "removable"], ...] = ()
    at_most: Duration | None = None
    every: Duration | None = None
    calendar: Calendar | None = None

    @property
    def kind(self) -> str:
        """Return which kind of control it is; raise ValueError unless it is exactly one."""
        named = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"expected exactly one of {', '.join(KINDS)}; found {', '.join(named) or 'none'}")
        return named[0]

    @property
    def asks(self) -> str:
        """Return in a few words what it asks."""
        more = [f"to {' or '.join(self.to)}"] if self.to else []
        for word, value in (("every", self.every), ("at most", self.at_most), ("on", self.calendar)):
            more += [f"{word} {value}"] if value else []
        return ", ".join([f"{self.kind.replace('_', ' ')}: {getattr(self, self.kind)}", *more])


@dataclass(frozen=True)
class Clause:
    """A clause: the demand in English and in the document's language, who decides, and its controls by name.

    kind: M a machine, P a person, MP both, R recommended, - outside of what Seawall does.
    """

    demand: str
    original: str
    kind: Literal["M", "P", "MP", "R", "-"]
    controls: Mapping[str, PackControl] = field(default_factory=dict)


@dataclass(frozen=True)
class Pack:
    """A written procedure as a template.

    code, revision: of the document, empty where it has none. valid_until: the last day of this revision. language: of
    the document. complete: whether all of the document was read. words_are_ours: `original` is a translation. defaults:
    numbers that it brings into the policy, by keys of that.
    """

    version: int
    title: str
    source: str
    language: str
    complete: bool
    clauses: Mapping[str, Clause]
    code: str = ""
    revision: str = ""
    made: Day | None = None
    valid_until: Day | None = None
    words_are_ours: bool = True
    defaults: Mapping[str, PackDefault] = field(default_factory=dict)


def problems(pack: Pack, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a pack: a clause without a control, a control that is unknown or says two things."""
    if pack.version != VERSION:
        yield Problem(f"{path}.version", f"unknown version {pack.version}; this Seawall supports {VERSION}")
    yield from wrong(pack.defaults, pack.clauses, path)
    if not pack.clauses:
        yield Problem(f"{path}.clauses", "is empty: a procedure without a clause demands nothing")
    for number, clause in pack.clauses.items():
        at = f"{path}.clauses.{number}"
        if not clause.demand.strip():
            yield Problem(f"{at}.demand", "is empty; say in one sentence what is demanded")
        if not clause.controls:
            yield Problem(f"{at}.controls", "is empty: nothing says how this clause is met")
        for name, control in clause.controls.items():
            yield from _control(f"{at}.controls.{name}", control)


def _control(path: str, control: PackControl) -> Iterator[Problem]:
    try:
        kind = control.kind
    except ValueError as error:
        yield Problem(path, str(error))
        return
    known: dict[str, Collection[str]] = {
        "check": kinds.kinds("ops.health"),
        "host_check": subjects(),
        "record": sorted(OF_ACT),
        "policy": sorted(PREDICATES),
    }
    named = getattr(control, kind)
    if kind in known and named not in known[kind]:
        listed = list(known[kind])
        what = kind.replace("_", " ")
        yield Problem(f"{path}.{kind}", f"unknown {what} {named!r}{nearest(named, listed)}; known: {', '.join(listed)}")
    if kind == "duty" and (control.every is None) == (control.calendar is None):
        yield Problem(path, "a duty needs either `every: 92d` or `calendar: quarter ends`")
    if control.to and control.act != "copy":
        yield Problem(f"{path}.to", "only a copy goes somewhere; write it beside `act: copy`")
    if control.every and kind != "duty":
        yield Problem(f"{path}.every", "only a duty comes again by itself; evidence has `at_most`")
    if control.calendar and kind != "duty" and control.act != "copy":
        yield Problem(f"{path}.calendar", "only duties and copies have a calendar here")


def subjects() -> list[str]:
    """Return what the host checks of this checkout are about."""
    return sorted(path.stem.removeprefix("test_host_") for path in (CHECKOUT / "tests/policy").glob("test_host_*.py"))


def keys_of_kinds() -> tuple[str, ...]:
    """Return the keys that say which kind a control is."""
    return tuple(one.name for one in fields(PackControl) if one.name in KINDS)
