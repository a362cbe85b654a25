"""Control characters have no place in a policy; of several lines is what people say, and what programs are told."""

from pathlib import Path

import pytest

from ops.fleet.inventory.check import judge

pytestmark = pytest.mark.usefixtures("quick_inventory")

ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
SUMMARY = "summary: Hospital information system"
CONTROL = [r"\0", r"\e[2J", r"\r", r"\a", r"\x7f", r"\N", r"\x9b1m", r"\L", r"\P", r"\u202e"]


def spoil(inventory: Path, file: str, old: str, new: str) -> None:
    path = inventory / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("letter", CONTROL)
def test_a_control_character_is_refused_where_it_stands(inventory: Path, letter: str) -> None:
    spoil(inventory, HIS1, SUMMARY, f'summary: "HIS{letter}User=root"')
    _, (problem,) = judge(inventory)
    assert problem.where == f"{inventory / HIS1}:6"
    assert problem.path == "policy.assets.his.summary"
    assert "has the control character U+" in problem.message
    assert str(problem).isprintable()


@pytest.mark.parametrize("key", [r"HIS\e[2J", r"a\nb", r"\0"])
def test_a_key_with_one_is_refused_and_not_printed(inventory: Path, key: str) -> None:
    spoil(inventory, HIS1, SUMMARY, f'"{key}": x')
    problems = judge(inventory)[1]
    assert any("of the key: has " in problem.message for problem in problems)
    assert all(str(problem).isprintable() for problem in problems)


@pytest.mark.parametrize(
    ("file", "old", "new", "path"),
    [
        (ALL, 'phone: "+55 11 5555 0100"', r'phone: "+55\n11"', "policy.contacts.it_head.phone"),
        (ALL, "name: Test hospital", r'name: "Test\nhospital"', "policy.site.name"),
    ],
)
def test_what_stands_among_others_in_a_line_is_one(inventory: Path, file: str, old: str, new: str, path: str) -> None:
    spoil(inventory, file, old, new)
    _, (problem,) = judge(inventory)
    assert (problem.path, problem.message) == (path, "has several lines; write it in one")


def test_what_people_say_has_any_letters_in_one_line(inventory: Path) -> None:
    text = 'summary: "Nemocni\u010dn\u00ed\u00a0syst\u00e9m, \u4e2d\u6587 \U0001f3e5 and\\ta second part"'
    spoil(inventory, HIS1, SUMMARY, text)
    assert judge(inventory)[1] == []
