"""What a kind of target offers whose repositories lie in folders of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ops.interfaces.target import Reached, Writes
from ops.targets import _folder, _folder_view


@dataclass(frozen=True)
class Reading:
    """How repositories in folders of this machine are read, as a `Target` wants it.

    found: given the file with the address, returns the folder of the repository; raises Unavailable unless it is there.
    """

    found: Callable[[Path], Path]

    def reach(self, url: Path, _authority: Path) -> Reached:
        """Look whether it is there."""
        self.found(url)
        return Reached()

    def packs(self, url: Path, _authority: Path) -> Mapping[str, int]:
        """Return the size in bytes of every whole pack by its name."""
        return _folder.packs(self.found(url))

    def listed(self, url: Path, _authority: Path, folder: str) -> Mapping[str, int]:
        """Return the size in bytes of every file in one of the repository's folders by its name."""
        return _folder.listed(self.found(url), folder)

    def verify(self, url: Path, _authority: Path, name: str) -> int:
        """Read a pack whole; return its size in bytes."""
        return _folder.verify(self.found(url), name)

    def fault(self, url: Path, _authority: Path, path: str) -> str:
        """Return what is wrong with a file such as index/NAME, nothing when it is what its name says."""
        return _folder.fault(self.found(url), path)

    def view(
        self, url: Path, _authority: Path, hidden: Callable[[str], bool], writes: Writes | None = None
    ) -> AbstractContextManager[Path]:
        """Serve the repository without some files for a block."""
        return _folder_view.view(self.found(url), hidden, writes)
