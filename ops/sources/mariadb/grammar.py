"""What MariaDB says of an account, read as SHOW CREATE USER and SHOW GRANTS write it, and written anew.

A set may come from a server that somebody broke into: only one statement about the one account is taken out of a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ops.sources._shared.statement import MOST_TOKENS, Kind, Statement, Strange, Token
from ops.sources.mariadb.facts import OWN, SYSTEM
from ops.sources.mariadb.session import name, text

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<name>`(?:[^`]|``)*`)
    | (?P<text>'(?:[^'\\]|''|\\.)*')
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_RESERVED = ("none", "public")
_PRIVILEGES = (
    *("ALL PRIVILEGES", "USAGE", "SELECT", "INSERT", "UPDATE", "DELETE", "DELETE HISTORY", "CREATE", "DROP", "ALTER"),
    *("INDEX", "REFERENCES", "TRIGGER", "EVENT", "EXECUTE", "CREATE VIEW", "SHOW VIEW", "SHOW CREATE ROUTINE"),
    *("CREATE ROUTINE", "ALTER ROUTINE", "CREATE TEMPORARY TABLES", "LOCK TABLES", "CREATE TABLESPACE", "CREATE USER"),
    *("RELOAD", "SHUTDOWN", "PROCESS", "FILE", "SHOW DATABASES", "SUPER", "SET USER", "CONNECTION ADMIN"),
    *("FEDERATED ADMIN", "READ_ONLY ADMIN", "READ ONLY ADMIN", "BINLOG MONITOR", "BINLOG ADMIN", "BINLOG REPLAY"),
    *("REPLICATION CLIENT", "REPLICATION SLAVE", "REPLICATION SLAVE ADMIN", "REPLICATION MASTER ADMIN"),
    *("SLAVE MONITOR", "REPLICA MONITOR", "GRANT OPTION"),
)
_ROUTINES = ("PROCEDURE", "FUNCTION", "PACKAGE BODY", "PACKAGE")
_LIMITS = (
    *("MAX_QUERIES_PER_HOUR", "MAX_UPDATES_PER_HOUR", "MAX_CONNECTIONS_PER_HOUR"),
    *("MAX_USER_CONNECTIONS", "MAX_STATEMENT_TIME"),
)


@dataclass(frozen=True)
class Account:
    """A user at a host, or a role, which has none."""

    user: str
    host: str = ""

    @classmethod
    def of(cls, told: str) -> Account:
        """Return the account in `user@host`, as the server tells accounts apart; raise Strange for one of its own."""
        user, _, host = told.rpartition("@")
        own = user in OWN or (not host and user.lower() in _RESERVED)
        # The server ends names before their last spaces, and has no letters beyond the first plane.
        if own or not user.strip() or user != user.rstrip() or max(user) > "\uffff" or not host.isascii():
            raise Strange
        return cls(user, host.lower())

    def __str__(self) -> str:
        """Return the account as SQL wants it."""
        return f"{name(self.user)}@{name(self.host)}" if self.host else name(self.user)


@dataclass(frozen=True)
class Said:
    """A statement written anew.

    account: whom it is about. creation: whether it makes the account; then a user is locked, shut: also in the set.
    strong: whether it gives a right on more than some databases. role: the role that it gives.
    """

    account: Account
    sql: str
    creation: bool = False
    shut: bool = False
    strong: bool = False
    role: str = ""


def read(statement: str) -> Said:
    """Read one statement; raise Strange for anything that SHOW CREATE USER or SHOW GRANTS do not write."""
    tokens: list[Token] = []
    for found in _TOKEN.finditer(statement):
        if found.lastgroup != "space":
            tokens.append(_token(str(found.lastgroup), found[0]))
        if len(tokens) > MOST_TOKENS or (tokens and "\0" in tokens[-1].value):
            raise Strange
    said = Statement(tokens)
    for begin, rest in _FORMS.items():
        if said.accepts(*begin.split()):
            whole = rest(said)
            said.demand(";")
            said.end()
            return whole
    raise Strange


def _token(kind: str, value: str) -> Token:
    if kind == "name":
        return Token("name", value[1:-1].replace("``", "`"))
    if kind == "text":
        return Token(
            "text", _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]) if found[1] else "'", value[1:-1])
        )
    kinds: dict[str, Kind] = {"number": "number", "word": "word"}
    return Token(kinds.get(kind, "mark"), value)


def _name(said: Statement) -> str:
    return said.take("name", "word", "text").value


def _account(said: Statement) -> Account:
    user = _name(said)
    if not said.accepts("@"):
        return Account(user)
    host = _name(said)
    if not host:
        raise Strange
    return Account(user, host.lower())


def _role(said: Statement) -> Said:
    account = Account(_name(said))
    return Said(account, f"CREATE ROLE IF NOT EXISTS {account}", creation=True)


def _user(said: Statement) -> Said:
    account = _account(said)
    if not account.host:
        raise Strange
    words = [*_known_by(said), *_options(said)]
    shut = said.accepts("ACCOUNT", "LOCK")
    words.append("ACCOUNT LOCK")  # whoever was dropped since must not be let in by a restore
    if said.accepts("PASSWORD", "EXPIRE", "INTERVAL"):
        words.append(f"PASSWORD EXPIRE INTERVAL {said.take('number').value} DAY")
        said.demand("DAY")
    elif said.accepts("PASSWORD", "EXPIRE"):
        words.append("PASSWORD EXPIRE NEVER" if said.accepts("NEVER") else "PASSWORD EXPIRE")
    return Said(account, " ".join([f"CREATE USER IF NOT EXISTS {account}", *words]), creation=True, shut=shut)


def _known_by(said: Statement) -> list[str]:
    """Return by what an account is known: a hash, or plugins."""
    if said.accepts("IDENTIFIED", "BY", "PASSWORD"):
        return [f"IDENTIFIED BY PASSWORD {text(said.take('text').value)}"]
    ways = []
    if said.accepts("IDENTIFIED", "VIA"):
        ways.append(_plugin(said))
        while said.accepts("OR"):
            ways.append(_plugin(said))
    return [f"IDENTIFIED VIA {' OR '.join(ways)}"] if ways else []


def _plugin(said: Statement) -> str:
    plugin = name(_name(said))
    return f"{plugin} USING {text(said.take('text').value)}" if said.accepts("USING") else plugin


def _options(said: Statement) -> list[str]:
    """Return what a connection must be like, and what it may use."""
    words = []
    if said.accepts("REQUIRE"):
        words.append(f"REQUIRE {_required(said)}")
    if said.accepts("WITH"):
        words.append("WITH")
        while said.next_is("GRANT", *_LIMITS):
            word = said.comes(("GRANT OPTION", *_LIMITS))
            words.append(word if word == "GRANT OPTION" else f"{word} {said.take('number').value}")
    return words


def _required(said: Statement) -> str:
    if not said.next_is("ISSUER", "SUBJECT", "CIPHER"):
        return said.comes(("SSL", "X509", "NONE"))
    words = []
    while said.next_is("ISSUER", "SUBJECT", "CIPHER"):
        words.append(f"{said.comes(('ISSUER', 'SUBJECT', 'CIPHER'))} {text(said.take('text').value)}")
    return " ".join(words)


def _proxy(said: Statement) -> Said:
    other = _account(said)
    said.demand("TO")
    account = _account(said)
    option = " WITH GRANT OPTION" if said.accepts("WITH", "GRANT", "OPTION") else ""
    return Said(account, f"GRANT PROXY ON {other} TO {account}{option}", strong=True)


def _default_role(said: Statement) -> Said:
    role = name(_name(said))
    said.demand("FOR")
    account = _account(said)
    return Said(account, f"SET DEFAULT ROLE {role} FOR {account}")


def _grant(said: Statement) -> Said:
    if said.next_is("TO", after=1):
        role = _name(said)
        said.demand("TO")
        account = _account(said)
        option = " WITH ADMIN OPTION" if said.accepts("WITH", "ADMIN", "OPTION") else ""
        return Said(account, f"GRANT {name(role)} TO {account}{option}", role=role)
    rights = [_right(said)]
    while said.accepts(","):
        rights.append(_right(said))
    said.demand("ON")
    place = _place(said)
    said.demand("TO")
    account = _account(said)
    words = [f"GRANT {', '.join(rights)} ON {place} TO {account}", *_known_by(said), *_options(said)]
    return Said(account, " ".join(words), strong=rights != ["USAGE"] and _beyond(place))


def _beyond(place: str) -> bool:
    """Whether a place is more than some databases: all of them, or the server's own, which a pattern may mean, too."""
    database = place.partition(".")[0].strip("`").lower().replace("\\_", "\0")
    return "*" in database or "%" in database or any(fnmatchcase(own, database.replace("_", "?")) for own in SYSTEM)


def _right(said: Statement) -> str:
    privilege = said.comes(_PRIVILEGES)
    if not said.accepts("("):
        return privilege
    columns = [name(_name(said))]
    while said.accepts(","):
        columns.append(name(_name(said)))
    said.demand(")")
    return f"{privilege} ({', '.join(columns)})"


def _place(said: Statement) -> str:
    """Return on what privileges are: everything, a database, a table or a routine."""
    if said.accepts("*", ".", "*"):
        return "*.*"
    sort = next((f"{words} " for words in _ROUTINES if said.accepts(*words.split())), "")
    database = name(_name(said))
    said.demand(".")
    return f"{database}.*" if not sort and said.accepts("*") else f"{sort}{database}.{name(_name(said))}"


_FORMS: dict[str, Callable[[Statement], Said]] = {
    "CREATE ROLE IF NOT EXISTS": _role,
    "CREATE USER IF NOT EXISTS": _user,
    "GRANT PROXY ON": _proxy,
    "GRANT": _grant,
    "SET DEFAULT ROLE": _default_role,
}
