from __future__ import annotations

from pathlib import Path

import pytest
from kernel import Kernel


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    proc = tmp_path / "proc"
    proc.mkdir()
    found = Kernel(proc)
    found.runs(1, "systemd", parent=0)
    (proc / "2").mkdir()  # a thread of the kernel: it has no program
    (proc / "self").mkdir()
    return found
