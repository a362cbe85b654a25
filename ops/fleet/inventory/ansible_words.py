"""What Ansible warns of while it reads an inventory, in our words; deprecations are nobody's concern here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.core.errors import Problem
from ops.fleet.inventory.files import FILE, VARIABLES

_START = re.compile(r"^\[(?P<kind>WARNING|DEPRECATION WARNING|ERROR)\]:\s*(?P<said>.*)$")
# Said otherwise already: by the number of hosts, or by what the files themselves show.
_SILENT = (
    "No inventory was parsed",
    "Skipping",
    "provided hosts list is empty",
    "duplicate dict key",
    "duplicate mapping key",
    "Deprecation warnings can be disabled",
    "Invalid characters were found in group names",
)
_ENDLESS = re.compile(r"Exceeds the limit \(\d+ digits\).*", re.DOTALL)  # Python's word, of which nobody can make sense
_HOSTS = re.compile(r"host|invent", re.IGNORECASE)


def warnings(stderr: str) -> list[str]:
    """Given what Ansible said on standard error, return each of its warnings as one line."""
    found: list[str] = []
    kept = False
    for line in stderr.splitlines():
        start = _START.match(line)
        if start:
            kept = start["kind"] == "WARNING"
            if kept:
                found.append(start["said"].strip())
        elif kept and line.strip():
            found[-1] = f"{found[-1]} {line.strip()}"
    return found


def failed(stderr: str) -> str:
    """Given what Ansible said when it could not go on, return its reason, without the deprecations before it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("[ERROR]", "ERROR!", "Origin:"))]
    said = errors or [line for line in lines if "[DEPRECATION" not in line and "[WARNING" not in line][-3:]
    words = " ".join(re.sub(r"^(\[ERROR\]:|ERROR!)\s*", "", line) for line in said) or "it gives no reason"
    return _ENDLESS.sub("a number has thousands of digits; `seawall policy check` names its line", words)


def explained(said: Sequence[str], inventory: Path) -> tuple[list[Problem], list[Problem]]:
    """Given Ansible's warnings about an inventory, return the problems and the notes that they are."""
    problems: list[Problem] = []
    notes: list[Problem] = []
    for file in _dropped(said, inventory):
        why = _why(said, file)
        problem = Problem(FILE, f"Ansible reads no hosts here and drops the file{why}", f"{file}:1")
        (problems if file.suffix in {*VARIABLES, ".ini", ".toml"} or _HOSTS.search(file.name) else notes).append(
            problem
        )
    notes.extend(Problem("Ansible", f"warns: {text}", str(inventory)) for text in _others(said))
    return problems, notes


def _dropped(said: Sequence[str], inventory: Path) -> list[Path]:
    """The files that Ansible could not read; that it found nothing in a folder says nothing more."""
    found = [re.match(r"Unable to parse (.+?) as an inventory source", text) for text in said]
    paths = [Path(match[1]) for match in found if match]
    return [_as_given(path, inventory) for path in paths if path.is_file()]


def _as_given(path: Path, inventory: Path) -> Path:
    """Return a path as the person named it: Ansible says it in full."""
    whole = inventory.resolve()
    return inventory / path.relative_to(whole) if path.is_relative_to(whole) else path


def _why(said: Sequence[str], file: Path) -> str:
    """Return what the reader for files of such a name said of one: YAML's, or that of INI files."""
    plugin = "yaml" if file.suffix in VARIABLES else "toml" if file.suffix == ".toml" else "ini"
    for text in said:
        about = re.search(rf"with '?{plugin}'? plugin: (.*)", text)
        if about and file.name in text:
            why = re.split(r"Failed to parse inventory with|<<< caused by|Origin:", about[1])[0]
            return f": {why.removeprefix('Failed to parse inventory: ').strip()}"
    return ""


def _others(said: Sequence[str]) -> Iterator[str]:
    for text in dict.fromkeys(said):
        ours = text.startswith(("Unable to parse", "* Failed to parse", "Failed to parse inventory"))
        if not ours and not any(part in text for part in _SILENT):
            yield text
