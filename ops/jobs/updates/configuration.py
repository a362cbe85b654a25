"""The configuration of a machine, /etc, as it was before an update: kept, compared with what is there, brought back.

Accounts, what programs write by themselves, and what Seawall's own role brings stay as they are: an older list of
accounts would lock people out, and older keys would end the backups.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, UsageError
from ops.core.files import CHUNK, digest, sync_file_system
from ops.core.run import run

PLACE = "etc"
TIMEOUT = 900.0  # seconds
STAGED = ".seawall-roll-back"  # below /etc, so that a file takes its place in one step
LEFT = (
    *(f"etc/{name}{end}" for name in ("passwd", "group", "shadow", "gshadow", "subuid", "subgid") for end in ("", "-")),
    *("etc/.pwd.lock", "etc/machine-id", "etc/hostname", "etc/resolv.conf", "etc/mtab", "etc/adjtime"),
    *("etc/ld.so.cache", "etc/apt/apt.conf.d/01autoremove-kernels"),
    *("etc/seawall", "etc/seawall-readers", "etc/seawall-writers", f"etc/{STAGED}"),
)
_OURS = "etc/systemd/system/seawall"


@dataclass(frozen=True)
class Difference:
    """A file or folder that is not as it was. path: without the first `/`. what: changed, gone, new, rights."""

    path: str
    what: str


def pack(root: Path, archive: Path) -> None:
    """Write the configuration below a root into an archive; raise SeawallError when tar fails.

    A file that changes while it is read is in it as it was read, which the system does to its own files.
    """
    words = ["tar", "--create", "--gzip", f"--file={archive}", "--acls", "--xattrs", "--numeric-owner"]
    words += ["--hard-dereference"]
    run([*words, f"--directory={root}", f"--exclude={PLACE}/{STAGED}", PLACE], timeout=TIMEOUT, ok=(0, 1))
    archive.chmod(0o600)
    with tarfile.open(archive) as written:  # nothing counts until it has been read back
        for _ in written:
            pass


def compare(root: Path, archive: Path, left: Collection[str] = ()) -> list[Difference]:
    """Return what differs below a root from an archive, by path; raise Damaged when the archive can't be read."""
    found, known = [], set()
    try:
        with tarfile.open(archive) as kept:
            for member in kept:
                known.add(member.name)
                if not _left(member.name, left) and (what := _differs(root / member.name, member, kept)):
                    found.append(Difference(member.name, what))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Damaged(f"{archive} can't be read: {error}", "choose another moment: seawall roll-back --list") from error
    found += [Difference(path, "new") for path in _below(root) if path not in known and not _left(path, left)]
    return sorted(found, key=lambda one: one.path)


def bring_back(root: Path, archive: Path, differences: Sequence[Difference]) -> int:
    """Bring back what was changed or is gone, each file in one step; return how many. What is new stays.

    Raise UsageError where a folder now is in the place of a file.
    """
    wanted = sorted(one.path for one in differences if one.what != "new")
    if not wanted:
        return 0
    staged = root / PLACE / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    try:
        words = ["tar", "--extract", "--gzip", f"--file={archive}", "--acls", "--xattrs", "--numeric-owner"]
        words += ["--same-owner", "--same-permissions", "--no-recursion", "--no-wildcards"]
        names = staged / "names"
        names.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in wanted))
        words += [
            f"--directory={staged}",
            "--null",
            "--verbatim-files-from",
        ]  # the names come last: all before holds for them
        run([*words, f"--files-from={names}"], timeout=TIMEOUT)
        sync_file_system(staged)
        for path in wanted:
            _take_place(staged / path, root / path)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    sync_file_system(root / PLACE)
    return len(wanted)


def _take_place(source: Path, target: Path) -> None:
    """Put one file or folder of then into its place."""
    seen = source.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        if target.is_dir() and not target.is_symlink():
            raise UsageError(f"{target} is a folder now, and was a file", "move it away, then go on")
        source.replace(target)
        return
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} was a folder", "move what is there away, then go on")
    target.mkdir(exist_ok=True)
    os.chown(target, seen.st_uid, seen.st_gid)
    target.chmod(stat.S_IMODE(seen.st_mode))


def _left(path: str, more: Collection[str]) -> bool:
    if path.startswith(_OURS):
        return True
    return any(path == one or path.startswith(f"{one}/") for one in (*LEFT, *more))


def _below(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root / PLACE):
        for name in (*folders, *files):
            path = Path(folder, name)
            if stat.S_IFMT(path.lstat().st_mode) in {stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR}:
                yield str(path.relative_to(root))


def _differs(path: Path, member: tarfile.TarInfo, kept: tarfile.TarFile) -> str:
    """Return in which way a file is not as it was; empty where it is."""
    try:
        seen = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "gone" if member.isreg() or member.issym() or member.isdir() or member.islnk() else ""
    if member.islnk():
        return ""  # another name of a file that is looked at
    if member.issym():
        same = stat.S_ISLNK(seen.st_mode) and str(path.readlink()) == member.linkname
        return "" if same else "changed"
    if member.isreg():
        if not stat.S_ISREG(seen.st_mode) or seen.st_size != member.size or _digest(path) != _member(member, kept):
            return "changed"
    elif not member.isdir():
        return ""
    elif not stat.S_ISDIR(seen.st_mode):
        return "changed"
    rights = (stat.S_IMODE(seen.st_mode), seen.st_uid, seen.st_gid)
    return "" if rights == (member.mode & 0o7777, member.uid, member.gid) else "rights"


def _digest(path: Path) -> str:
    with suppress(FileNotFoundError):
        return digest(path)
    return ""


def _member(member: tarfile.TarInfo, kept: tarfile.TarFile) -> str:
    total, file = hashlib.sha256(), kept.extractfile(member)
    while file and (piece := file.read(CHUNK)):
        total.update(piece)
    return total.hexdigest()
