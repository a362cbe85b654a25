"""Ways to hurt a restored SQLite database, each of which a drill must notice.

It may come from a broken-in machine, so nothing but the program in the drill's tree opens it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

from ops.interfaces.damage import DataDamage, FileDamage
from ops.interfaces.server import Server
from ops.sources._shared.stream_damage import of_stream
from ops.sources.sqlite.facts import SQLiteFacts as Facts

FILE = "database.sqlite"
_DAY = 86_400.0

# The material can only be read, through a link: it gives way to a copy, as often as one likes.
_OWN = 'test ! -L "$1" || { cp -- "$1" "$1.own" && mv -- "$1.own" "$1"; }'
_NAMES = """
select json_group_array(json_array(type, name)) from sqlite_master
where sql is not null and name not like 'sqlite\\_%' escape '\\' and lower(sql) not like '%without rowid%'
"""


def _tell(server: Server, database: str, *statements: str) -> str:
    """Run statements, and return the lines of their answers."""
    words = ["sqlite3", "-batch", "-bail", "-safe", "-noheader", "-list", database]
    return server.run([*words, *statements], _DAY).strip()


def _names(server: Server, database: str, sort: str) -> list[str]:
    return sorted(str(name) for kind, name in json.loads(_tell(server, database, _NAMES)) if kind == sort)


def _owned(server: Server, database: str) -> None:
    server.run(["sh", "-c", _OWN, "sh", database], _DAY)


def _changed(statement: str, words: str) -> DataDamage[Facts]:
    """Return the damage that a statement does to rows; `{table}` and `{column}` stand in it."""

    def hurt(server: Server, database: str, facts: Facts, chance: Random) -> str:
        _owned(server, database)
        full = [table for table in _names(server, database, "table") if facts.rows.get(table, 0)]
        for table in chance.sample(full, len(full)):
            columns = f"select json_group_array(name) from pragma_table_info({_text(table)}) where pk = 0"
            if not (names := json.loads(_tell(server, database, columns))):
                continue
            said = statement.format(table=_name(table), column=_name(str(names[-1])))
            if int(_tell(server, database, said, "select changes()")):
                return f"{words} {table}"
        return ""

    return DataDamage(hurt)


def _dropped(sort: str) -> DataDamage[Facts]:
    def hurt(server: Server, database: str, _facts: Facts, chance: Random) -> str:
        _owned(server, database)
        if not (names := _names(server, database, sort)):
            return ""
        name = chance.choice(names)
        _tell(server, database, f"drop {sort} {_name(name)}")
        return f"the {sort} was dropped: {name}"

    return DataDamage(hurt)


def _set_back(server: Server, database: str, facts: Facts, _chance: Random) -> str:
    if not facts.sequences:
        return ""
    _owned(server, database)
    _tell(server, database, "update sqlite_sequence set seq = 1")
    return "the sequences were set back"


def _overwritten(folder: Path, facts: Facts, chance: Random) -> str:
    """Write over a page, but not the first."""
    file, size = folder / FILE, facts.page_size
    pages = file.stat().st_size // size if file.is_file() else 0
    if pages <= 1:
        return ""
    page = chance.randrange(1, pages)
    with file.open("r+b") as opened:
        opened.seek(page * size)
        opened.write(os.urandom(size))
    return f"page {page} of {pages} was overwritten"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first(statement: str) -> str:
    return f"{statement} where rowid = (select min(rowid) from {{table}})"


DAMAGES: dict[str, DataDamage[Facts] | FileDamage[Facts]] = {
    "page_overwritten": FileDamage("material", _overwritten),
    "table_emptied": _changed("delete from {table}", "all rows were deleted from"),
    "row_deleted": _changed(_first("delete from {table}"), "a row was deleted from"),
    "value_changed": _changed(
        _first("update {table} set {column} = coalesce({column}, '') || '.'"), "a value was changed in"
    ),
    "index_dropped": _dropped("index"),
    "view_dropped": _dropped("view"),
    "trigger_dropped": _dropped("trigger"),
    "table_dropped": _dropped("table"),
    "sequence_set_back": DataDamage(_set_back),
    **of_stream(lambda folder, _facts: folder / FILE),
}
