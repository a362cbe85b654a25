"""A target at a store, tried by tests that write into a folder of this machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import throwaway_store

from ops.core.errors import Unavailable
from ops.interfaces.target import Target
from ops.targets import _signed
from ops.targets.s3 import KIND


class Mirrored:
    """A target at a store, to which each look first brings the files of the test's folder, and back what went."""

    def __init__(self, target: Target, folder: Path, store: Callable[[], throwaway_store.Store]) -> None:
        self.target, self.folder, self.store = target, folder, store

    def wrapped(self) -> Target:
        names = ("reach", "packs", "verify", "unlock")
        return replace(self.target, **{name: self._look(getattr(self.target, name)) for name in names})

    def _look(self, real: Callable[..., object]) -> Callable[..., object]:
        def look(url: Path, authority: Path, *more: str) -> object:
            with suppress(Unavailable):  # as where nothing answers
                self._brought(url)
            try:
                return real(url, authority, *more)
            finally:
                self._back(url, authority)

        return look

    def _names(self, place: str) -> dict[str, Path]:
        files = filter(Path.is_file, self.folder.rglob("*"))
        return {f"{place}/{path.relative_to(self.folder)}": path for path in files if "rest-server" not in path.name}

    def _brought(self, url: Path) -> None:
        if f":{self.store().port}/" in url.read_text():
            for name, path in self._names(_signed.Store.read(url).folder).items():
                assert self.store().ask(throwaway_store.SERVER, name, method="PUT", body=path.read_bytes())[0] == 200

    def _back(self, url: Path, authority: Path) -> None:
        if f":{self.store().port}/" in url.read_text():
            left = {path.name for path in (self.folder / "locks").glob("*")} - {*KIND.listed(url, authority, "locks")}
            for name in left:
                (self.folder / "locks" / name).unlink()
