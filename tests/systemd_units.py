"""The units of a policy, written from the role's own templates and read by systemd."""

import dataclasses
import json
import re
import sys
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ops.core.run import run
from ops.policy.compile import document, read_document
from ops.policy.model import HostPolicy
from ops.policy.role_files import unit_files
from ops.policy.units import units

TEMPLATES = Path(__file__).parents[1] / "roles/systemd_job/templates"
PROGRAM = "/usr/bin/seawall"  # on servers; systemd demands that it is there


@cache
def environment() -> Environment:
    """As Ansible renders templates."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True)
    made.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None
    made.filters["comment"] = lambda text: f"# {text}"
    made.globals["ansible_managed"] = "Ansible managed"
    return made


def written(policy: HostPolicy) -> dict[str, str]:
    """Return the name and the text of every unit of a host."""
    texts = {}
    for profile in ("job", "drill"):
        mine = [unit for unit in units(policy) if unit.name.startswith("seawall-drill-") is (profile == "drill")]
        for file in unit_files([dataclasses.asdict(unit) for unit in mine], profile):
            texts[Path(file.path).name] = environment().get_template(file.template).render(**file.variables)
    return texts


def complaints(texts: dict[str, str], folder: Path) -> list[str]:
    """Return what systemd says of units; of one that it takes whole it says nothing."""
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text.replace(PROGRAM, sys.executable), "utf-8")
    words = ("systemd-analyze", "verify", "--man=no", "--recursive-errors=no")
    paths = [folder / name for name in sorted(texts)]
    told = run([*words, *paths], timeout=60, ok=range(256), env={"SYSTEMD_LOG_COLOR": "0"})
    names = tuple(start for path in paths for start in (str(path), path.name, f"Unit {path.name}"))
    said = told.stderr.splitlines()
    return [line for line in said if line.startswith(names)] or (said if told.code else [])


class Systemd:
    """Has systemd read the units of policies; of what it has taken before it is not asked again."""

    def __init__(self) -> None:
        self.taken: set[tuple[str, str]] = set()

    def complaints(self, policy: HostPolicy, folder: Path) -> list[str]:
        """Return what systemd says of a host's units, once the policy went the way to its machine."""
        policy = read_document(json.loads(json.dumps(document(policy))))
        texts = written(policy)
        if set(texts.items()) <= self.taken:
            return []
        found = complaints(texts, folder / policy.host)
        if not found:
            self.taken |= set(texts.items())
        return found
