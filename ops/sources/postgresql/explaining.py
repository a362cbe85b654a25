"""What is said of objects that could not be loaded as a dump has them: each by its name, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ops.core.printable import printable
from ops.sources.postgresql.contents import Entry
from ops.sources.postgresql.loading import Failure

ROLE_GONE = re.compile(r'ERROR:  role "((?:[^"]|"")+)" does not exist')
_NO_SUPERUSER = re.compile(r"ERROR:  permission denied to change owner of ")
_ERROR = re.compile(r"ERROR:  ")
_CALLED = re.compile(r'^(?:CONTEXT:  )?(?:PL/pgSQL function ([^\s(]+)\(|SQL function "([^"]+)")', re.MULTILINE)
_ROUTINES = ("FUNCTION", "PROCEDURE", "AGGREGATE")
_MOST_NAMED = 5
_LOOK = "look whether the rows of the live database still keep to its constraints"
_REMEDIES = {
    "MATERIALIZED VIEW DATA": "it is empty until what it draws on answers: refresh materialized view ...",
    "EXTENSION": "install the package of the extension on this server, and restore again",
    "COLLATION": (
        "it was made with the order of C, because this server lacks its locale: "
        "run dpkg-reconfigure locales, restart PostgreSQL, and restore again"
    ),
}


def named(failures: Sequence[Failure]) -> str:
    """Return which objects these are, a few of them by name."""
    more = f" and {len(failures) - _MOST_NAMED} more" if len(failures) > _MOST_NAMED else ""
    return printable(", ".join(one.entry.name for one in failures[:_MOST_NAMED]), " ") + more


def afterwards(failures: Sequence[Failure], listed: Sequence[Entry]) -> str:
    """Return what is said of objects that were loaded when all else was there, and how they need not be next time."""
    functions = called(failures, listed)
    words = f"{named(failures)} could be loaded only with the database's own search path, when all else was there"
    if not functions:
        return f"{words} ({failures[0].reason}); a check or an expression in it must not read other tables"
    return f"{words}; {why(functions)}"


def refused(failures: Sequence[Failure], listed: Sequence[Entry]) -> str:
    """Return what is said where a plain load is all that is tried."""
    functions = called(failures, listed)
    cause = why(functions) if functions else f"{failures[0].reason}; {_REMEDIES.get(failures[0].entry.sort, _LOOK)}"
    return f"a plain load refuses {named(failures)}: {cause}"


def why(functions: Sequence[str]) -> str:
    """Return what is wrong with functions that use names without a schema, and the remedy."""
    what, use = ("function", "uses") if len(functions) == 1 else ("functions", "use")
    return (
        f"the {what} {', '.join(functions)} {use} names without a schema, which a plain load does not find; "
        f"in the live database: alter function {functions[0]}(...) set search_path = public, pg_temp"
    )


def called(failures: Sequence[Failure], listed: Sequence[Entry]) -> list[str]:
    """Return the functions of the dump in which loads failed; words of the server that are no such name stay unsaid."""
    known = [entry.place for entry in listed if entry.sort in _ROUTINES]
    found: dict[str, None] = {}
    for failure in failures:
        for qualified, bare in _CALLED.findall(failure.said):
            name = (bare or qualified).replace('"', "").rpartition(".")[2]
            place = next((place for place in known if f" {name}(" in place), None)
            if place:
                schema = place.partition(f" {name}(")[0]
                found[printable(f"{schema}.{name}", " ")] = None
    return [*found][:_MOST_NAMED]


def only_roles(failure: Failure) -> bool:
    """Return whether nothing but roles that are not there stands in the way of an object."""
    return 0 < len(ROLE_GONE.findall(failure.said)) == len(_ERROR.findall(failure.said))


def of_superusers(failure: Failure) -> bool:
    """Return whether nothing stands in the way of an object but that its owner is no superuser here."""
    return 0 < len(_NO_SUPERUSER.findall(failure.said)) == len(_ERROR.findall(failure.said))


def owned(failure: Failure) -> str:
    """Return what is said of an object that is there, and is not its owner's."""
    return (
        f"{named([failure])} is not its owner's, because only a superuser may own it and that role is none here; "
        "make it one, then: alter ... owner to ..."
    )


def of_no_role(failures: Sequence[Failure]) -> Iterator[str]:
    """Yield a sentence for each role that is neither on this server nor in the set."""
    roles = sorted({role for one in failures for role in ROLE_GONE.findall(one.said)})
    for role in roles:
        objects = [one for one in failures if role in ROLE_GONE.findall(one.said)]
        yield printable(
            f"the role {role} is neither on this server nor in the set: {named(objects)} came without what it owned or "
            "was granted; create the role, then give it that",
            " ",
        )


def lost(failure: Failure) -> str:
    """Return what is said of an object that is not there, or not as it was."""
    remedy = _REMEDIES.get(
        failure.entry.sort, "make it by hand: pg_restore --list shows it, and --use-list loads it alone"
    )
    return f"{named([failure])} could not be loaded as it was ({failure.reason}); {remedy}"
