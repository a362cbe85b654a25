"""A restored database as a whole, beside its manifest."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.verdict import Finding, Verdict, worst
from ops.sources.postgresql.facts import Setting
from ops.sources.postgresql.nature import Given, settings, unmarked
from ops.sources.postgresql.session import Session
from ops.sources.postgresql.structure.rereading import accepts

_EVERYBODY = ("CONNECT", "TEMPORARY")  # what a new database grants to everybody
_OWNER = ("CONNECT", "CREATE", "TEMPORARY")


def compared(session: Session, wanted: Setting, there: Setting, found: Finding) -> Finding:
    """Return what was found of the definitions, with what of the database itself differs from its manifest.

    A setting that this server refuses, as of a language that it lacks, makes a copy neither wrong nor the same.
    Manifests of early builds say nothing of the database itself.
    """
    if wanted.owner is None:
        return found
    otherwise = [*_set_otherwise(session.ask("select to_json(current_database())"), wanted, there)]
    refused = [one.what for one in otherwise if one.statement and not accepts(session, one.statement)]
    wrong = [*_unlike(wanted, there), *(one.what for one in otherwise if one.what not in refused)]
    said = [f"the database itself differs: {'; '.join(wrong)}"] * bool(wrong)
    said += [f"the database is without what this server refuses: {'; '.join(refused)}"] * bool(refused)
    if not said:
        return found
    before = [] if found.verdict is Verdict.PASS else [found.message]
    return Finding(worst([found.verdict, Verdict.FAIL if wrong else Verdict.WARN]), "; ".join([*before, *said]))


def _unlike(wanted: Setting, there: Setting) -> Iterator[str]:
    """Yield what differs, but for settings."""
    if there.owner != wanted.owner:
        yield f"its owner is {there.owner}, but was {wanted.owner}"
    old, new = _rights(wanted), _rights(there)
    yield from (f"{right} is missing" for right in sorted(old - new))
    yield from (f"{right}, which it did not have" for right in sorted(new - old))
    if wanted.comment is not None and unmarked(wanted.comment) != unmarked(there.comment or ""):
        yield "its comment differs"
    if wanted.connection_limit not in {None, there.connection_limit}:
        yield f"its connection limit is {there.connection_limit}, but was {wanted.connection_limit}"
    if wanted.labels is not None:
        providers = sorted({provider for provider, _ in {*wanted.labels} ^ {*(there.labels or ())}})
        yield from (f"its security label of {provider} differs" for provider in providers)


def _set_otherwise(database: str, wanted: Setting, there: Setting) -> Iterator[Given]:
    """Yield each setting that differs, with the statement that would give the database the manifest's."""
    old, new = ({one.what: one for one in settings(database, side)} for side in (wanted, there))
    for what in sorted({*old, *new}):
        if old.get(what) != new.get(what):
            yield old.get(what) or Given(f"{what}, which it did not have", "")


def _rights(side: Setting) -> set[str]:
    """Return in words who may do what, with what a new database grants where nobody was granted or lost anything."""
    owner = side.owner or ""
    every = [(role, word, False) for role, words in (("", _EVERYBODY), (owner, _OWNER)) for word in words]
    known = {*(every if side.public else side.grants)}
    names = {"": "everybody", owner: "its owner"}
    return {
        f"right {word} of {names.get(role, role)}{' with grant option' * grantable}"
        for role, word, grantable in known
        if grantable or (role, word, True) not in known
    }
