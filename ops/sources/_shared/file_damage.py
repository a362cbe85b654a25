"""Ways to hurt restored files, each of which a drill must notice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from ops.core.files import behind_no_link
from ops.interfaces.damage import FileDamage
from ops.sources._shared.file_sample import SampleFacts as Facts


def _file(act: Callable[[Path], str]) -> FileDamage[Facts]:
    """Hurt one of the files that were restored and whose digest the manifest holds."""

    def hurt(folder: Path, facts: Facts, chance: Random) -> str:
        there = [path for name in sorted(facts.sample) if (path := folder / name.lstrip("/")).is_file()]
        full = [
            path for path in there if not path.is_symlink() and behind_no_link(folder, path) and path.stat().st_size
        ]
        return act(chance.choice(full)) if full else ""

    return FileDamage("material", hurt)


def _flip(path: Path) -> str:
    """Flip a bit, and leave the time of change as it was."""
    seen = path.stat()
    with path.open("r+b") as file:
        file.seek(seen.st_size // 2)
        (byte,) = file.read(1)
        file.seek(seen.st_size // 2)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    return "a bit of a file was flipped"


def _cut(path: Path) -> str:
    seen = path.stat()
    os.truncate(path, seen.st_size - 1)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    return "the last byte of a file was cut off"


def _empty(path: Path) -> str:
    os.truncate(path, 0)
    return "a file was emptied"


def _remove(path: Path) -> str:
    path.unlink()
    return "a file was removed"


def _rename(path: Path) -> str:
    path.rename(path.with_name(path.name[:200] + ".seawall"))
    return "a file was renamed"


def _copy(path: Path) -> str:
    path.with_name(path.name[:200] + ".seawall").write_bytes(b"")
    return "a file was added"


def _open(path: Path) -> str:
    path.chmod(path.stat().st_mode ^ 0o007)
    return "the permissions of a file were changed"


def _give(path: Path) -> str:
    os.chown(path, path.stat().st_uid + 1, -1)
    return "the owner of a file was changed"


def _touch(path: Path) -> str:
    seen = path.stat()
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1_000_000_000))
    return "the modification time of a file was changed"


def _replace(path: Path) -> str:
    path.unlink()
    path.symlink_to("/nowhere")
    return "a file was replaced by a link"


def _link(folder: Path, _facts: Facts, chance: Random) -> str:
    links = sorted(path for path in folder.rglob("*") if path.is_symlink())
    if not links:
        return ""
    link = chance.choice(links)
    link.unlink()
    link.symlink_to("/nowhere")
    return "the target of a link was changed"


CONTENT: dict[str, FileDamage[Facts]] = {
    "bit_flipped": _file(_flip),
    "end_cut_off": _file(_cut),
    "file_emptied": _file(_empty),
    "file_removed": _file(_remove),
}
DAMAGES: dict[str, FileDamage[Facts]] = {
    **CONTENT,
    "file_renamed": _file(_rename),
    "file_added": _file(_copy),
    "mode_changed": _file(_open),
    "owner_changed": _file(_give),
    "time_changed": _file(_touch),
    "link_instead": _file(_replace),
    "link_retargeted": FileDamage("material", _link),
}
