"""A dump is copied to where the drill sees it; anything but plain files is refused."""

from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.interfaces.outcome import Forecast
from ops.jobs.drill.external_dump import _digest, brought
from ops.jobs.drill.job import _forecast


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    folder = tmp_path / "var/lib/seawall"
    folder.mkdir(parents=True)
    return folder


def test_the_copy_is_there_for_the_block_alone(tmp_path: Path, state: Path) -> None:
    dump = tmp_path / "a.dump"
    dump.write_text("data")
    dump.chmod(0o400)
    with brought("his", str(dump)) as copy:
        assert Path(copy).read_text() == "data"
        assert Path(copy).is_relative_to(state / "dumps")
        assert Path(copy).parent.stat().st_mode & 0o777 == 0o700
    assert list((state / "dumps").iterdir()) == []
    assert dump.stat().st_mode & 0o777 == 0o400
    with brought("his", "") as copy:
        assert copy == ""


def test_links_and_what_is_not_there_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for dump in (folder, tmp_path / "none"):
        with pytest.raises(UsageError), brought("his", str(dump)):
            pass
    (folder / "toc.dat").write_text("")
    (folder / "1.dat").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="something other than files"), brought("his", str(folder)):
        pass


def test_the_digest_can_be_made_by_hand(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("a")
    (tmp_path / "two").write_text("b")
    assert _digest([tmp_path / "one"]).startswith("ca978112")
    assert _digest([tmp_path / "one", tmp_path / "two"]) != _digest([tmp_path / "two", tmp_path / "one"])


def test_a_forecast_only_warns() -> None:
    assert _forecast(60, None) == []
    (short,) = _forecast(60, Forecast(5, 0, 1, 59.9))
    (long,) = _forecast(60, Forecast(5, 0, 1, 60.1))
    assert (short.verdict, long.verdict, long.name) == ("pass", "warn", "forecast")
