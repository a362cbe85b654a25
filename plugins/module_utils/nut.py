"""NUT's files, judged by NUT's own programs where they can, and by their grammar where there is no such program."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# What Debian calls upsmon in /sbin looks first whether NUT is to run, and reads nothing where it is not. That of Debian
# 12 reads nothing either while it sees another upsmon run, so that it is not to see one.
UPSMON = "/lib/nut/upsmon"
PROGRAMS = {"ups.conf": ["upsdrvctl", "-t", "start"], "upsmon.conf": ["unshare", "--pid", "--fork", UPSMON, "-K"]}
# upsmon -K looks whether the machine was to be shut down. It ends with 1 where not, and where it could not read a line.
READ = re.compile(r"^Power down flag is (not )?set", re.MULTILINE)
COMPLAINT = re.compile(r"invalid|unusable|unable|discarding|fatal|can't start|unknown|unrecogni", re.IGNORECASE)
# upsd has no such way: what its files may hold here.
LINES = {
    "nut.conf": re.compile(r"MODE=(none|standalone|netserver|netclient)"),
    "upsd.conf": re.compile(r"LISTEN \S+( [0-9]{1,5})?"),
    "upsd.users": re.compile(
        r'\[[\w.-]+\]|password = [^\s"#=\\]+|upsmon (primary|secondary|master|slave)|instcmds = [a-z.]+'
    ),
}


def wrong_in_nut(module: Any, files: Mapping[Path, bytes], _: Mapping[Path, bytes]) -> str:
    """Return what is wrong with NUT's files, all of them under their own names in one folder."""
    wrong = [said for path, content in sorted(files.items()) for said in _lines(path.name, content)]
    with tempfile.TemporaryDirectory(prefix="seawall-nut-") as folder:
        for path, content in files.items():
            Path(folder, path.name).write_bytes(content)
        for name in sorted(PROGRAMS.keys() & {path.name for path in files}):
            wrong += _program(module, name, folder)
    return "; ".join(wrong)


def _lines(name: str, content: bytes) -> Iterator[str]:
    """Yield the lines of a file that its grammar does not know, by number: what is in them may be a password."""
    known = LINES.get(name)
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        text = line.strip()
        if known and text and not text.startswith("#") and not known.fullmatch(text):
            yield f"{name}:{number}: not what NUT reads there"


def _program(module: Any, name: str, folder: str) -> Iterator[str]:
    code, out, err = module.run_command(PROGRAMS[name], environ_update={"NUT_CONFPATH": folder, "LC_ALL": "C"})
    said = f"{out}\n{err}"
    complaints = [_discreet(line, folder) for line in said.splitlines() if COMPLAINT.search(line)]
    good = code == 0 if name == "ups.conf" else bool(READ.search(said))
    if complaints or not good:
        program = "upsmon" if UPSMON in PROGRAMS[name] else PROGRAMS[name][0]
        yield f"{name}: {program} refuses it: {' | '.join(complaints) or f'it ends with {code}'}"


def _discreet(line: str, folder: str) -> str:
    """Return what a program says of a line without what stands in it, which may be a password."""
    place, found, _ = line.partition("invalid directive")
    return (f"{place}{found}" if found else line).replace(f"{folder}/", "").strip()
