"""The rows of a query as CSV, from one statement in one read-only transaction; they pass through, and stay nowhere."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import IO

from ops.core.errors import UsageError
from ops.core.pipe import ROOT
from ops.core.run import stream
from ops.policy.exports import Export
from ops.policy.model import Asset
from ops.policy.rules.exports import SQL
from ops.policy.rules.questions import wrong
from ops.sources.postgresql import Options
from ops.sources.postgresql.session import PATIENT, PSQL

_DAY = 86_400.0
_CHUNK = 1 << 16
# The transaction sees one moment, and can't be made one that writes once its query has begun.
_READS = f"{PATIENT} -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"


@dataclass
class Counter:
    """Counts the records of CSV as it comes in pieces: a line end within quotes ends none."""

    lines: int = 0
    quoted: bool = False

    def add(self, piece: bytes) -> None:
        """Count on."""
        first, *more = piece.split(b'"')
        self._count(first)
        for part in more:
            self.quoted = not self.quoted
            self._count(part)

    def _count(self, part: bytes) -> None:
        self.lines += 0 if self.quoted else part.count(b"\n")

    @property
    def rows(self) -> int:
        """How many records there were below the names of the columns."""
        return max(0, self.lines - 1)


def copy_rows(asset: Asset, export: Export, writes: IO[bytes]) -> int:
    """Write the rows of an export's query as CSV, with the names of the columns; return how many there are.

    Raise UsageError for what is no query, CommandError when it fails, also at its last row.
    """
    if (why := wrong(export.query)) or ";" in export.query:
        raise UsageError(f"the query of the export {why or 'has a `;`'}")
    options = _reached(asset, export)
    # Nothing of the query can stand behind the line end: a comment would end there, and `)` alone is an error.
    statement = f"COPY (\n{export.query}\n) TO STDOUT WITH (FORMAT csv, HEADER true)"
    words = [*PSQL, f"--dbname={options.connection(options=_READS, client_encoding='UTF8')}", f"--command={statement}"]
    there, here = os.pipe()
    counter = Counter()
    with os.fdopen(there, "rb") as rows, os.fdopen(here, "wb") as into:
        with stream(options.program(*words), timeout=_DAY, stdout=into, cwd=ROOT):
            into.close()
            while piece := rows.read1(_CHUNK):
                counter.add(piece)
                writes.write(piece)
    return counter.rows


def _reached(asset: Asset, export: Export) -> Options:
    """Return how the database of an export is reached."""
    found = [source.options for source in asset.sources.values() if source.kind == SQL]
    options: Options = next(one for one in found if one.all or export.database in {"", one.database})
    return replace(options, all=False, database=export.database or options.database, user=export.role or options.user)
