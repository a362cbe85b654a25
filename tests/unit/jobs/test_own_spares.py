"""What root keeps of a repository on this machine lies where the account may write: no link leads root away from it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from account import as_account, link, machine, needs_root

from ops.core.errors import Unavailable
from ops.jobs.host import own_spares
from ops.keeper import spares

pytestmark = needs_root

KEY, CONFIG = b"a key that opens it", b"what restic made once"
KEPT = "var/lib/seawall/state/own_spares"


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with a repository of its own, and a folder of root's."""
    with machine() as made:
        monkeypatch.setenv("SEAWALL_ROOT", str(made))
        (made / "disk/second/keys").mkdir(parents=True)
        (made / "disk/second/config").write_bytes(CONFIG)
        (made / "disk/second/keys" / sha256(KEY).hexdigest()).write_bytes(KEY)
        (made / "elsewhere").mkdir(mode=0o700)
        yield made


@pytest.fixture
def place(root: Path) -> Any:
    named = SimpleNamespace(name="second")
    return SimpleNamespace(
        target=SimpleNamespace(attended=False), repository=named, folder=lambda: root / "disk/second"
    )


def test_what_root_keeps_the_account_goes_on_keeping(root: Path, place: Any) -> None:
    own_spares.keep(place)
    with own_spares.kept(place) as kept:
        assert kept and kept.paths() == {"config", f"keys/{sha256(KEY).hexdigest()}"}
    for sort in ("", *spares.KEPT):
        assert as_account((root / KEPT / "second" / sort / "new").touch) == 0


def test_nothing_is_kept_nor_read_by_a_link(root: Path, place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    link(root / KEPT, root / "elsewhere")
    own_spares.keep(place)
    assert not list((root / "elsewhere").iterdir())
    assert "nothing of second was kept besides" in capsys.readouterr().out
    (root / "elsewhere/second").mkdir()
    (root / "elsewhere/second/config").write_text("a secret of root's")
    with pytest.raises(Unavailable, match="can't be opened"), own_spares.kept(place):
        pass


def test_nothing_was_kept_yet(place: Any) -> None:
    with own_spares.kept(place) as kept:
        assert kept is None
