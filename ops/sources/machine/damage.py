"""Ways to hurt a restored machine before it boots, each of which a drill must notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from ops.core.files import behind_no_link
from ops.interfaces.damage import FileDamage
from ops.sources.machine.facts import ClusterFacts, MachineFacts

Act = Callable[[Path, MachineFacts, Random], str]
PAGE = 8192
LOST = 1 << 20


def _file(root: Path, path: str) -> Path | None:
    """Return a plain file of the tree, none when it is not there or lies behind a link."""
    found = root / path.lstrip("/")
    plain = found.is_file() and found.resolve() == root.resolve() / path.lstrip("/")
    return found if plain else None


def _sampled(act: Callable[[Path], str]) -> Act:
    """Hurt one of the files whose digest the manifest holds."""

    def hurt(root: Path, facts: MachineFacts, chance: Random) -> str:
        there = [path for name in sorted(facts.sample) if (path := _file(root, name)) and path.stat().st_size]
        return act(chance.choice(there)) if there else ""

    return hurt


def _flip(path: Path) -> str:
    mode = path.stat().st_mode
    path.chmod(mode | 0o200)
    with path.open("r+b") as file:
        byte = file.read(1)
        file.seek(0)
        file.write(bytes([byte[0] ^ 1]))
    path.chmod(mode)
    return "a bit of a sampled file was flipped"


def _remove(path: Path) -> str:
    path.unlink()
    return "a sampled file was removed"


def _without(path: str, what: str) -> Act:
    """Remove what no boot can do without."""

    def hurt(root: Path, _facts: MachineFacts, _chance: Random) -> str:
        found = _file(root, path)
        if found is None:
            return ""
        found.unlink()
        return what

    return hurt


def _unit_disabled(root: Path, facts: MachineFacts, chance: Random) -> str:
    found = (link for link in (root / "etc/systemd/system").glob("*.*s/*") if link.name in facts.enabled_units)
    links = sorted(link for link in found if behind_no_link(root, link))
    if not links:
        return ""
    chosen = chance.choice(links)
    for link in links:
        if link.name == chosen.name:
            link.unlink()
    return f"{chosen.name} was disabled"


def _cluster(act: Callable[[Path, Random], str]) -> Act:
    """Hurt the files of a PostgreSQL cluster."""

    def hurt(root: Path, facts: MachineFacts, chance: Random) -> str:
        clusters = sorted(facts.clusters.items())
        if not clusters:
            return ""
        port, cluster = chance.choice(clusters)
        data = _folder(root, cluster)
        words = act(data, chance) if data else ""
        return f"{words} (cluster at port {port})" if words else ""

    return hurt


def _folder(root: Path, cluster: ClusterFacts) -> Path | None:
    """Return a cluster's folder in the tree, none when it lies behind a link."""
    data = root / cluster.data.lstrip("/")
    return data if data.resolve() == root.resolve() / cluster.data.lstrip("/") else None


def _plain(root: Path, path: Path) -> bool:
    """Whether a path is a file, and one of the tree: a link may lead to what is the drill host's."""
    return path.is_file() and not path.is_symlink() and behind_no_link(root, path)


def _largest(data: Path) -> Path | None:
    """Return the largest file of tables and indexes."""
    files = [path for path in (data / "base").glob("*/[0-9]*") if _plain(data, path)]
    return max(files, key=lambda path: path.stat().st_size, default=None)


def _table_overwritten(data: Path, chance: Random) -> str:
    if (path := _largest(data)) is None:
        return ""
    with path.open("r+b") as file:
        for page in range(path.stat().st_size // PAGE):
            file.seek(page * PAGE)
            file.write(chance.randbytes(64))
    return f"the heads of all pages of {path.name} were overwritten"


def _table_removed(data: Path, _chance: Random) -> str:
    if (path := _largest(data)) is None:
        return ""
    path.unlink()
    return f"the file {path.name} of a table or an index was removed"


def _control_overwritten(data: Path, chance: Random) -> str:
    path = data / "global/pg_control"
    if not _plain(data, path):
        return ""
    path.write_bytes(chance.randbytes(path.stat().st_size))
    return "pg_control was overwritten"


def _log_removed(data: Path, chance: Random) -> str:
    segments = sorted(path for path in (data / "pg_wal").glob("[0-9A-F]*") if _plain(data, path))
    if not segments:
        return ""
    chosen = chance.choice(segments)
    chosen.unlink()
    return f"{chosen.name} of the write-ahead log was removed"


def _newest(pattern: str) -> Act:
    """Overwrite the beginning of the newest file of that name: it is there, and as large as it was."""

    def hurt(root: Path, _facts: MachineFacts, chance: Random) -> str:
        found = sorted((path for path in root.glob(pattern) if _file(root, str(path.relative_to(root)))), key=_age)
        if not found:
            return ""
        with found[-1].open("r+b") as file:
            file.write(chance.randbytes(min(LOST, found[-1].stat().st_size)))
        return f"the beginning of {found[-1].relative_to(root)} was overwritten"

    return hurt


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _modules_removed(root: Path, _facts: MachineFacts, _chance: Random) -> str:
    """Take the boot loader's parts away, which its installation copies."""
    found = [path for path in (root / "usr/lib/grub/i386-pc").glob("ext2.*") if _plain(root, path)]
    for path in found:
        path.unlink()
    return "the boot loader's module for the root's file system was removed" if found else ""


def _root_renamed(root: Path, _facts: MachineFacts, _chance: Random) -> str:
    """Have fstab mount nothing as the root."""
    place = _file(root, "etc/fstab")
    if place is None:
        return ""
    text = place.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.startswith("#") or line.split()[1:2] != ["/"]]
    if len(lines) == len(text.splitlines()):
        return ""
    place.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return "the root file system was removed from fstab"


# Only a machine that boots from a disk of its own can notice these.
_DISK: Mapping[str, Act] = {
    "kernel_overwritten": _newest("boot/vmlinuz-*"),
    "initrd_overwritten": _newest("boot/initrd.img-*"),
    "loader_incomplete": _modules_removed,
    "root_not_mounted": _root_renamed,
}
_TREE: Mapping[str, Act] = {
    "bit_flipped": _sampled(_flip),
    "file_removed": _sampled(_remove),
    "accounts_removed": _without("etc/passwd", "/etc/passwd was removed"),
    "init_removed": _without("usr/lib/systemd/systemd", "the first program was removed"),
    "unit_disabled": _unit_disabled,
    "table_overwritten": _cluster(_table_overwritten),
    "table_removed": _cluster(_table_removed),
    "control_overwritten": _cluster(_control_overwritten),
    "log_removed": _cluster(_log_removed),
}
DAMAGES = {
    **{name: FileDamage("tree", act) for name, act in _TREE.items()},
    **{name: FileDamage("disk", act) for name, act in _DISK.items()},
}
