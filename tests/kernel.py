"""A folder that looks like /proc, for whoever looks at what runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Kernel:
    """A folder that looks like /proc, with processes as wanted."""

    proc: Path

    def runs(self, pid, program, *, parent=1, group="/system.slice/some.service", root=None, cwd="/", open_files=()):
        folder = self.proc / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "net").mkdir()
        (folder / "exe").symlink_to(f"/usr/sbin/{program}")
        (folder / "cwd").symlink_to(cwd)
        (folder / "root").symlink_to(root or "/")
        (folder / "cgroup").write_text(f"9:name=systemd:/\n0::{group}\n")
        (folder / "stat").write_text(f"{pid} (a name (with) parts) S {parent} {pid} 0\n")
        for number, target in enumerate(open_files):
            (folder / "fd" / str(number)).symlink_to(target)
        return folder
