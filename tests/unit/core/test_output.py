"""A file that can't be written is one line that says what to do, and nothing is left behind."""

import os
from pathlib import Path

import pytest

from ops import cli
from ops.core import output
from ops.core.errors import SeawallError, Unavailable, UsageError


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("missing/page.html", UsageError, "there is no folder"),
        (".", UsageError, "is a folder; a file is expected"),
        ("file/page.html", UsageError, "a part of this path is a file"),
        ("x" * 300, Unavailable, "File name too long"),
    ],
)
def test_a_place_where_no_file_can_be_is_told(path: str, error: type[SeawallError], says: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(error, match=says):
        output.write(tmp_path / path, "page")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_it_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        output.demand_place(tmp_path / "missing/page.html")
    with pytest.raises(UsageError, match="is a folder"):
        output.demand_place(tmp_path)
    output.demand_place(tmp_path / "page.html")
    output.demand_place(None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_of_somebody_else_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    os.seteuid(65_534)
    try:
        with pytest.raises(Unavailable, match="permission denied"):
            output.write(tmp_path / "page.html", "page")
    finally:
        os.seteuid(0)


def test_a_full_disk_is_told() -> None:
    with pytest.raises(Unavailable, match="no space is left there"):
        output.write(Path("/dev/full"), "page")
    assert Path("/dev/full").is_char_device()


def test_a_file_is_written_with_its_mode_and_a_pipe_as_it_is(tmp_path: Path) -> None:
    output.write(tmp_path / "page.html", "page", 0o640)
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o640
    reading, writing = os.pipe()
    output.write(Path(f"/proc/self/fd/{writing}"), "page")
    assert os.read(reading, 10) == b"page"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("place", ["missing/reference.md", "."])
def test_a_command_says_it_in_one_line(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["policy", "reference", "--output", str(tmp_path / place)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("seawall policy: ")
    assert "Traceback" not in said
