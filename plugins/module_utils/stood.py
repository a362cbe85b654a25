"""What stood at a place before it was hardened: looked at, written down, and put back."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.seawall.operations.plugins.module_utils.on_disk import sync
from ansible_collections.seawall.operations.plugins.module_utils.steps import Wrong

COPIES = "copies"


def looked_at(path: Path) -> dict[str, Any]:
    """Return what stands at a path, without its content: kind, owner, mode; or the folders above that are missing."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return {"kind": "nothing", "missing": [str(above) for above in path.parents if not os.path.lexists(above)]}
    facts = {"ids": [found.st_uid, found.st_gid], "mode": stat.S_IMODE(found.st_mode)}
    if stat.S_ISLNK(found.st_mode):
        return {"kind": "link", "to": str(path.readlink())}
    if stat.S_ISREG(found.st_mode):
        return {"kind": "file", "changed": found.st_mtime_ns, **facts}
    if stat.S_ISDIR(found.st_mode):
        return {"kind": "folder", **facts}
    raise Wrong(f"{path}: is neither a file, a folder nor a link; find out what put it there")


def copied(path: Path, folder: Path) -> dict[str, Any]:
    """Return what stands at a path, with a copy of a file's content in a folder, on the disk."""
    facts = looked_at(path)
    if facts["kind"] != "file":
        return facts
    content = path.read_bytes()
    name = hashlib.sha256(str(path).encode()).hexdigest()
    place(folder / COPIES / name, content, 0o600)
    return {**facts, "copy": name, "checksum": hashlib.sha256(content).hexdigest()}


def put_back(path: Path, before: Mapping[str, Any], folder: Path, aside: Path) -> bool:
    """Bring back what stood at a path; return whether anything else stood there.

    folder: the record with its copies. aside: where that which is replaced is kept.
    """
    now = looked_at(path)
    if same(path, now, before):
        return False
    if now["kind"] == "file":
        place(aside / str(path).lstrip("/"), path.read_bytes(), 0o600)
    if before["kind"] == "file":
        content = (folder / COPIES / before["copy"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != before["checksum"]:
            raise Wrong(f"{path}: the copy of what stood there is damaged; nothing was put in its place")
        gone(path, now)
        place(path, content, before["mode"], before["ids"], before["changed"])
    elif before["kind"] == "link":
        gone(path, now)
        path.symlink_to(before["to"])
    elif before["kind"] == "folder":
        path.mkdir(exist_ok=True)
        os.chown(path, *before["ids"], follow_symlinks=False)
        path.chmod(before["mode"])
    else:
        gone(path, now)
        for above in map(Path, before["missing"]):
            if above.is_dir() and not any(above.iterdir()):
                above.rmdir()
    return True


def same(path: Path, now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether at a path stands what stood there before."""
    if now["kind"] == before["kind"] == "nothing":
        return not [above for above in before["missing"] if os.path.lexists(above)]
    if now["kind"] == before["kind"] == "file" and (now["ids"], now["mode"]) == (before["ids"], before["mode"]):
        return hashlib.sha256(path.read_bytes()).hexdigest() == before["checksum"]
    return dict(now) == dict(before)


def gone(path: Path, now: Mapping[str, Any]) -> None:
    """Remove what stands in the way; a folder only while it is empty."""
    if now["kind"] == "folder":
        if any(path.iterdir()):
            return
        path.rmdir()
    elif now["kind"] != "nothing":
        path.unlink()


def place(path: Path, content: bytes, mode: int, ids: list[int] | None = None, changed: int | None = None) -> None:
    """Write a file beside its place, on the disk, and move it there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if path.is_relative_to("/var/lib") else 0o755)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.unfinished-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if ids:
                os.fchown(file.fileno(), *ids)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        if changed is not None:
            os.utime(name, ns=(changed, changed))
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    sync(path.parent)


def forget(folder: Path) -> None:
    """Remove a record with its copies; the record's own name goes first, so that a half of it is never believed."""
    (folder / "before.json").unlink(missing_ok=True)
    shutil.rmtree(folder)
