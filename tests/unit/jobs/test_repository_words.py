"""The words of `seawall repository`: a program behind `--` keeps its own options."""

from argparse import ArgumentParser

import pytest

from ops.commands.server import repository


@pytest.mark.parametrize(
    "words",
    [
        ["primary", "--of", "his1", "--leave-out", "names"],
        ["--of", "his1", "--leave-out", "names", "primary"],
        ["--of", "his1", "primary", "--leave-out", "names"],
    ],
)
def test_a_program_is_what_stands_behind_the_dashes_wherever_the_options_are(words: list[str]):
    parser = ArgumentParser()
    repository.arguments(parser)
    told = parser.parse_args(["view", *words, "--", "restic", "snapshots", "--tag", "a", "-v"])
    assert (told.repository, told.of, told.leave_out) == ("primary", "his1", "names")
    assert told.program == ["restic", "snapshots", "--tag", "a", "-v"]
