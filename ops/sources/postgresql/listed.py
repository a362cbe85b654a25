"""The rows that a query of the policy answers, brought some at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ops.core.errors import Damaged
from ops.core.schema import Plain
from ops.interfaces.server import POLICY_SECONDS, Server
from ops.sources.postgresql.session import as_of_the_database
from ops.sources.postgresql.verify import beside, release

AT_ONCE = 10_000  # rows of a few hundred characters; far more would be too long an answer


def rows(server: Server, database: str, sql: str) -> Iterator[Mapping[str, Plain]]:
    """Yield the rows that a query of the policy answers, by their columns; raise SeawallError."""
    with beside(server, database, release(server)) as session:
        as_of_the_database(session)  # the policy's queries are written as the application writes its own
        session.seconds = POLICY_SECONDS
        session.tell("begin transaction read only")
        query = sql.rstrip().rstrip(";")
        session.tell(
            "declare seawall_rows no scroll cursor for"  # noqa: S608 -- the policy's own query
            f" select pg_catalog.row_to_json(seawall_row) from ({query}\n) seawall_row"
        )
        while lines := session.tell(f"fetch {AT_ONCE} from seawall_rows"):
            yield from map(_row, lines)


def _row(line: str) -> Mapping[str, Plain]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Damaged("PostgreSQL's answer: a row is not as it must be") from error
    if not isinstance(row, dict):
        raise Damaged("PostgreSQL's answer: a row has no columns")
    return row
