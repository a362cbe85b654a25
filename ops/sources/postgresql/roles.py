r"""The roles in a set, read as pg_dumpall writes them, and written anew: those that are needed, locked.

A role that is made owns things and is granted things, and can do nothing else until a person wants it to: it gets no
password, no login, none of the rights on the cluster that it had, and is a member only of roles that are made with it.
So a login that was dropped since does not come back by itself. On a new server, a person may want their logins, too.

A set may come from a server that somebody broke into: only statements that make a missing role and give it what it
had are taken out of the text. Commands of psql, several statements in a line and whatever else are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial

from ops.sources._shared.statement import MOST_TOKENS, Kind, PassedOver, Statement, Strange, Token
from ops.sources.postgresql.sql import identifier, literal

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
    | (?P<command>\\[^\n]*)
    | (?P<name>"(?:[^"]|"")+")
    | (?P<escaped>[Ee]'(?:[^'\\]|''|\\\\)*')
    | (?P<text>'(?:[^']|'')*')
    | (?P<number>-?[0-9]+)
    | (?P<word>[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*)
    | (?P<end>;)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_LONGEST = 63  # bytes; the server cuts off the rest, and means another role
_RESERVED = ("public", "none")
_USUAL = re.compile(r"\\(un)?restrict [A-Za-z0-9]+\s*")
_SETTINGS = ("client_encoding", "default_transaction_read_only", "standard_conforming_strings")
_ABLE = ("SUPERUSER", "INHERIT", "CREATEROLE", "CREATEDB", "LOGIN", "REPLICATION", "BYPASSRLS")
_ATTRIBUTES = (*_ABLE, *(f"NO{word}" for word in _ABLE))
_HARMLESS = ("INHERIT", "NOINHERIT")
# Settings that only a superuser may change: they load programs into the server, or put rights and triggers aside, so
# that none of a set is given to a role that may log in.
_OF_SUPERUSERS = (
    *("session_preload_libraries", "local_preload_libraries", "dynamic_library_path", "session_replication_role"),
    *("lo_compat_privileges", "allow_system_table_mods", "ignore_checksum_failure", "zero_damaged_pages"),
)
_PASSWORD = "PASSWORD"  # noqa: S105 -- the word, not a secret
_LOGIN = "LOGIN"
_LOGINS = (_LOGIN, "NOLOGIN", _PASSWORD)
_OPTIONS = tuple(f"{word} {value}" for word in ("ADMIN", "INHERIT", "SET") for value in ("OPTION", "TRUE", "FALSE"))
_OF_PARAMETERS = ("SET", "ALTER SYSTEM", "ALL", "ALL PRIVILEGES")

# Which roles a statement is about, and the statement written anew; an empty one is about rights that none gets.
_Form = Callable[[Statement], tuple[tuple[str, ...], str]]


def missing(
    text: str, there: Collection[str], needed: Collection[str], strange: PassedOver, *, logins: bool = False
) -> Iterator[str]:
    """Yield the statements that make the needed roles which are not there; those that are there stay as they are.

    logins: whether they may log in as they could.
    """
    alter: _Form = partial(_alter, _HARMLESS + _LOGINS if logins else _HARMLESS)
    forms = {**_FORMS, "ALTER ROLE": alter}
    made = set(there)
    wanted = {*needed} - {*there}
    for line, tokens in _divided(text):
        try:
            if not _of_the_session(tokens):
                about, sql = _read(Statement(tokens), forms, made)
                if sql and {*about} <= wanted:
                    yield sql
        except Strange:
            words = " ".join(token.value.upper() for token in tokens[:3] if token.kind == "word")
            strange.add(f"line {line} ({words[:60] or 'no SQL'}) is not about a role as pg_dumpall writes it")


def shown(statement: str) -> str:
    """Return such a statement as it may be told: without a password's hash."""
    return statement.partition(f" {_PASSWORD} ")[0]


def _divided(text: str) -> Iterator[tuple[int, list[Token]]]:
    """Yield the statements with the number of the line where each begins; a command of psql is one by itself."""
    tokens: list[Token] = []
    line = begun = 1
    for found in _TOKEN.finditer(text):
        kind, value = str(found.lastgroup), found[0]
        if not tokens:
            begun = line
        line += value.count("\n")
        if kind == "command" and not _USUAL.fullmatch(value):
            tokens.append(Token("mark", "\\"))
        if kind in {"end", "command"}:
            if tokens:
                yield begun, tokens
            tokens = []
        elif kind != "space" and len(tokens) <= MOST_TOKENS:
            tokens.append(_token(kind, value))
    if tokens:
        yield begun, [*tokens, Token("mark", "no end")]


def _token(kind: str, value: str) -> Token:
    if kind == "name":
        return Token("name", value[1:-1].replace('""', '"'))
    if kind == "text":
        return Token("text", value[1:-1].replace("''", "'"))
    if kind == "escaped":
        return Token("text", value[2:-1].replace("''", "'").replace("\\\\", "\\"))
    kinds: dict[str, Kind] = {"number": "number", "word": "word"}
    return Token(kinds.get(kind, "mark"), value)


def _of_the_session(tokens: Sequence[Token]) -> bool:
    """Whether a statement is one of those at the head of every such text, which we have no use for."""
    match [token.value for token in tokens]:
        case ["SET", word, "=", _]:
            return word in _SETTINGS
    return False


def _read(said: Statement, forms: Mapping[str, _Form], made: set[str]) -> tuple[tuple[str, ...], str]:
    """Return the roles that a statement is about, and the statement written anew; made: the roles so far."""
    for begin, rest in forms.items():
        if said.accepts(*begin.split()):
            about, sql = rest(said)
            role = about[0]
            said.end()
            if role in _RESERVED or role.startswith("pg_") or len(role.encode()) > _LONGEST:
                raise Strange
            if rest is _create:
                made.add(role)
            elif role not in made:
                raise Strange
            return about, sql
    raise Strange


def _name(said: Statement) -> str:
    token = said.take("word", "name")
    return token.value.lower() if token.kind == "word" else token.value


def _create(said: Statement) -> tuple[tuple[str, ...], str]:
    role = _name(said)
    return (role,), f"create role {identifier(role)}"


def _alter(granted: Collection[str], said: Statement) -> tuple[tuple[str, ...], str]:
    role = _name(said)
    if said.accepts("SET"):
        word = _name(said)
        if _LOGIN in granted and word.lower() in _OF_SUPERUSERS:
            raise Strange
        said.demand("TO")
        values = [literal(value) for value in _listed(said, lambda: said.take("text").value)]
        return (role,), f"alter role {identifier(role)} set {identifier(word)} to {', '.join(values)}"
    said.demand("WITH")
    words = [_attribute(said, granted)]
    while not said.ended:
        words.append(_attribute(said, granted))
    kept = " ".join(filter(None, words))
    return (role,), f"alter role {identifier(role)} with {kept}" if kept else ""


def _attribute(said: Statement, granted: Collection[str]) -> str:
    """Return an attribute that the role may have; nothing for one that it is not granted."""
    word = said.comes((*_ATTRIBUTES, "CONNECTION LIMIT", _PASSWORD, "VALID UNTIL"))
    if word == "CONNECTION LIMIT":
        return f"{word} {said.take('number').value}"
    if word in _ATTRIBUTES:
        return word if word in granted else ""
    value = literal(said.take("text").value)
    return f"{word} {value}" if word == "VALID UNTIL" or word in granted else ""


def _grant(said: Statement) -> tuple[tuple[str, ...], str]:
    """Read a membership. Who granted it may be missing here, too: the superuser grants it anew.

    None is made a member of the server's own roles, whose rights are rights on the cluster.
    """
    group = _name(said)
    said.demand("TO")
    role = _name(said)
    options = _listed(said, lambda: said.comes(_OPTIONS)) if said.accepts("WITH") else []
    if said.accepts("GRANTED", "BY"):
        _name(said)
    having = f" with {', '.join(options)}" if options else ""
    own = group.lower().startswith("pg_")
    return (role, group), "" if own else f"grant {identifier(group)} to {identifier(role)}{having}"


def _grant_parameter(said: Statement) -> tuple[tuple[str, ...], str]:
    """Read a right on a parameter of the cluster, which none gets."""
    _name(said)
    said.demand("TO")
    role = _name(said)
    said.accepts("WITH", "GRANT", "OPTION")
    return (role,), ""


def _comment(said: Statement) -> tuple[tuple[str, ...], str]:
    role = _name(said)
    said.demand("IS")
    return (role,), f"comment on role {identifier(role)} is {literal(said.take('text').value)}"


def _listed(said: Statement, one: Callable[[], str]) -> list[str]:
    found = [one()]
    while said.accepts(","):
        found.append(one())
    return found


_FORMS: Mapping[str, _Form] = {
    "CREATE ROLE": _create,
    "COMMENT ON ROLE": _comment,
    **{f"GRANT {word} ON PARAMETER": _grant_parameter for word in _OF_PARAMETERS},
    "GRANT": _grant,
}
