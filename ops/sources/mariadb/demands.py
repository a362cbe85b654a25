"""What is asked of a server before it is dumped: a program that knows all it has, and settings that hide no rows."""

from __future__ import annotations

from ops.core.errors import Unavailable
from ops.core.run import run
from ops.interfaces.source import Entered
from ops.sources._shared.containers import entering
from ops.sources.mariadb.session import ALL_ROWS, Session, release


def demand_client(session: Session, entered: Entered | None) -> None:
    """Raise Unavailable unless mariadb-dump, here or in a container, knows what the server knows."""
    server = release(session.one("select json_quote(version())"))
    ours = release(run(entering(entered, ["mariadb-dump", "--version"]), timeout=60).stdout)
    if server > ours:
        versions = [".".join(map(str, version)) for version in (server, ours)]
        raise Unavailable(
            f"the server is MariaDB {versions[0]}, but mariadb-dump is {versions[1]} and may leave things out",
            "install the mariadb-client of the server's version",
        )


def demand_all_rows(session: Session) -> None:
    """Raise Unavailable where the server gives only some rows to mariadb-dump, which can't ask for all by itself."""
    limit = int(session.one("select json_quote(convert(@@global.sql_select_limit, char))"))
    if limit < ALL_ROWS:
        raise Unavailable(
            f"the server's setting sql_select_limit is {limit}: mariadb-dump would leave out all further rows",
            "take it out of the server's configuration, and run there: set global sql_select_limit = default",
        )
