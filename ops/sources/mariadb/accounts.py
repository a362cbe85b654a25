"""The accounts of a MariaDB server as a text of SQL: users, roles and their rights, but not the server's own.

Each statement stands behind a line that says whose it is, so that a restore takes only those that are missing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ops.sources._shared.statement import PassedOver, Strange
from ops.sources.mariadb.facts import ACCOUNTS
from ops.sources.mariadb.grammar import Account, Said, read
from ops.sources.mariadb.session import Session, name

USERS = "users.sql"
EVERYBODY = "PUBLIC"
_OWNER = "-- account "
# Texts are quoted for this mode; and an account that could not be made is not made by its rights, without a password.
_CAREFUL = "set session sql_mode = 'NO_AUTO_CREATE_USER';"


def text_of(session: Session) -> str:
    """Return all accounts: first all are made, then all have their rights, for a right may be a role."""
    accounts = [(user, host, bool(role)) for user, host, role in session.ask(ACCOUNTS)]
    made = [line for account in accounts for line in _owned(account, [_creation(session, *account)])]
    given = [line for account in accounts for line in _owned(account, _rights(session, *account))]
    return "\n".join(
        ["-- Accounts of the server and their privileges; may contain password hashes.", *made, *given, ""]
    )


@dataclass(frozen=True)
class Missing:
    """The statements that make accounts, and the accounts: locked users, roles, and users who may log in."""

    sql: str
    users: Sequence[str] = ()
    roles: Sequence[str] = ()
    let_in: Sequence[str] = ()

    def sentences(self) -> Iterator[str]:
        """Yield what is to be told: who was made, and what lets them in."""
        if self.roles:
            yield f"roles that were missing were made: {', '.join(self.roles)}"
        if self.let_in:
            yield f"accounts that were missing were made, with the passwords of the set: {', '.join(self.let_in)}"
        if self.users:
            yield (
                f"accounts that were missing were made, but locked: {', '.join(self.users)};"
                f" ALTER USER {self.users[0]} ACCOUNT UNLOCK lets one in"
            )


def missing(
    text: str, present: Collection[str], strange: PassedOver, wanted: Collection[str], *, logins: bool = False
) -> Missing:
    """Return the statements that make the accounts which are not present, and give them their rights.

    text: as `text_of` returns it; what is none of its kind is noted as strange. wanted: the accounts that are meant,
    as `user@host`; others of the server may have been dropped since, and must not come back. logins: whether they may
    log in as they could; none whom the set has locked, or with a right on more than some databases.
    """
    there, meant = {_folded(account) for account in present}, {_folded(account) for account in wanted}
    made: dict[Account, Said] = {}
    given: list[Said] = []
    kept = [_CAREFUL]
    for owner, statement in _divided(text):
        try:
            told = json.loads(owner)
            # What everybody may do on a server that is used is not for a restore to say.
            if told == f"{EVERYBODY}@" or _folded(told) in there or _folded(told) not in meant:
                continue
            said = _said(Account.of(told), read(statement), made)
        except (Strange, ValueError, AttributeError, RecursionError):
            strange.add(
                f"a statement of {ascii(owner[:80])[2:-2]} is not what SHOW CREATE USER or SHOW GRANTS say of it"
            )
        else:
            given += [said] if said else []
    kept += [f"{said.sql};" for said in given]
    let_in = [one for one in _ordinary(made, given) if not made[one].shut] if logins else []
    kept += [f"ALTER USER {one} ACCOUNT UNLOCK;" for one in let_in]
    users = sorted(str(one) for one in made if one.host and one not in let_in)
    roles = sorted(str(one) for one in made if not one.host)
    return Missing("\n".join([*kept, ""]), users, roles, sorted(map(str, let_in)))


def _ordinary(made: Collection[Account], given: Sequence[Said]) -> list[Account]:
    """Return the users whose rights, their roles' among them, are on single databases alone."""
    strong = {said.account for said in given if said.strong}
    weak = set(made) - strong
    while beyond := {said.account for said in given if said.role and Account(said.role) not in weak} & weak:
        weak -= beyond
    return [one for one in made if one.host and one in weak]


def _divided(text: str) -> Iterator[tuple[str, str]]:
    """Yield for each line that names an account the account as JSON, and the statement behind it."""
    for piece in f"\n{text}".split(f"\n{_OWNER}")[1:]:
        owner, _, statement = piece.partition("\n")
        yield owner, statement


def _said(account: Account, said: Said, made: dict[Account, Said]) -> Said | None:
    """Return a statement of an account; None for what a role has from another one, whose own statements say it."""
    if said.account != account:
        if said.account.host or account.host:
            raise Strange
        return None
    if said.creation:
        made[account] = said
    elif account not in made:
        raise Strange  # rights alone might go to another account, or make one that anybody may use
    return said


def _folded(account: str) -> str:
    user, _, host = account.rpartition("@")
    return f"{user}@{host.lower()}"


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
