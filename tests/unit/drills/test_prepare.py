"""What a booted machine is asked about its services."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ops.core.errors import PolicyError
from ops.core.run import stream
from ops.core.schema import decode
from ops.core.verdict import Finding, Verdict
from ops.drills._boot.container import Booted
from ops.drills._boot.prepare import Options, boot_over
from ops.interfaces.drill import Stage


@pytest.mark.parametrize("name", ["postgresql@*.service", "ssh.service cron.service", "--all", "[a-z]*"])
def test_a_service_is_named_and_not_described(name: str) -> None:
    with pytest.raises(PolicyError, match="expected the name of a systemd unit"):
        decode(Options, {"services": ["ssh.service", name]}, "options")


def test_an_instance_is_a_name() -> None:
    assert decode(Options, {"services": ["postgresql@15-main.service"]}, "options").services


def test_a_machine_that_stopped_after_it_answered_has_no_good_boot(tmp_path: Path) -> None:
    """Nothing is heard of failed units then, and that is no news of a good one."""
    told: dict[str, Finding] = {}
    stage = cast(Stage[Options], SimpleNamespace(options=Options(), rung=told.__setitem__))
    console = tmp_path / "console"
    console.write_text("Kernel panic\n")
    with stream(["true"], timeout=20) as nspawn:
        nspawn.process.wait()
        boot_over(stage, Booted(nspawn.process.pid, nspawn, console))
    assert told["boot"].verdict is Verdict.FAIL
    assert "Kernel panic" in told["boot"].message
