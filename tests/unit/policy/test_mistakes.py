"""Every mistake of the tables, as a person makes it and as `seawall policy check` answers."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from mistakes import ACCEPTED, HOLDS, MISTAKES, Mistake, Verdict, made
from systemd_units import Systemd
from warm_ansible import WarmAnsible

from ops import cli
from ops.fleet.inventory.check import judge

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

    def check(row: Mistake) -> tuple[Path, Answer]:
        inventory = made(row, tmp_path)
        code = cli.run(["policy", "check", str(inventory / row.path)])
        told = capsys.readouterr()
        return inventory, Answer(code, told.out, told.err)

    return check


def test_the_hospital_itself_is_accepted_without_a_word(checked) -> None:
    _, answer = checked(Mistake("", (), ACCEPTED))
    assert (answer.code, notes(answer)) == (0, [])


@pytest.mark.parametrize("row", MISTAKES.values(), ids=MISTAKES)
def test_mistake(checked, row: Mistake) -> None:
    inventory, answer = checked(row)
    verdict = row.verdict
    told = f"{answer.out}{answer.err}"
    assert answer.code == verdict.code, told
    assert "Traceback" not in told
    if verdict == ACCEPTED:
        assert not notes(answer), told
        return
    naming = [line for line in answer.lines if verdict.place is None or verdict.place.told_by(line, inventory)]
    assert naming, f"{verdict.place} is not named in:\n{told}"
    assert any(all(text in line for text in verdict.says) for line in naming), f"{verdict.says} is not said in:\n{told}"
    stand(inventory, answer, verdict)


@pytest.fixture(scope="module")
def systemd() -> Systemd:
    return Systemd()


@pytest.mark.parametrize("row", HOLDS.values(), ids=HOLDS)
def test_what_is_accepted_becomes_units_that_systemd_takes(
    warm_ansible: WarmAnsible, systemd: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: Mistake
) -> None:
    monkeypatch.setattr("ops.fleet.inventory.CACHE", tmp_path / "cache")
    policies, _ = judge(made(row, tmp_path) / row.path)
    assert {host: found for host, policy in policies.items() if (found := systemd.complaints(policy, tmp_path))} == {}
    assert len(policies) >= 5


def stand(inventory: Path, answer: Answer, verdict: Verdict) -> None:
    """What is said is short, and names lines that there are."""
    problems = [line for line in answer.lines if PLACED.match(line)]
    assert len(problems) <= verdict.most, "\n".join(problems)
    for line in problems:
        found = PLACED.match(line)
        assert found
        file = Path(found["file"])
        lines = file.read_bytes().count(b"\n") + 1 if file.exists() else 1
        assert 1 <= int(found["line"]) <= lines, line
        assert len(line.replace(str(inventory), "")) <= LONGEST, line


def notes(answer: Answer) -> list[str]:
    return [line for line in answer.lines if PLACED.search(line)]
