"""What needs a person today, by who that is: so that nobody has to look for their own name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ops.core.verdict import Verdict, worst
from ops.interfaces.fleet_status import DutyStatus, FleetStatus, Person
from ops.reports.catalogue import tr
from ops.reports.duties import lines
from ops.reports.status.asset import call
from ops.reports.status.model import Asset, Line, Machine, Trouble, Work
from ops.reports.times import Times

Task = tuple[Person | None, Trouble]  # whose it is: None where the policy names nobody for it


def works(tasks: Iterable[Task], on_call: Sequence[Person] = ()) -> tuple[Work, ...]:
    """Given what is to be done and by whom, return it by person: the worst first.

    on_call: who is called now; the first one gets what the policy gives to nobody.
    """
    found: dict[str, tuple[Person | None, list[Trouble]]] = {}
    for person, trouble in tasks:
        whose = person or next(iter(on_call), None)
        name = whose.name if whose else ""
        known, troubles = found.get(name, (whose, []))
        troubles.append(trouble)
        found[name] = _fuller(known, whose), troubles
    made = [_work(person, troubles) for person, troubles in found.values()]
    return tuple(sorted(made, key=lambda work: (-work.verdict.severity, work.person)))


def _fuller(one: Person | None, other: Person | None) -> Person | None:
    """Return the one of whom more is known: a duty names no deputy."""
    return max(one, other, key=lambda person: (bool(person.deputy), bool(person.phone))) if one and other else one


def _work(person: Person | None, troubles: Sequence[Trouble]) -> Work:
    """Return one person's work; what is said twice of the same thing stands together."""
    lines: dict[str, list[Line]] = {}
    for trouble in troubles:
        lines.setdefault(trouble.about, []).extend(trouble.lines)
    joined = [
        Trouble(name, worst(line.verdict for line in said), tuple(dict.fromkeys(said))) for name, said in lines.items()
    ]
    ordered = sorted(joined, key=lambda trouble: -trouble.verdict.severity)
    return Work(
        person=person.name if person else "",
        call=call(person) or tr("The policy names nobody for this"),
        verdict=worst(trouble.verdict for trouble in ordered),
        troubles=tuple(ordered),
    )


def of_status(
    status: FleetStatus, assets: Iterable[Asset], machines: Iterable[Machine], times: Times
) -> Iterator[Task]:
    """Yield all that is not good, once: what a machine says of an asset is said with the asset."""
    for one in assets:
        if one.troubles:
            yield status.assets[one.name].person, Trouble(one.name, one.verdict, one.troubles)
    for duty in status.duties:
        yield from _of_duty(duty, times)
    owners = _owners(status)
    for machine in machines:
        silent = [Line(machine.verdict, "", machine.message)] if machine.message else []
        if loud := (*silent, *machine.troubles):
            yield owners.get(machine.name), Trouble(machine.name, worst(line.verdict for line in loud), loud)


def _owners(status: FleetStatus) -> dict[str, Person]:
    """Return whom to call about each machine: who answers for most of what lies there."""
    found: dict[str, list[Person]] = {}
    for _, asset in sorted(status.assets.items()):
        if asset.person:
            found.setdefault(asset.host, []).append(asset.person)
    return {host: max(people, key=people.count) for host, people in found.items()}


def _of_duty(duty: DutyStatus, times: Times) -> Iterator[Task]:
    (line,) = lines([duty], times)
    today = times.now.astimezone(times.zone).date().isoformat()
    if line.trouble or (duty.due == today and duty.standing == "soon"):
        # What is due today passes until it is overdue; who has to do it should know all the same.
        verdict = line.verdict if line.trouble else Verdict.WARN
        told = "; ".join(filter(None, [line.when, duty.message]))
        yield Person(name=duty.who, phone=duty.phone), Trouble(line.about, verdict, (Line(verdict, line.what, told),))
