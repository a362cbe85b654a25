"""The intruder of the lab, on one machine: every act is refused, or named and undone by one documented command."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kept import kept

from ops.core.clock import iso
from ops.core.run import run
from tests.past_attacks import ADDED, BY_HOST, BY_KEY, REFUSALS, UNNAMED

INTRUDER = Path(__file__).parents[1] / "lab/intruder.py"
AT_THE_READERS_PORT = REFUSALS[-2:]
# What the door refuses, which stands before the servers of a backup host and is not here; without it all is named.
AT_THE_DOOR = {"make a repository within its own", "make a config in a folder of its choice"}


def test_each_act_is_refused_or_named_and_undone(machine, tmp_path, capfd):
    assert machine.seawall("repository", "init") == 0
    etc = machine.root / "etc/seawall/credentials"
    with kept(machine, tmp_path) as keeper:
        assert keeper.seawall("repository", "arrivals") == 0
        before = {path for path in keeper.repository.rglob("*") if path.is_file()}
        late = max(path.stat().st_mtime for path in before)
        argv = [etc / "primary.url", etc / "ca.pem", etc / "primary.password", "0"]
        done = subprocess.run([sys.executable, INTRUDER, *argv], capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        assert set(told["refused"]) == set(REFUSALS) - set(AT_THE_READERS_PORT)
        assert {act for act, status in told["refused"].items() if status < 300} == AT_THE_DOOR
        assert list(told["added"]) == list(ADDED)
        assert all(told["added"].values()), "what was refused after all needs another row in the table"

        capfd.readouterr()
        assert machine.seawall("repository", "foreign", "primary") == 1
        names = capfd.readouterr().out
        with_key = {line.split()[0] for line in names.splitlines()}
        assert keeper.seawall("repository", "arrivals") == 2
        at_night = keeper.named()
        assert "evil" in at_night
        for act, paths in told["added"].items():
            expected = {BY_HOST: at_night, BY_KEY: with_key, UNNAMED: set(paths)}[ADDED[act]]
            assert set(paths) <= expected, act
        assert not with_key & {str(path.relative_to(keeper.repository)) for path in before}

        (tmp_path / "names").write_text(names)
        words = ("repository", "set-aside", "his1", "--reason", "an intruder")
        assert keeper.seawall(*words) == 0
        assert keeper.seawall(*words, "--files", str(tmp_path / "names")) in (0, 1)
        moment = iso(datetime.fromtimestamp(late + 1, UTC))
        assert keeper.seawall(*words, "--arrived-after", moment) in (0, 2)
        left = {path for path in keeper.repository.rglob("*") if path.is_file()}
        assert before <= left
        assert {str(path) for path in left - before} == set()
        password = etc / "primary.password"
        run(["restic", "--no-cache", "-r", keeper.repository, "--password-file", password, "check"], timeout=60)


@pytest.mark.parametrize("name", ["his2", "../his1", ".aside"])
def test_only_a_client_s_repository_is_touched(machine, tmp_path, name):
    with kept(machine, tmp_path) as keeper:
        assert keeper.seawall("repository", "set-aside", name, "--reason", "x") == 2
        assert keeper.seawall("repository", "arrivals", "--accept", name, "--reason", "x") == 2
