"""What a store has in a folder: the files as they are now, or every version of each, with the marks of deletion.

A listing is a stranger's: it has limits, and what in it is no name or number of a file is refused.
"""

from __future__ import annotations

import http.client
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from ops.core.errors import Damaged
from ops.targets._signed import Store, asked, refused

MOST_PAGE = 8 << 20  # bytes of a page of at most a thousand entries
MOST = 4_000_000  # entries
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A file of a folder, or one version of it.

    path: below the repository's folder. version: empty in a listing of files. size: in bytes. newest: whether it is
    what the name now means. mark: whether it is a mark of deletion, which has no content.
    """

    path: str
    size: int
    version: str = ""
    newest: bool = True
    mark: bool = False


def entries(store: Store, authority: Path, folder: str) -> Iterator[Entry]:
    """Yield the files below a folder of the repository, as they are now; raise Unavailable or Damaged."""
    query = {"list-type": "2", "prefix": store.named(folder)}
    for page in _pages(store, authority, query, {"continuation-token": "NextContinuationToken"}):
        for one in page.findall("Contents"):
            yield Entry(_path(store, one), _size(store, one))


def versions(store: Store, authority: Path, folder: str = "") -> Iterator[Entry]:
    """Yield every version of each file below a folder, a name's newest first."""
    start = store.named(folder) if folder or not store.folder else f"{store.folder}/"
    query = {"versions": "", "prefix": start}
    follow = {"key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker"}
    for page in _pages(store, authority, query, follow):
        for one in page:
            if one.tag in ("Version", "DeleteMarker"):
                mark = one.tag == "DeleteMarker"
                newest = one.findtext("IsLatest") == "true"
                size = 0 if mark else _size(store, one)
                yield Entry(_path(store, one), size, one.findtext("VersionId") or "", newest, mark)


def _pages(store: Store, authority: Path, query: Mapping[str, str], follow: Mapping[str, str]) -> Iterator[ET.Element]:
    """Yield each page of a listing. follow: what is asked for the next one, and where the page before says it."""
    seen, words = 0, dict(query)
    while True:
        page = _page(store, authority, words)
        seen += len(page)
        if seen > MOST:
            raise Damaged(f"{store.host} lists more than {MOST} files of {store.bucket}/{store.folder}")
        yield page
        if page.findtext("IsTruncated") != "true":
            return
        said = {name: page.findtext(tag) or "" for name, tag in follow.items()}
        following = {name: value for name, value in said.items() if value}
        if not following or all(words.get(name) == value for name, value in following.items()):
            raise Damaged(f"{store.host} does not end its list of {store.bucket}/{store.folder}")
        words = {**query, **following}


def _page(store: Store, authority: Path, query: Mapping[str, str]) -> ET.Element:
    with asked(store, authority, "", query) as answer:
        if answer.status != http.HTTPStatus.OK:
            raise refused(store, answer)
        content = answer.read(MOST_PAGE + 1)
    what = f"the list of {store.bucket}/{store.folder} at {store.host}"
    if len(content) > MOST_PAGE or _DOCTYPE.search(content):
        raise Damaged(f"{what} is too long, or declares what it may not")
    try:
        page = ET.fromstring(content)  # noqa: S314 -- it declares nothing, and is short
    except (ET.ParseError, expat.ExpatError) as error:
        raise Damaged(f"{what} is no list: {error}") from error
    for one in page.iter():
        one.tag = one.tag.rpartition("}")[2]
    return page


def _path(store: Store, one: ET.Element) -> str:
    name, start = one.findtext("Key") or "", f"{store.folder}/" if store.folder else ""
    if not name.startswith(start):
        raise Damaged(f"{store.host} lists a file outside of {store.bucket}/{store.folder}: {name[:80]!r}")
    return name[len(start) :]


def _size(store: Store, one: ET.Element) -> int:
    said = one.findtext("Size") or ""
    if not said.isascii() or not said.isdigit() or len(said) > 18:  # noqa: PLR2004 -- of an exabyte
        raise Damaged(f"{store.host} tells no size of a file: {said[:40]!r}")
    return int(said)
