"""The accounts of a MariaDB server as a text of SQL: users, roles and their rights, but not the server's own.

Each statement stands behind a line that says whose it is, so that a restore takes only those that are missing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from ops.sources.mariadb.facts import ACCOUNTS
from ops.sources.mariadb.session import Session, name

USERS = "users.sql"
EVERYBODY = "PUBLIC"
_OWNER = "-- account "


def text_of(session: Session) -> str:
    """Return all accounts: first all are made, then all have their rights, for a right may be a role."""
    accounts = [(user, host, bool(role)) for user, host, role in session.ask(ACCOUNTS)]
    made = [line for account in accounts for line in _owned(account, [_creation(session, *account)])]
    given = [line for account in accounts for line in _owned(account, _rights(session, *account))]
    return "\n".join(
        ["-- Accounts of the server and their privileges; may contain password hashes.", *made, *given, ""]
    )


def missing(text: str, present: Collection[str]) -> str:
    """Return the statements of the accounts that are not present."""
    kept, owner = [], ""
    for line in text.splitlines():
        if line.startswith(_OWNER):
            owner = json.loads(line.removeprefix(_OWNER))
        # What everybody may do on a server that is used is not for a restore to say.
        elif owner and owner not in present and owner != f"{EVERYBODY}@":
            kept.append(line)
    return "\n".join([*kept, ""])


def _owned(account: tuple[str, str, bool], statements: list[str]) -> Iterator[str]:
    user, host, _ = account
    for statement in statements:
        yield f"{_OWNER}{json.dumps(f'{user}@{host}', ensure_ascii=False)}"
        yield f"{statement};"


def _creation(session: Session, user: str, host: str, role: bool) -> str:
    if user == EVERYBODY:
        return f"-- {EVERYBODY} is there by itself"
    if role:
        return f"CREATE ROLE IF NOT EXISTS {name(user)}"
    said = "\n".join(session.tell(f"show create user {name(user)}@{name(host)}"))
    return said.replace("CREATE USER", "CREATE USER IF NOT EXISTS", 1)


def _rights(session: Session, user: str, host: str, role: bool) -> list[str]:
    return session.tell(f"show grants for {name(user)}" if role else f"show grants for {name(user)}@{name(host)}")
