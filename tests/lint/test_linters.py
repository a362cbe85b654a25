"""The linters, as tests: one run of pytest is the whole gate. A linter that is not there has not been run."""

import sys
from pathlib import Path

import pytest

from ops.core.run import run

CHECKOUT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
MINUTES = 300.0


def lint(*argv: str, env: dict[str, str] | None = None) -> None:
    """Run a linter of this environment; what it says becomes the failure's text."""
    extra = {"PATH": f"{BIN}:/usr/bin:/bin", **(env or {})}
    result = run([BIN / argv[0], *argv[1:]], timeout=MINUTES, cwd=CHECKOUT, ok=range(256), env=extra)
    if result.code != 0:
        pytest.fail(f"{' '.join(argv)}\n{result.stdout}\n{result.stderr}", pytrace=False)


def test_ruff() -> None:
    lint("ruff", "check", "--no-cache", ".")


def test_format() -> None:
    lint("ruff", "format", "--no-cache", "--check", ".")


def test_types() -> None:
    lint("mypy", "ops")


def test_types_of_benchmarks() -> None:
    """No ring runs them whole, so nothing else notices when what they use has changed."""
    lint("mypy", "--explicit-package-bases", "tests/benchmarks")


def test_import_contracts() -> None:
    lint("lint-imports", "--no-cache")


def test_yaml() -> None:
    lint("yamllint", "--strict", "galaxy.yml", "inventories", "meta", "playbooks", "roles")


def test_playbooks_and_roles() -> None:
    """Playbooks are given one by one: their folder holds a link to the whole checkout, in which other tests write."""
    playbooks = sorted(str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "playbooks").glob("*.yml"))
    home = {"HOME": str(CHECKOUT / ".cache")}
    lint("ansible-lint", "--offline", "--strict", "galaxy.yml", "meta", *playbooks, "roles", env=home)
