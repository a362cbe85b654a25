"""What of a database no dump can hold: tables of other servers, tables that can't be opened, views that are broken.

One such object must not keep the others from being backed up. It is named in the manifest with the reason, and its
definition stands at the end of the dump, as a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.core.confidential import fit
from ops.sources.mariadb.session import Session, name
from ops.sources.mariadb.views import View, broken, statements

# Engines whose rows are another server's, or files that are not the server's.
FAR = ("CONNECT", "FEDERATED", "S3", "SPHINX", "SPIDER")
_TABLES = """
select json_array(table_name, engine) from information_schema.tables
where table_schema = database() and table_type not in ('VIEW', 'SEQUENCE') order by table_name
"""
# Somebody holds the table, or the server is at its end; the table is none the worse for it.
_BUSY = (1040, 1205, 1213, 1317, 1927, 1969, 2006, 2013, 3024)


@dataclass(frozen=True)
class LeftOut:
    """What is left out, and why: tables whose rows are elsewhere, tables that can't be opened, broken views."""

    far: Mapping[str, str]
    shut: Mapping[str, str]
    broken: Mapping[str, str]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables."""
        return (*self.far, *self.shut)

    @property
    def reasons(self) -> dict[str, str]:
        """The reason by name."""
        far = {table: f"{engine}: its rows are elsewhere" for table, engine in self.far.items()}
        return {**far, **self.shut, **self.broken}

    def warnings(self) -> Iterator[str]:
        """Yield what is to be said, and what to do."""
        if self.far:
            named = ", ".join(f"{table} ({engine})" for table, engine in self.far.items())
            yield f"tables with rows elsewhere were left out: {named}; back them up where they are"
        for table, why in self.shut.items():
            yield f"the table {table} can't be opened and was left out: {why}; repair it (REPAIR TABLE), or drop it"
        for view, why in self.broken.items():
            yield f"the view {view} is broken and was left out: {why}; mend it (ALTER VIEW), or drop it"


def sound_out(probe: Session, found: Mapping[str, View]) -> LeftOut:
    """Find what can't be taken; probe: a session that goes on after errors. found: all views."""
    far: dict[str, str] = {}
    shut: dict[str, str] = {}
    for table, engine in probe.ask(_TABLES):
        if str(engine).upper() in FAR:
            far[table] = engine
            continue
        refusal = probe.attempt(f"select 1 from {name(table)} limit 0")  # noqa: S608 -- quoted
        if refusal and refusal.number not in _BUSY:
            shut[table] = fit("mariadb", refusal.words)
    gone = {*far, *shut}
    return LeftOut(far, shut, {view: fit("mariadb", why) for view, why in broken(probe, found, gone).items()})


def ending(session: Session, found: Mapping[str, View], out: LeftOut) -> str:
    """Return what follows in the dump behind what mariadb-dump writes: the views, and what is left out as comments."""
    wanted: Sequence[View] = [one for one in found.values() if one.name not in out.broken]
    lines = [*statements(wanted), ""]
    for table in out.tables:
        told = (
            "\n".join(session.tell(f"show create table {name(table)}")).partition("\t")[2] if table in out.far else ""
        )
        lines += _commented(table, out.reasons[table], told)
    for view, why in out.broken.items():
        lines += _commented(view, why, found[view].whole())
    return "\n".join(lines) + "\n"


def _commented(what: str, why: str, words: str) -> Iterator[str]:
    for line in f"Left out: {name(what)}: {why}\n{words}".splitlines():
        yield f"-- {line}"
    yield ""
