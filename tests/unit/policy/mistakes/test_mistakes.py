"""Every mistake of the tables, as a person makes it and as `seawall policy check` answers."""

import re
from dataclasses import dataclass
from pathlib import Path

import absent
import mistake
import naming
import pytest
import relation
import texts
import timing
import value
import watching
from warm_ansible import WarmAnsible

from ops import cli

TABLES = (absent.TABLE, texts.TABLE, relation.TABLE, watching.TABLE, naming.TABLE, value.TABLE, timing.TABLE)
MISTAKES = [(what, row) for table in TABLES for what, row in table.rows.items()]
PLACED = re.compile(r"^(?:seawall policy: )?(?P<file>/[^\n]*?):(?P<line>\d+): ", re.MULTILINE)
LONGEST = 400  # characters of one line about one mistake, the file's name not counted


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return f"{self.out}\n{self.err}".splitlines()


@pytest.fixture
def checked(
    warm_ansible: WarmAnsible, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Return what makes a mistake and has it checked."""
    monkeypatch.setattr("ops.fleet.inventory.CACHE", tmp_path / "cache")

    def check(row: mistake.Mistake) -> tuple[Path, Answer]:
        inventory = mistake.made(row, tmp_path)
        code = cli.run(["policy", "check", str(inventory / row.path)])
        told = capsys.readouterr()
        return inventory, Answer(code, told.out, told.err)

    return check


def test_the_hospital_itself_is_accepted_without_a_word(checked) -> None:
    _, answer = checked(mistake.Mistake("", (), mistake.ACCEPTED))
    assert (answer.code, notes(answer)) == (0, [])


@pytest.mark.parametrize("row", [row for _, row in MISTAKES], ids=[what for what, _ in MISTAKES])
def test_mistake(checked, row: mistake.Mistake) -> None:
    inventory, answer = checked(row)
    verdict = row.verdict
    told = f"{answer.out}{answer.err}"
    assert answer.code == verdict.code, told
    assert "Traceback" not in told
    if verdict == mistake.ACCEPTED:
        assert not notes(answer), told
        return
    naming = [line for line in answer.lines if verdict.place is None or verdict.place.told_by(line, inventory)]
    assert naming, f"{verdict.place} is not named in:\n{told}"
    assert any(all(text in line for text in verdict.says) for line in naming), f"{verdict.says} is not said in:\n{told}"
    stand(inventory, answer, verdict)


def stand(inventory: Path, answer: Answer, verdict: mistake.Verdict) -> None:
    """What is said is short, and names lines that there are."""
    problems = [line for line in answer.lines if PLACED.match(line)]
    assert len(problems) <= verdict.most, "\n".join(problems)
    for line in problems:
        found = PLACED.match(line)
        assert found
        assert 1 <= int(found["line"]) <= max(1, Path(found["file"]).read_bytes().count(b"\n") + 1), line
        assert len(line.replace(str(inventory), "")) <= LONGEST, line


def notes(answer: Answer) -> list[str]:
    return [line for line in answer.lines if PLACED.search(line)]
