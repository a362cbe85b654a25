"""A way in for the role that loads rows, for one restore, where site.yml has not made it: on a server made anew, say.

Rules go above all else in the cluster's own files, and out again. The superuser's account edits them, for they lie in
a folder of that account's. What a killed restore left there lets in the same account, and goes with the next one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ops.core.announce import announce
from ops.core.errors import CommandError, Unavailable
from ops.sources.postgresql.loader import LOADER
from ops.sources.postgresql.reach import Reach
from ops.sources.postgresql.session import Session

SECONDS = 10.0  # until the server must have read its rules anew
_EDIT = r"""
set -eu
for file in "$hba" "$ident"; do
    file=$(readlink -f "$file"); new=$(mktemp "$file.XXXXXX"); chmod --reference="$file" "$new"
    {
        if [ -n "$rules" ]; then
            echo "# BEGIN a restore by Seawall"; echo "$rules"; echo "# END a restore by Seawall"
        fi
        sed '/^# BEGIN a restore by Seawall$/,/^# END a restore by Seawall$/d' "$file"
    } >"$new"
    mv "$new" "$file"
    rules=${rules:+$names}
done
"""
_RULES = f"local all {LOADER} peer map={LOADER}\nhost all {LOADER} all reject"


@contextmanager
def made(reach: Reach, database: str) -> Iterator[None]:
    """Let the role in for a block; where the files can't be edited, nothing is done, and connecting says why."""
    announce(f"PostgreSQL does not let in the role {LOADER} yet; rules for it are added until this restore ends")
    with reach.session() as session:
        try:
            _edit(reach, session, _RULES)
            _wait(reach, database)
            yield
        finally:
            _edit(reach, session, "")


def is_open(reach: Reach, database: str) -> bool:
    """Whether a session as the role comes about."""
    try:
        with reach.loaders(database):
            return True
    except (Unavailable, CommandError):
        return False


def _edit(reach: Reach, session: Session, rules: str) -> None:
    hba, ident = (session.tell(f"show {name}")[0] for name in ("hba_file", "ident_file"))
    names = f"{LOADER} {reach.server.account} {LOADER}"
    given = {"hba": hba, "ident": ident, "rules": rules, "names": names}
    words = ["env", *(f"{name}={value}" for name, value in given.items()), "sh", "-c", _EDIT]
    try:
        reach.server.run(words, SECONDS)
    except CommandError as error:
        announce(f"the rules of the cluster can't be edited: {error}")
    session.tell("select pg_reload_conf()")


def _wait(reach: Reach, database: str) -> None:
    """Wait until the server has read its rules."""
    end = time.monotonic() + SECONDS
    while not is_open(reach, database) and time.monotonic() < end:
        time.sleep(0.1)
