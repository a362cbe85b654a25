import threading
from pathlib import Path

import pytest
import rings
from rings import Ring, counted, grouped, run_rings

CHECKOUT = Path(__file__).parents[3]
SOON = 20  # seconds


def results(*, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    numbers = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    return "<testsuites><testsuite " + " ".join(f'{name}="{n}"' for name, n in numbers.items()) + "/></testsuites>"


def test_a_ring_counts_its_tests():
    ring = counted("unit", 1.0, 1, results(tests=10, failures=1, errors=1, skipped=2))
    assert (ring.passed, ring.failed, ring.skipped) == (6, 2, 2)
    assert not ring.good


def test_a_ring_that_passed_is_good():
    assert counted("unit", 1.0, 0, results(tests=3)).good


def test_a_ring_that_ran_no_test_is_not_good():
    assert not counted("lab", 1.0, 0, results(tests=4, skipped=4)).good
    assert not counted("lab", 1.0, 5, results(tests=0)).good


def test_a_ring_that_broke_off_is_not_good():
    assert not counted("lab", 1.0, 3, "").good
    assert not counted("lab", 1.0, 2, results(tests=3)).good


def test_a_ring_names_what_it_did_not_run():
    case = '<testcase name="test_luks"><skipped message="no device-mapper"/></testcase><testcase name="test_else"/>'
    found = results(tests=2, skipped=1).replace("/></testsuites>", f">{case}</testsuite></testsuites>")
    assert counted("lab", 1.0, 0, found).left_out == ("test_luks: no device-mapper",)


def test_a_ring_names_what_failed_and_why():
    case = (
        '<testcase name="test_a"><failure message="no his1&#10;more">...</failure></testcase><testcase name="test_b"/>'
    )
    found = results(tests=2, failures=1).replace("/></testsuites>", f">{case}</testsuite></testsuites>")
    assert counted("lab", 1.0, 1, found).reasons == (("test_a", "no his1"),)


def test_one_cause_of_many_failures_is_one_line():
    failed = [(f"test_{number}", "no his1") for number in range(40)] + [("test_x", "other")]
    assert grouped(failed) == ["test_0 and 39 more: no his1", "test_x: other"]
    assert len(grouped([(f"test_{number}", f"reason {number}") for number in range(40)])) == 9


def test_a_ring_without_a_lab_waits_for_none_that_has_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    together = threading.Barrier(4)

    def run(name: str, data: Path) -> Ring:
        if name != "drills":
            together.wait(SOON)
        return Ring(name, 1.0, passed=1)

    monkeypatch.setattr(rings, "LABS_AT_ONCE", 2)
    monkeypatch.setattr(rings, "OTHERS_AT_ONCE", 2)
    monkeypatch.setattr(rings, "run_ring", run)
    names = ["lab", "fresh", "drills", "restic", "unit"]
    assert [ring.name for ring in run_rings(names, tmp_path)] == names


def test_no_more_labs_are_up_at_once_than_a_small_machine_bears(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    others_are_through = threading.Event()
    most: list[int] = []
    up: set[str] = set()

    def run(name: str, data: Path) -> Ring:
        if name == "lint":
            others_are_through.set()
        elif name != "unit":
            up.add(name)
            most.append(len(up))
            assert others_are_through.wait(SOON)
            up.remove(name)
        return Ring(name, 1.0, passed=1)

    monkeypatch.setattr(rings, "LABS_AT_ONCE", 1)
    monkeypatch.setattr(rings, "run_ring", run)
    run_rings(["lab", "fresh", "drills", "unit", "lint"], tmp_path)
    assert most == [1, 1, 1]


def test_every_ring_that_boots_a_lab_counts_as_one():
    """Whoever has tests in tests/lab boots one, but for those that need only servers."""
    in_lab = {name for name, words in rings.RINGS.items() if words[0].startswith("tests/lab")}
    assert in_lab - {"servers"} == rings.WITH_LAB


def test_no_test_is_in_two_rings_or_in_none():
    def files(folder: Path) -> set[Path]:
        return set(folder.rglob("test_*.py"))

    seen: list[Path] = []
    for words in rings.RINGS.values():
        left_out = [files(CHECKOUT / word.removeprefix("--ignore=")) for word in words if word.startswith("-")]
        folders = [files(CHECKOUT / word) for word in words if not word.startswith("-")]
        seen += set().union(*folders).difference(*left_out)
    assert len(seen) == len(set(seen))
    # `seawall verify`, `make real` and `make disks` run these.
    by_hand = set().union(*(files(CHECKOUT / "tests" / name) for name in ("policy", "real", "disks")))
    assert set(seen) == files(CHECKOUT / "tests") - by_hand
