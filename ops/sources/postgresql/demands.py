"""What a dump asks of the cluster that it is loaded into, besides the database: roles and table spaces."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ops.sources.postgresql.facts import PostgreSQLFacts
from ops.sources.postgresql.loading import Archive

# The definitions as SQL, without any row; of these only the lines that name roles and table spaces.
_DEFINITIONS = ("pg_restore", "--file=-", "--section=pre-data", "--section=post-data")
_NAMING = r"""
{ "$@" || exit 1; } |
grep -aE -e '^(ALTER .* OWNER TO|GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|CREATE POLICY|CREATE USER MAPPING) ' \
  -e '^SET default_t'
exit 0
"""
_NAME = r'("(?:[^"]|"")+"|[^\W\d][\w$]*)'
_ROLE = re.compile(rf"(?:\b(?:TO|FROM|FOR|ROLE|USER)|,) {_NAME}")
_SPACE = re.compile(rf"SET default_tablespace = {_NAME};")


@dataclass(frozen=True)
class Demands:
    """roles: names that may be those of roles, among others. spaces: table spaces."""

    roles: frozenset[str]
    spaces: tuple[str, ...]


def demands(archive: Archive, facts: PostgreSQLFacts) -> Demands:
    """Return what a dump, and the database as a whole, ask for."""
    text = archive.run(_NAMING, _DEFINITIONS)
    roles = {_plain(name) for line in text.splitlines() for name in _ROLE.findall(line)}
    roles |= {role for role, _ in facts.settings} | {role for role, _, _ in facts.grants} | {facts.owner or ""}
    spaces = tuple(sorted({_plain(name) for name in _SPACE.findall(text)}))
    return Demands(frozenset(roles - {""}), spaces)


def mapped(spaces: Collection[str], there: Collection[str]) -> str:
    """Return what is said when table spaces are not there; empty when all are."""
    gone = [space for space in spaces if space not in there]
    if not gone:
        return ""
    return (
        f"no table space {', '.join(gone)} on this server: all tables and indexes are in the default one; "
        "make it with `create tablespace`, then `alter table ... set tablespace` moves a table there"
    )


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
