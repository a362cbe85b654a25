"""What a store kept of files that were written over or deleted, and how long nobody can delete it.

restic never writes another content under a name: but for `config`, a name is the SHA-256 of the content. So of all
versions of a name the one that it fits is right, and of `config` the oldest, which nobody can precede.
"""

from __future__ import annotations

import http.client
import itertools
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ops.core import clock
from ops.core.errors import Damaged, SeawallError
from ops.interfaces.layout import CONFIG, LOCKS, SORTS
from ops.interfaces.target import Kept, Missing, Renewed, Spoiled
from ops.targets._objects import digested
from ops.targets._signed import Store, asked, refused
from ops.targets._versions import Entry, versions

_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_UNTIL = re.compile(rb"<RetainUntilDate>([^<]{10,40})</RetainUntilDate>")
_SOURCE = "x-amz-copy-source"
_LASTING = {*SORTS} - {LOCKS}
_MOST_SAID = 1 << 16  # bytes of an answer that is no file
_OK = http.HTTPStatus.OK


def spoiled(url: Path, authority: Path) -> Iterator[Spoiled]:
    """Yield the files whose newest version is not what was stored, each with the version that is."""
    store = Store.read(url)
    for path, found in _by_path(store, authority):
        newest, contents = found[0], [one for one in found if not one.mark]
        if not newest.mark and len(contents) == 1:
            continue  # written once, and still there
        if newest.mark:
            yield Spoiled(path, "was deleted", _right(store, authority, path, contents))
        elif (right := _right(store, authority, path, contents)) != newest.version:
            yield Spoiled(path, "was written over", right)


def bring_back(url: Path, authority: Path, one: Spoiled) -> None:
    """Make the right version of a file the newest one again, and read it back; raise Damaged or Unavailable."""
    store = Store.read(url)
    name = store.named(one.path)
    source = quote(f"/{store.bucket}/{name}", safe="/-_.~") + f"?versionId={quote(one.right, safe='')}"
    with asked(store, authority, name, method="PUT", more={_SOURCE: source}) as answer:
        if answer.status != _OK:
            raise refused(store, answer)
        if b"<Error>" in answer.read(_MOST_SAID):  # which may come behind a good status
            raise Damaged(f"{store.host} could not bring {one.path} back")
    before, now = (digested(store, authority, one.path, one.path, version)[0] for version in (one.right, ""))
    if before != now:
        raise Damaged(f"{one.path} at {store.host} is not what was brought back", "find out who writes there meanwhile")


def renewed(options: Any, url: Path, authority: Path) -> Renewed:
    """Lock the right version of each file below the folder for as long as the policy says, from now on."""
    store, until = Store.read(url), clock.now() + timedelta(days=options.lock.days)
    files, wrong = 0, ""
    for path, found in _by_path(store, authority):
        oldest = next((one for one in reversed(found) if not one.mark), None)
        if oldest is None:
            continue
        try:
            _lock(store, authority, oldest, options.lock.mode, until)
            files += 1
        except SeawallError as error:
            wrong = wrong or f"{path}: {error.message}"
    return Renewed(files, until, wrong)


def _lock(store: Store, authority: Path, one: Entry, mode: str, until: datetime) -> None:
    """Lock a version, and read back until when it is; a lock that holds longer stays."""
    body = (
        f'<Retention xmlns="{_SPACE}"><Mode>{mode.upper()}</Mode>'
        f"<RetainUntilDate>{clock.iso(until)}</RetainUntilDate></Retention>"
    ).encode()
    query = {"retention": "", "versionId": one.version}
    told = {"content-md5": b64encode(md5(body, usedforsecurity=False).digest()).decode()}  # the store demands it
    with asked(store, authority, store.named(one.path), query, "PUT", body, told) as answer:
        said = answer.status
    with asked(store, authority, store.named(one.path), query) as answer:
        if answer.status != _OK:
            raise refused(store, answer)
        found = _UNTIL.search(answer.read(_MOST_SAID))
    try:
        holds = found is not None and clock.parse(found[1].decode("ascii")) >= until.replace(microsecond=0)
    except ValueError:
        holds = False
    if not holds:
        raise Damaged(f"its lock was not renewed (HTTP {said})", "compare the rights of the keeper with docs/s3.md")


def _by_path(store: Store, authority: Path) -> Iterator[tuple[str, Sequence[Entry]]]:
    """Yield each file of a repository with its versions, the newest first; restic's own locks come and go."""
    for path, found in itertools.groupby(versions(store, authority), lambda one: one.path):
        *folders, name = path.split("/")
        if name == CONFIG or _LASTING.intersection(folders[-2:]):
            yield path, list(found)


def _right(store: Store, authority: Path, path: str, contents: Sequence[Entry]) -> str:
    """Return which of the versions of a file is right; nothing where none is.

    Whoever wrote others may have made them so that nobody can read them: encrypted, say, or too large. So the newest
    is asked first, then the oldest, which nobody can precede, and what can't be read counts only where none is right.
    """
    wanted = path.rpartition("/")[2]
    if wanted == CONFIG and contents:
        wanted = digested(store, authority, path, path, contents[-1].version)[0]
    unread: SeawallError | None = None
    for one in [*contents[:1], *reversed(contents[1:])]:
        try:
            if digested(store, authority, path, path, one.version)[0] == wanted:
                return one.version
        except (Damaged, Missing):
            continue
        except SeawallError as error:
            unread = error
    if unread:
        raise unread
    return ""


KEPT: Kept[Any] = Kept(
    spoiled=spoiled,
    bring_back=bring_back,
    renewed=renewed,
    keeper=lambda options: options.keeper or "",
    days=lambda options: options.lock.days if options.lock else 0,
)
