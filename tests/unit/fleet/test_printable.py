"""What machines say, line by line."""

import pytest

from ops.fleet.ssh.text import lines_of


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        ("", []),
        ("one\n", ["one"]),
        ("one", ["one"]),
        ("\n", [""]),
        ("one\n\ntwo\n", ["one", "", "two"]),
        ('{"message": "a\u2028b\x85c"}\n', ['{"message": "a\u2028b\x85c"}']),
    ],
)
def test_only_a_line_end_parts_two_lines(output: str, lines: list[str]) -> None:
    assert lines_of(output) == lines
