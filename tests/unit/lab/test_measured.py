"""What is measured is added up room by room, and what misses the floor is named."""

from measured import FLOORS, Room, missed, summed, table


def told(statements: int, lines: int, branches: int, ways: int) -> dict:
    numbers = {"num_statements": statements, "covered_lines": lines, "num_branches": branches}
    return {"summary": {**numbers, "covered_branches": ways}}


def test_files_are_added_up_by_room() -> None:
    found = summed(
        {"ops/core/run.py": told(10, 5, 4, 1), "ops/core/names.py": told(6, 6, 0, 0), "ops/cli.py": told(1, 1, 0, 0)}
    )
    assert [(room.name, room.there, room.run) for room in found] == [("cli.py", 1, 1), ("core", 20, 12)]


def test_a_room_below_the_floor_is_named() -> None:
    whole = [Room(name, 100, int(floor)) for name, floor in FLOORS.items()]
    assert missed(whole) == []
    whole[0] = Room("core", 100, 84)
    assert missed(whole) == ["core"]
    assert any("missed" in line and "core" in line for line in table(whole))


def test_a_room_that_nobody_measured_is_named() -> None:
    assert missed([Room(name, 100, 100) for name in FLOORS if name != "core"]) == ["core"]


def test_a_room_without_a_floor_may_be_empty() -> None:
    assert missed([*(Room(name, 1, 1) for name in FLOORS), Room("lab", 100, 0)]) == []
