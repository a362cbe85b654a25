"""SQL questions of the policy: one statement that reads, as far as its words tell.

A drill asks in a session that only reads. A question that writes would fail there once a month; here it is refused
when it is written.
"""

from __future__ import annotations

import re

_STARTS = ("select", "with", "table", "values")
# What begins a statement that writes, or steers the session; as a name of a column or a function it is harmless.
_WRITES = frozenset(
    (
        *("insert", "update", "delete", "merge", "replace", "upsert", "truncate", "drop", "create", "alter", "rename"),
        *("copy", "load", "call", "do", "grant", "revoke", "set", "reset", "lock", "unlock", "vacuum", "analyze"),
        *("reindex", "cluster", "refresh", "comment", "begin", "start", "commit", "rollback", "savepoint", "prepare"),
        *("execute", "declare", "fetch", "listen", "notify", "discard", "handler", "pragma", "attach", "detach"),
        *("show", "explain", "use", "import", "security"),
    )
)
_FUNCTIONS = re.compile(
    r"\b(?:nextval|setval|lo_\w+|pg_(?:sleep|terminate|cancel|reload|rotate|switch|promote|create|drop|write|file_write|"
    r"logical|replication|advisory|try_advisory|notify)\w*|set_config|dblink\w*|sleep|benchmark|load_file|get_lock|"
    r"release_lock|load_extension|writefile)\s*\(",
)
_LOCKS = re.compile(r"\bfor\s+(?:no\s+key\s+update|key\s+share|update|share)\b|\block\s+in\s+share\s+mode\b")
_DOLLAR = re.compile(r"\$(\w*)\$")
_WORDS = re.compile(r"[a-z_]\w*|\d[\w.]*|\S")
_ONE = "expected one statement that reads, such as `select count(*) from patients`"


def wrong(sql: str, *, backslash_escapes: bool = False) -> str:
    r"""Return why a text is no question, with what is expected; nothing when it is one.

    backslash_escapes: whether `\'` in a text is a quote of that text, as in MariaDB.
    """
    bare = _bare(sql, backslash_escapes)
    if bare is None:
        return f"a quote, a comment or a parenthesis is not closed; {_ONE}"
    bare = re.sub(r"[\s;]+$", "", bare).strip().lower()
    words = _WORDS.findall(bare)
    if not words:
        return f"is empty; {_ONE}"
    if ";" in words:
        return f"holds several statements; {_ONE}"
    first = next((word for word in words if word != "("), "")
    if first not in _STARTS:
        return f"begins with {first!r}; {_ONE}"
    if "\\" in words or "/*!" in sql.replace("/*M!", "/*!"):
        return f"holds a command of the database's client; {_ONE}"
    return _written(bare, words)


def _written(bare: str, words: list[str]) -> str:
    if "into" in words:
        return f"writes with `into`; {_ONE}"
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        # A statement in parentheses, or behind those of `with`; a name would be followed by something else.
        if before in "()" and word in _WRITES and re.fullmatch(r"[a-z_\"`]\w*", after):
            return f"writes with `{word}`; {_ONE}"
    if found := _LOCKS.search(bare):
        return f"locks rows with `{found[0]}`; remove that"
    if found := _FUNCTIONS.search(bare):
        return f"does more than read with `{found[0].rstrip('( ')}`; {_ONE}"
    return ""


def _bare(sql: str, backslash_escapes: bool) -> str | None:
    """Return a statement with its texts, quoted names and comments blanked; None when one of them is not closed."""
    bare, at, depth = [], 0, 0
    while at < len(sql):
        if end := _quoted(sql, at, backslash_escapes):
            if end > len(sql):
                return None
            bare.append(' "" ' if sql[at] in '"`' else " '' " if sql[at] in "'$" else " ")
            at = end
            continue
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth < 0:
            return None
        bare.append(sql[at])
        at += 1
    return None if depth else "".join(bare)


def _quoted(sql: str, at: int, backslash_escapes: bool) -> int:
    """Return where the text, quoted name or comment that begins here ends, past the end if it does not; else 0."""
    letter, never = sql[at], len(sql) + 1
    if sql.startswith("--", at):
        return (sql.find("\n", at) + 1) or len(sql)
    if sql.startswith("/*", at):
        return (sql.find("*/", at + 2) + 2) if "*/" in sql[at + 2 :] else never
    if letter == "$" and (tag := _DOLLAR.match(sql, at)):
        end = sql.find(tag[0], tag.end())
        return end + len(tag[0]) if end >= 0 else never
    if letter not in "'\"`":
        return 0
    escaped = backslash_escapes or (letter == "'" and re.search(r"\be$", sql[:at], re.IGNORECASE) is not None)
    form = rf"{letter}(?:[^{letter}\\]|{letter}{letter}|\\{'.' if escaped else ''})*{letter}"
    match = re.compile(form, re.DOTALL).match(sql, at)
    return match.end() if match else never
