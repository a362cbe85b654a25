"""What a database is as a whole: its owner, settings and rights, what is said of it, and how many may be connected.

A dump of its content holds none of that. A restore gives it from the manifest, and the proof compares it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.sources.postgresql.facts import Setting
from ops.sources.postgresql.sql import identifier, literal, privilege, setting

# The comment of a database that is not finished: this, and below it the comment that the database has when it is.
MARK = "seawall: this restore is not finished"
_COMMENT = """
select pg_catalog.to_json(coalesce(pg_catalog.shobj_description(oid, 'pg_database'), ''))
from pg_catalog.pg_database where datname = {}
"""


@dataclass(frozen=True)
class Given:
    """Something that a database is given in a statement of its own. what: it in words."""

    what: str
    statement: str


def nature(facts: Setting) -> str:
    """Return what a database can be given only when it is made."""
    words = [
        "template template0",
        f"encoding {literal(facts.encoding)}",
        f"lc_collate {literal(facts.collate)} lc_ctype {literal(facts.ctype)}",
    ]
    if facts.provider == "c":
        words.append("locale_provider libc")  # the cluster's own databases may have another one
    if facts.provider == "i":
        rules = f" icu_rules {literal(facts.rules)}" if facts.rules else ""
        words.append(f"locale_provider icu icu_locale {literal(facts.locale or '')}{rules}")
    if facts.provider == "b":
        words.append(f"locale_provider builtin builtin_locale {literal(facts.locale or '')}")
    return " ".join([*words, f"owner {identifier(facts.owner)}"] if facts.owner else words)


def granted(database: str, facts: Setting) -> list[Given]:
    """Return what gives a database its grants; raise Damaged for one that no server keeps.

    Where it has not those of a new one, everybody and its owner lose theirs first.
    """
    name, said = identifier(database), []
    if not facts.public:
        holders = ", ".join(["public", *([identifier(facts.owner)] if facts.owner else [])])
        said.append(Given("revoked rights", f"revoke all on database {name} from {holders}"))
    for role, word, grantable in facts.grants:
        option = " with grant option" if grantable else ""
        whom = identifier(role) if role else "public"
        what = f"right {privilege(word)} of {role or 'everybody'}"
        said.append(Given(what, f"grant {word} on database {name} to {whom}{option}"))
    return said


def settings(database: str, facts: Setting) -> list[Given]:
    """Return what gives a database its settings; raise Damaged for one that no server keeps."""
    name, said = identifier(database), []
    for role, kept in facts.settings:
        word, _, value = kept.partition("=")
        of = f"role {identifier(role)} in database {name}" if role else f"database {name}"
        what = f"setting {word}" + (f" of role {role}" if role else "")
        said.append(Given(what, f"alter {of} set {setting(word, value)}"))
    return said


def described(database: str, facts: Setting) -> list[Given]:
    """Return what a loaded database is given at last: settings, how many may be connected, security labels."""
    name, said = identifier(database), settings(database, facts)
    if facts.connection_limit is not None and facts.connection_limit >= 0:
        said.append(Given("connection limit", f"alter database {name} connection limit {facts.connection_limit}"))
    for provider, label in facts.labels or ():
        statement = f"security label for {identifier(provider)} on database {name} is {literal(label)}"
        said.append(Given(f"security label of {provider}", statement))
    return said


def commented(database: str, comment: str) -> str:
    """Return the statement that gives a database a comment, or takes it away."""
    return f"comment on database {identifier(database)} is {literal(comment) if comment else 'null'}"


def comment_of(database: str) -> str:
    """Return the query for what is said of a database."""
    return _COMMENT.format(literal(database))


def marked(facts: Setting) -> str:
    """Return the comment of a database that is not finished, and will have the manifest's."""
    return "\n".join(filter(None, [MARK, unmarked(facts.comment or "")]))


def unmarked(comment: str) -> str:
    """Return the comment that a database has when it is finished."""
    return comment.removeprefix(MARK).removeprefix("\n") if comment.startswith(MARK) else comment
