"""Files of a log on their way to the server that plays them: of one name there is one content, or none."""

from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.jobs.restore.moment import _place_log

NAME = "00000001000000000000000A"


def brought(folder: Path, content: str) -> Path:
    log = folder / "log"
    log.mkdir()
    (log / NAME).write_text(content)
    (log / "stray").write_text("no file of a log")
    return log


def test_what_a_batch_brings_takes_the_place_of_what_the_set_had(tmp_path: Path) -> None:
    home = tmp_path / "pg_wal"
    home.mkdir()
    (home / NAME).write_text("half")
    assert _place_log(brought(tmp_path, "whole"), home, set()) == {NAME}
    assert {path.name: path.read_text() for path in home.iterdir()} == {NAME: "whole"}
    assert [path.name for path in tmp_path.iterdir()] == ["pg_wal"]


def test_a_second_batch_brings_the_same_or_nothing(tmp_path: Path) -> None:
    """Whoever has the server's key can add one with the date and the names of another."""
    home = tmp_path / "pg_wal"
    _place_log(brought(tmp_path, "whole"), home, set())
    _place_log(brought(tmp_path, "whole"), home, {NAME})
    with pytest.raises(Damaged, match=f"{NAME} was archived twice with different content"):
        _place_log(brought(tmp_path, "other"), home, {NAME})
    assert (home / NAME).read_text() == "whole"
