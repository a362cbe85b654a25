"""The first hour as docs/first-hour.md has it, typed at a control machine beside two machines as Debian made them.

Only what a page can't know is put in: the addresses of the machines, and the key that opens them.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hospital import CHECKOUT, Site, booted

from ops.core.run import run
from ops.lab.lab import Lab

pytestmark = pytest.mark.lab
PAGE = CHECKOUT / "docs/first-hour.md"
README = CHECKOUT / "README.md"
ADDRESSES = {"his1": "192.0.2.11", "backup1": "192.0.2.21"}
MOST_COMMANDS = 6
LIMIT = 15 * 60.0  # seconds, from the first word typed to the backup that was read back


@pytest.fixture(scope="module")
def two_machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server and a backup host, ready with SSH and nothing else."""
    machines = Lab("hour", hosts=tuple(ADDRESSES))
    try:
        machines.down()
        site = booted(machines, tmp_path_factory.mktemp("ssh"), layered=False)
        yield site
        site.leave()
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


@pytest.fixture
def desk_and_home() -> Iterator[tuple[Path, Path]]:
    """A folder for the clone and one for the person; their paths are short, as those of people are."""
    with tempfile.TemporaryDirectory(prefix="hour-") as folder:
        for name in ("seawall", "home"):
            Path(folder, name).mkdir()
        yield Path(folder, "seawall"), Path(folder, "home")


def commands(text: str, heading: str) -> list[str]:
    """Return the commands below a heading of a page, each with the lines that continue it."""
    section = text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = "".join(re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))
    return lines.replace("\\\n", "\0").splitlines()


def clone(folder: Path) -> Path:
    """Return a folder that is the checkout but for its inventories: a person's own is written there."""
    for path in CHECKOUT.iterdir():
        if path.name not in {"inventories", ".git", ".lab"}:
            (folder / path.name).symlink_to(path)
    (folder / "inventories").mkdir()
    return folder


def test_six_commands_lead_to_a_backup_that_was_read_back(two_machines: Site, desk_and_home: tuple[Path, Path]) -> None:
    typed = commands(PAGE.read_text("utf-8"), "The first hour")
    assert 1 <= len(typed) <= MOST_COMMANDS
    script = "\n".join(typed).replace("\0", "\\\n")
    lab = two_machines.lab
    for host, address in ADDRESSES.items():
        assert f"{host}={address}" in script
        script = script.replace(address, str(lab.machine(host).address))
    desk, home = desk_and_home
    begun = time.monotonic()
    told = run(
        ["bash", "-ec", script],
        timeout=LIMIT,
        cwd=clone(desk),
        env={
            "HOME": str(home),
            "ANSIBLE_PRIVATE_KEY_FILE": str(lab.key),
            "ANSIBLE_SSH_COMMON_ARGS": f"-F none -o UserKnownHostsFile={lab.known_hosts} -o StrictHostKeyChecking=yes",
        },
    )
    print(f"first hour: {len(typed)} commands, {time.monotonic() - begun:.0f} s", file=sys.stderr)
    print(told.stdout, file=sys.stderr)
    assert "read back" in told.stdout
    assert (home / ".seawall-vault").stat().st_mode & 0o777 == 0o600
    look_found(two_machines)


def look_found(site: Site) -> None:
    """The databases of the server were found by the look and are backed up, whole, as the server itself says."""
    for asset in ("his", "pharmacy", "etc_his1"):
        listed = site.on("his1", f"seawall snapshots {asset}")
        assert listed.code == 0, asset
        assert "whole" in listed.stdout
        assert "not whole" not in listed.stdout


def test_the_readme_has_the_same_commands() -> None:
    """Without the flags: there it asks."""
    short = [re.sub(r"\s{2,}#.*", "", line) for line in commands(README.read_text("utf-8"), "Setting up a real site")]
    typed = commands(PAGE.read_text("utf-8"), "The first hour")
    assert len(short) == len(typed)
    assert all(long.startswith(line) for line, long in zip(short, typed, strict=True))
