"""The shape of the house: sizes, words that never stand in it, shell in places where there is none."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from ops.core.run import run

CHECKOUT = Path(__file__).parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Return the files of this checkout that git knows or would know."""
    words = ["git", "-c", f"safe.directory={CHECKOUT}", "ls-files", "--cached", "--others", "--exclude-standard", "--"]
    names = run([*words, *patterns], timeout=60, cwd=CHECKOUT).stdout.splitlines()
    return [path for name in names if (path := CHECKOUT / name).is_file()]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def readable(path: Path) -> str:
    """Return a file's text; bytes that are none stand for themselves."""
    return path.read_text(encoding="utf-8", errors="replace")


def named(paths: list[str]) -> None:
    if paths:
        pytest.fail("\n".join(paths), pytrace=False)


def test_modules_are_short() -> None:
    named([f"{path.relative_to(CHECKOUT)}: {lines(path)} lines" for path in tracked("*.py") if lines(path) > 300])


def test_functions_are_short() -> None:
    named([place for path in tracked("*.py") for place in long_functions(path)])


def long_functions(path: Path) -> list[str]:
    """Return the functions of a module that are longer than 40 lines."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    long = [node for node in functions if (node.end_lineno or 0) - node.lineno >= 40]
    return [f"{path.relative_to(CHECKOUT)}:{node.lineno}: {node.name}" for node in long]


def test_task_files_are_short() -> None:
    tasks = [path for path in tracked("roles/*.yml") if path.parent.name in {"tasks", "handlers"}]
    named([f"{path.relative_to(CHECKOUT)}: {lines(path)} lines" for path in tasks if lines(path) > 75])


def test_no_name_of_a_package_registry_and_no_path_of_a_workplace() -> None:
    words = [
        "deb.debian" + ".org",
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "registry.np" + "mjs",
        "/wo" + "rk/",
        "/fa" + "rm/",
    ]
    found = [f"{path.relative_to(CHECKOUT)}: {word}" for path in tracked() for word in words if word in readable(path)]
    named(found)


def test_no_module_is_called_by_nothing() -> None:
    vague = re.compile(r"/(utils?|helpers?|misc|common|base|manager)\.py$")
    named([str(path.relative_to(CHECKOUT)) for path in tracked("ops/*.py") if vague.search(str(path))])


def test_no_shell_in_roles() -> None:
    shell = re.compile(r"^\s*ansible\.builtin\.shell:", re.MULTILINE)
    named([str(path) for path in tracked("roles/*.yml", "playbooks/*.yml") if shell.search(path.read_text())])


def test_every_command_is_under_the_contract_that_no_command_imports_another() -> None:
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (listed,) = (one["modules"] for one in contracts if one["name"] == "commands never import commands")
    rooms = (CHECKOUT / "ops/commands" / room for room in ("server", "control"))
    found = {
        f"ops.commands.{room.name}.{path.stem}" for room in rooms for path in room.iterdir() if path.stem[0] != "_"
    }
    assert sorted(listed) == sorted(found)


def test_no_two_files_of_tests_have_one_name() -> None:
    """In one run pytest takes the second of them for the first."""
    names = Counter(path.name for path in tracked("tests/unit/**/test_*.py", "tests/contract/test_*.py"))
    named([name for name, count in names.items() if count > 1])
