"""The definitions of a manifest beside those of a restored database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ops.core.verdict import Finding, Verdict, judged
from ops.sources._shared.comparison import MOST_NAMED
from ops.sources.postgresql.session import Session, scratch
from ops.sources.postgresql.structure import Sort
from ops.sources.postgresql.structure.dumped import rewritten, unfilled
from ops.sources.postgresql.structure.rereading import Text, alike, reader

# A new database has it, whether or not the one that was taken had.
_BY_ITSELF = {"schema": "public", "comment": "schema public"}
# What every database has from the beginning, however often it was made anew; and what the role that dumps can't take.
_NO_COMMENTS = ("extension plpgsql", "subscription ")
_REFRESH = "refresh materialized view ... where that answers"


def compared(
    session: Session, wanted: Mapping[str, Sort], found: Mapping[str, Sort], incomplete: Collection[str] = ()
) -> Finding:
    """Compare definitions by sort, and name those that differ; what only its text tells apart is read again.

    incomplete: the manifest's indexes that were not complete, which a dump leaves out.
    """
    wanted = _without(wanted, [name for name in incomplete if name not in found["index"].objects])
    wrong = {sort: _differing(session, sort, known, found.get(sort, Sort())) for sort, known in wanted.items()}
    texts = [text for sort, known in wanted.items() for text in _texts(sort, known, found.get(sort, Sort()))]
    for text in _reread(session, [text for text in texts if text.name not in wrong[text.sort]]):
        wrong[text.sort].append(text.name)
    empty = unfilled(session.ask, wrong.get("table", []), wanted.get("table", Sort()))
    wrong["table"] = [name for name in wrong.get("table", []) if name not in empty]
    said = [_said(sort, [*dict.fromkeys(names)], wanted[sort], found) for sort, names in wrong.items() if names]
    good = f"{sum(len(known.objects) for known in wanted.values())} definitions, as in the manifest"
    if empty and not said:
        return Finding(
            Verdict.WARN, f"{good}, but empty, for what they draw on is not here: {_named(empty)}; {_REFRESH}"
        )
    return judged(said, good)


def _said(sort: str, names: list[str], wanted: Sort, found: Mapping[str, Sort]) -> str:
    there = len(found.get(sort, Sort()).objects)
    return f"{sort} definitions differ ({there} found, {len(wanted.objects)} in the manifest): {_named(names)}"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _without(wanted: Mapping[str, Sort], indexes: Collection[str]) -> Mapping[str, Sort]:
    """Return definitions without some indexes and what is said of them."""
    gone = {"index": {*indexes}, "comment": {f"index {name}" for name in indexes}}
    return {
        sort: Sort({name: one for name, one in known.objects.items() if name not in gone.get(sort, ())}, known.texts)
        for sort, known in wanted.items()
    }


def _differing(session: Session, sort: str, wanted: Sort, found: Sort) -> list[str]:
    names = _told_apart(sort, wanted, found)
    same = rewritten(session.ask, sort, names, wanted, found)
    return [name for name in names if name not in same]


def _told_apart(sort: str, wanted: Sort, found: Sort) -> list[str]:
    """Return the objects of which one is missing, or differs in what is compared to the letter."""
    names = {**wanted.objects, **found.objects}
    if (new := _BY_ITSELF.get(sort, "")) not in wanted.objects:
        names.pop(new, None)
    return [
        name
        for name in names
        if not (sort == "comment" and name.startswith(_NO_COMMENTS))
        and (
            wanted.objects.get(name) != found.objects.get(name)
            or wanted.texts.get(name, {}).keys() != found.texts.get(name, {}).keys()
        )
    ]


def _texts(sort: str, wanted: Sort, found: Sort) -> Iterator[Text]:
    for name, parts in wanted.texts.items():
        there = found.texts.get(name, {})
        for part, text in parts.items():
            if part in there and there[part] != text:
                yield Text(sort, name, part, text, there[part])


def _reread(session: Session, texts: list[Text]) -> Iterator[Text]:
    """Yield those that the server reads as different."""
    if texts:
        with scratch(session):
            reader(session)
            yield from [text for text in texts if not alike(session, text)]
