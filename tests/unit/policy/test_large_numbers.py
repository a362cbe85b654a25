"""Numbers of thousands of digits, which Python itself refuses by an error: each is refused in a person's words."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ops.core.calendar import Calendar
from ops.core.document import Limits, parse
from ops.core.errors import Damaged, PolicyError
from ops.core.files import read_json
from ops.core.quantity import Duration, Size
from ops.core.schema import decode
from ops.fleet.inventory.ansible_words import failed
from ops.policy.compile import compile_site
from ops.policy.hostvars import compile_inventory
from ops.policy.layers import HostLayers

DIGITS = "9" * 5_000
LARGE = 10**5_000
SITE = {"name": "Test"}
TREES: dict[str, dict[Any, Any]] = {
    "value": {"version": 1, "site": {"name": LARGE}},
    "key": {"version": 1, "site": SITE, LARGE: 1},
    "inner key": {"version": 1, "site": SITE, "assets": {LARGE: {}}},
    "list": {"version": 1, "site": SITE, "assets": [LARGE]},
    "version": {"version": -LARGE, "site": SITE},
    "under 4300 digits": {"version": 10**4_000, "site": SITE},
}


@pytest.mark.parametrize("name", TREES)
def test_a_policy(name: str) -> None:
    for layers in (HostLayers(all=TREES[name]), HostLayers(host=TREES[name]), HostLayers(groups={"g": TREES[name]})):
        with pytest.raises(PolicyError, match="a number is too large; expected one of 64 bits"):
            compile_site({"his1": layers})


def test_a_layer() -> None:
    with pytest.raises(PolicyError, match="found a number that is too large"):
        compile_inventory({"his1": {"policy__all": LARGE}}, {})


@pytest.mark.parametrize("kind", [int, float, str, Duration, Size, Calendar, tuple[int, ...], dict[str, int], Any])
def test_any_kind_of_value(kind: Any) -> None:
    with pytest.raises(PolicyError, match="too large"):
        decode(kind, LARGE, "path")


TEXTS = [
    f"day {DIGITS}",
    f"every {DIGITS} months",
    f"*-*-{DIGITS}",
    f"*-{DIGITS}-01",
    f"between day {DIGITS} and day 3",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_calendar(text: str) -> None:
    with pytest.raises(PolicyError, match="a number of 5000 digits is too large") as refused:
        decode(Calendar, text, "path")
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(("kind", "unit"), [(Duration, "d"), (Size, "GiB"), (Size, ".5 GiB")])
def test_a_quantity(kind: Any, unit: str) -> None:
    with pytest.raises(PolicyError, match="expected a ") as refused:
        decode(kind, DIGITS + unit, "path")
    assert "set_int_max_str_digits" not in str(refused.value)
    assert decode(kind, f"12{unit.removeprefix('.5 ')}", "path")


def test_json(tmp_path: Path) -> None:
    text = f'{{"n": {DIGITS}}}'
    with pytest.raises(Damaged, match="a number of 5000 digits is too large; expected at most 19"):
        parse(text.encode(), Limits(1 << 20, 3, 10, 100), "an answer")
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(Damaged, match="a number of 5000 digits is too large; expected at most 19"):
        read_json(tmp_path / "x.json")
    assert parse(b'{"n": 9223372036854775807}', Limits(1 << 20, 3, 10, 100), "an answer")


@pytest.mark.parametrize("number", [DIGITS, str(10**40), str(-(10**19)), hex(1 << 66)])
def test_an_inventory(tmp_path: Path, number: str) -> None:
    """What is read by Ansible and by us is named with its line, wherever it stands."""
    (tmp_path / "hosts.yml").write_text(f"all:\n  vars:\n    number: {number}\n  hosts: {{his1: }}\n")
    words = [sys.executable, "-m", "ops", "policy", "check", str(tmp_path)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert "hosts.yml:3: YAML: a number is too large" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_ansible_says_of_a_number() -> None:
    said = failed("[ERROR]: YAML parsing failed: Exceeds the limit (4300 digits) for integer string conversion: x")
    assert said.endswith("a number has thousands of digits; `seawall policy check` names its line")
