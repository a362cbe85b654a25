"""Entering a booted machine: what leads in runs none of the machine's own Python."""

import json
import sys
from pathlib import Path

from ops.core.run import run
from ops.drills._boot import container, enter

LOADED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import enter
before = set(sys.modules)
os.get_exec_path(enter.ENVIRONMENT)  # what os.execvpe does, after the change of root
found = sorted(set(sys.modules) - before)
import json
print(json.dumps(found))
"""


def test_nothing_is_imported_after_the_change_of_root() -> None:
    folder = Path(enter.__file__).parent
    assert json.loads(run([sys.executable, "-IS", "-c", LOADED, folder], timeout=60).stdout) == []


def test_no_variable_and_no_module_of_a_site_has_a_say() -> None:
    assert container.entrance(4711)[1:] == ["-IS", str(container.ENTER), "4711"]
