"""A changed file of NUT's is judged by the real upsmon, also while the one of the machine runs."""

from __future__ import annotations

import importlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from throwaway_nut import LIBRARIES, ONLY_ROOT, programs

pytestmark = ONLY_ROOT
COLLECTIONS = Path(__file__).parents[2] / "playbooks/collections"
RIGHT = """
MONITOR mains@localhost 1 upsmon abc primary
SHUTDOWNCMD "/sbin/shutdown -h now"
POWERDOWNFLAG /etc/killpower
"""
# Nobody else sees this /run: the process that runs there under upsmon's name is the one that asks.
_RUNS = 'mount -t tmpfs none /run && mkdir /run/nut && echo $$ >/run/nut/upsmon.pid && "$@"'


class Running:
    """A machine on which an upsmon runs already."""

    def run_command(self, argv: Sequence[str], environ_update: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        environment = os.environ | {"LD_LIBRARY_PATH": LIBRARIES} | dict(environ_update or {})
        words = ["unshare", "--mount", "--propagation=slave", "sh", "-c", _RUNS, "sh", *argv]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def nut(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(COLLECTIONS))
    found = importlib.import_module("ansible_collections.seawall.operations.plugins.module_utils.nut")
    real = str(programs() / "upsmon")
    words = [real if word == found.UPSMON else word for word in found.PROGRAMS["upsmon.conf"]]
    monkeypatch.setitem(found.PROGRAMS, "upsmon.conf", words)
    monkeypatch.setattr(found, "UPSMON", real)
    return found


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (RIGHT, ""),
        (
            RIGHT.replace("SHUTDOWNCMD", "SHUTDOWNCOMMAND"),
            "upsmon.conf: upsmon refuses it: upsmon.conf line 3: invalid",
        ),
    ],
    ids=["right", "a word that NUT does not know"],
)
def test_upsmon_judges_its_file_while_another_one_runs(nut: ModuleType, text: str, wrong: str) -> None:
    said = nut.wrong_in_nut(Running(), {Path("/etc/nut/upsmon.conf"): text.encode()}, {})
    assert said.startswith(wrong), said
    assert bool(said) == bool(wrong), said
    assert "abc" not in said
