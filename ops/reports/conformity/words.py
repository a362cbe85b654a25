"""What the text and the page of conformity both say, in the language of the rendering."""

from __future__ import annotations

from ops.core.verdict import Verdict
from ops.interfaces.conformity import VERDICTS, ClauseStatus, Conformity, PackStatus, Standing
from ops.reports.catalogue import tr
from ops.reports.times import day, stamp


def standing(clause: ClauseStatus) -> str:
    """Return how a clause stands."""
    if clause.standing is Standing.EXCUSED:
        return tr("excused until {day}", day=day(clause.until))
    return {
        Standing.MET: tr("met"),
        Standing.NOT_MET: tr("not met"),
        Standing.NOT_LOOKED_AT: tr("not looked at"),
    }[clause.standing]


def kind(clause: ClauseStatus) -> str:
    """Return who decides on a clause."""
    return {
        "M": tr("a machine decides"),
        "P": tr("a person attests"),
        "MP": tr("a machine decides and a person attests"),
        "R": tr("recommended, turns nothing red"),
    }.get(clause.kind, tr("outside of what Seawall does"))


def verdict_of(clause: ClauseStatus) -> Verdict:
    """Return the verdict that is shown beside a clause; one that does not count warns at most."""
    found = VERDICTS[clause.standing]
    return found if clause.counts or found is Verdict.PASS else Verdict.WARN


def dated(report: Conformity) -> str:
    """Return of which site and which moment a report speaks."""
    zone = report.timezone
    return tr(
        "{site}: as of {time}; acts from {since} to {until}",
        site=report.site,
        time=stamp(report.time, zone),
        since=stamp(report.since, zone),
        until=stamp(report.until, zone),
    )


def binding(pack: PackStatus) -> str:
    """Return which document stands behind a pack, and whether all of it was read."""
    named = " ".join(filter(None, [pack.code, pack.revision]))
    if pack.bound:
        words = tr("bound to {document}, SHA-256 {digest}", document=named, digest=pack.document)
    elif conforms(pack):
        words = tr("conforms to the template; no approved document is bound to it")
    else:
        words = tr("a template: no approved document is bound to it, so there is no percentage")
    more = [] if pack.complete else [tr("source incomplete")]
    return "; ".join([words, *more])


def conforms(pack: PackStatus) -> bool:
    """Return whether every clause that counts is met or excused."""
    return not (pack.count(Standing.NOT_MET) or pack.count(Standing.NOT_LOOKED_AT))


def counts(pack: PackStatus) -> str:
    """Return how many clauses stand how, of those that count."""
    words = tr(
        "{met} met, {not_met} not met, {unknown} not looked at, {excused} excused",
        met=pack.count(Standing.MET),
        not_met=pack.count(Standing.NOT_MET),
        unknown=pack.count(Standing.NOT_LOOKED_AT),
        excused=pack.count(Standing.EXCUSED),
    )
    return words if pack.percent is None else tr("{counts}: {percent} % met", counts=words, percent=pack.percent)


def acts(clause: ClauseStatus) -> str:
    """Return what became of the acts that were due in the period."""
    told = clause.acts
    return tr(
        "acts: {expected} expected, {done} done, {late} late, {missing} missing",
        expected=told.expected,
        done=told.done,
        late=told.late,
        missing=told.missing,
    )
