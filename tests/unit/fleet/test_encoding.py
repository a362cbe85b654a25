"""The encoding of a file that is not UTF-8, as probable as its bytes tell."""

from pathlib import Path

import pytest

from ops.core.errors import Problem
from ops.fleet.inventory.encoding import decoded

FILE = Path("policy.yml")


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("Krankenhaus K\u00f6ln \u2013 Stra\u00dfe", "cp1252", "WINDOWS-1252"),
        ("S\u00e3o Jo\u00e3o", "latin-1", "WINDOWS-1252"),
        ("P\u0159erov, \u017elu\u0165ou\u010dk\u00fd k\u016f\u0148", "cp1250", "WINDOWS-1250"),
        ("Szpital \u0141\u00f3d\u017a", "cp1250", "WINDOWS-1250"),
    ],
)
def test_the_encoding_is_named_with_the_line_as_it_reads(text: str, encoding: str, told: str) -> None:
    problem = decoded(FILE, b"a: 1\nname: " + text.encode(encoding) + b"\n")
    assert isinstance(problem, Problem)
    assert problem.where == f"{FILE}:2"
    assert f"{told}, in which this line reads `name: {text}`" in problem.message


def test_where_few_letters_fit_several_a_person_chooses() -> None:
    problem = decoded(FILE, "name: P\u0159erov\n".encode("cp1250"))
    assert isinstance(problem, Problem)
    assert "`name: P\u0159erov`" in problem.message
    assert "`name: P\u00f8erov`" in problem.message
    assert "iconv -f THE_ONE_THAT_READS_RIGHT" in problem.message


@pytest.mark.parametrize("text", ["name: P\u0159erov\n", "\ufeffname: x\r\n", "", "name: \U0001f3e5\tx\n"])
def test_nothing_is_said_of_utf_8(text: str) -> None:
    assert decoded(FILE, text.encode()) == text
