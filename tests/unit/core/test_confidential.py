"""What programs say of rows: kept in a file while it is wanted, and nothing of it in what is told."""

import os
import stat
import threading
from pathlib import Path

import pytest

from ops.core import confidential
from ops.core.confidential import NOT_KNOWN, fit, kept_apart, phrases
from ops.core.errors import CommandError, SeawallError
from ops.core.run import run
from ops.jobs.run.program_words import apart, lines

ROW = "Quitéria Anunciação 1931"
POSTGRESQL = f"""\
pg_restore: error: COPY failed for table "patients": ERROR:  invalid input syntax for type integer: "{ROW}"
CONTEXT:  COPY patients, line 1, column id: "{ROW}"
pg_restore: detail: Failing row contains (1, {ROW}, null).
"""
# What programs say of the same row, and what may be told of it.
SAID = [
    (POSTGRESQL, "COPY failed; invalid input syntax"),
    (f"psql:x.sql:4: ERROR:  {ROW} may not be admitted twice", NOT_KNOWN),
    (f'ERROR:  duplicate key value violates unique constraint "p"\nDETAIL:  Key (name)=({ROW}) already exists.', None),
    (f"ERREUR:  la valeur {ROW} viole la contrainte\nDÉTAIL : la ligne ({ROW})", NOT_KNOWN),
    (f"ERROR 1062 (23000) at line 7: Duplicate entry '{ROW}' for key 'PRIMARY'", "ERROR 1062 (23000)"),
    (f"ERROR 1366 (22007) at line 2: Incorrect integer value: '{ROW}'", "ERROR 1366 (22007)"),
    (f"Parse error near line 1: {ROW}", NOT_KNOWN),
    (f"Fatal: unable to save /srv/letters/{ROW}.pdf: no space left on device", "No space left on device"),
    (f"[ 3.5] {ROW}: Kernel panic - not syncing", "Kernel panic"),
]


@pytest.mark.parametrize(("said", "told"), SAID)
def test_nothing_of_a_row_is_told(said: str, told: str | None) -> None:
    assert not set(phrases(said).split()) & set(ROW.split())
    assert told is None or phrases(said) == told


def test_a_program_that_fails_tells_its_sort_of_error_and_keeps_its_words(tmp_path: Path) -> None:
    words = tmp_path / "words"
    with kept_apart(words), pytest.raises(CommandError) as caught:
        run(["sh", "-c", 'printf "%s" "$1" >&2; exit 3', "sh", POSTGRESQL], timeout=20)
    assert str(caught.value) == "sh failed with code 3: COPY failed; invalid input syntax"
    assert POSTGRESQL.strip() in words.read_text()
    assert stat.S_IMODE(words.stat().st_mode) == 0o600


def test_elsewhere_a_program_is_repeated_as_before(tmp_path: Path) -> None:
    with kept_apart(tmp_path / "words"):
        pass
    assert fit("psql", POSTGRESQL) == POSTGRESQL
    assert not (tmp_path / "words").exists()


def test_what_mounts_is_repeated_for_it_sees_no_row(tmp_path: Path) -> None:
    with kept_apart(tmp_path / "words"):
        assert fit("/usr/bin/mount", "failed to setup loop device") == "failed to setup loop device"


def test_words_of_other_threads_are_kept_too(tmp_path: Path) -> None:
    told: list[str] = []
    with kept_apart(tmp_path / "words"):
        thread = threading.Thread(target=lambda: told.append(fit("psql", POSTGRESQL)))
        thread.start()
        thread.join()
    assert ROW not in told[0]
    assert ROW in (tmp_path / "words").read_text()


def test_no_more_is_kept_than_has_room(tmp_path: Path) -> None:
    with kept_apart(tmp_path / "words"):
        for _ in range(100):
            fit("psql", "x" * 1_000_000)
    assert (tmp_path / "words").stat().st_size <= confidential.MOST_KEPT


def test_an_error_of_ours_tells_where_and_not_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SeawallError, match=r"an error in Seawall itself \(ValueError\)"), apart(tmp_path / "own/words"):
        float(ROW)
    said = capsys.readouterr()
    assert ROW not in said.out + said.err
    assert "test_confidential.py" in said.out
    assert ROW in (tmp_path / "own/words").read_text()


def test_what_is_shown_moves_no_cursor(tmp_path: Path) -> None:
    with apart(tmp_path / "own/words"):
        fit("psql", f"{ROW}\x1b[2J")
    assert any(ROW in line for line in lines(tmp_path / "own/words"))
    assert all(line.isprintable() for line in lines(tmp_path / "own/words"))
    assert lines(tmp_path / "own/none") == []


def test_a_folder_of_anybody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in ("open", "link"):
        with (
            pytest.raises(SeawallError, match="must be a folder of this account alone"),
            apart(tmp_path / folder / "w"),
        ):
            pass
    assert [path.name for path in tmp_path.iterdir() if os.path.lexists(path / "w")] == []
