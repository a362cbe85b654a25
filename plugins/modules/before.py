"""Keeps what stood before a part of a machine was hardened, on that machine, and puts it back.

What is kept once is never overwritten: a second run of the playbook would keep what the first one made. Nothing of the
policy is needed to put it back. A run that was killed is taken up again where it stopped: the record goes last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.seawall.operations.plugins.module_utils import packages, stood
from ansible_collections.seawall.operations.plugins.module_utils.steps import Wrong

DOCUMENTATION = """
module: before
short_description: What stood before a part of a machine was hardened
description: Keeps it, puts it back, or lists the parts of which something is kept. Supports check mode.
options:
  act:
    description: C(keep), C(undo) or C(list).
  part:
    description: The part, such as C(ssh).
  paths:
    description: Files and links that the part writes, and folders that it makes.
  packages:
    description: Packages that the part installs, and those that leave for their sake.
  units:
    description: Units that the part starts, stops, enables or masks.
  commands:
    description: What is run once all else is put back, by a name of its own.
"""
RETURN = """
now:
  description: What the machine is like, one line for each thing; of C(keep).
parts:
  description: The parts of which something is kept, the newest first; of C(list).
back:
  description: What was put back; of C(undo).
"""
OPTIONS = {
    "act": {"type": "str", "choices": ["keep", "undo", "list"], "required": True},
    "part": {"type": "str"},
    "paths": {"type": "list", "elements": "path", "default": []},
    "packages": {"type": "list", "elements": "str", "default": []},
    "units": {"type": "list", "elements": "str", "default": []},
    "commands": {"type": "dict", "default": {}},
}
HOME = Path("/var/lib/seawall-hardening")
ASIDE = HOME / "aside"
RECORD = "before.json"
VERSION = 1
NAME = re.compile(r"[a-z][a-z_]{0,40}")
ENABLED = {"enabled", "disabled", "masked"}


def main() -> None:
    """Do what Ansible asks."""
    needs = [("act", "keep", ["part"]), ("act", "undo", ["part"])]
    module = AnsibleModule(argument_spec=OPTIONS, required_if=needs, supports_check_mode=True)
    try:
        if not NAME.fullmatch(module.params["part"] or "list"):
            raise Wrong(f"part is {module.params['part']!r}; expected a name such as usb_storage")
        module.exit_json(**{"keep": keep, "undo": undo, "list": known}[module.params["act"]](module))
    except Wrong as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error}; what was kept is still there, run it again")


def keep(module: AnsibleModule) -> dict[str, Any]:
    """Write down what is not written down yet."""
    folder = HOME / module.params["part"]
    record = read(folder) or {"version": VERSION, "since": moment(), "installed": [], **empty()}
    now = packages.states(module)
    auto = packages.automatic(module, module.params["packages"])
    units = shown(module, module.params["units"])
    new: dict[str, dict[str, Any]] = {
        "paths": {path: stood.looked_at(Path(path)) for path in module.params["paths"]},
        "packages": {
            name: {"state": now.get(name, "not-installed"), "auto": name in auto} for name in module.params["packages"]
        },
        "units": units,
        "commands": module.params["commands"],
    }
    said = [*(f"{path}: {one['kind']}" for path, one in new["paths"].items())]
    said += [f"package {name}: {one['state']}" for name, one in new["packages"].items()]
    said += [f"{name}: {one['load']}, {one['active']}, {one['enabled'] or 'static'}" for name, one in units.items()]
    lacking = {sort: {name: new[sort][name] for name in new[sort] if name not in record[sort]} for sort in new}
    changed = any(lacking.values()) or not (folder / RECORD).exists()
    if changed and not module.check_mode:
        record["installed"] = record["installed"] or sorted(name for name, one in now.items() if one == "installed")
        make(folder)
        lacking["paths"] = {path: stood.copied(Path(path), folder) for path in lacking["paths"]}
        for sort, found in lacking.items():
            record[sort].update(found)
        stood.place(folder / RECORD, json.dumps(record, indent=1).encode(), 0o600)
    return {"changed": changed, "now": said}


def undo(module: AnsibleModule) -> dict[str, Any]:
    """Put back what stood before a part, and forget that it was kept."""
    folder = HOME / module.params["part"]
    record = read(folder)
    if record is None:
        return {"changed": False, "back": []}
    every = [name for sort in empty() for name in record[sort]]
    if module.check_mode:
        return {"changed": True, "back": every}
    stop_new(module, record["units"])
    packages.bring_back(module, record["packages"], record["installed"])
    paths = sorted(record["paths"].items(), reverse=True)  # what lies in a folder before the folder
    back = [path for path, one in paths if stood.put_back(Path(path), one, folder, ASIDE / module.params["part"])]
    systemctl(module, "daemon-reload")
    for name, before in record["units"].items():
        bring_unit_back(module, name, before, shown(module, [name])[name])
    failed = [said for name, argv in record["commands"].items() if (said := run(module, name, argv))]
    if failed:
        raise Wrong(f"all is put back, but {'; '.join(failed)}; see to it and run this again")
    stood.forget(folder)
    return {"changed": True, "back": [*back, *(name for name in every if name not in record["paths"])]}


def known(_: AnsibleModule) -> dict[str, Any]:
    """Return the parts of which something is kept, the one that was kept last first."""
    found = [(record["since"], path.name) for path in HOME.glob("*/") if (record := read(path)) is not None]
    return {"changed": False, "parts": [name for _, name in sorted(found, reverse=True)]}


def empty() -> dict[str, dict[str, Any]]:
    """Return a record of nothing."""
    return {"paths": {}, "packages": {}, "units": {}, "commands": {}}


def read(folder: Path) -> dict[str, Any] | None:
    """Return the record of a part; None where nothing is kept of it."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Wrong(f"{folder / RECORD}: {error}") from error
    if record.get("version") != VERSION:
        raise Wrong(f"{folder / RECORD}: of version {record.get('version')}; this Seawall knows {VERSION}")
    return dict(record)


def make(folder: Path) -> None:
    """Make the folder of a part; nobody but root sees what stood in the machine's files."""
    HOME.mkdir(mode=0o700, exist_ok=True)
    (folder / stood.COPIES).mkdir(mode=0o700, exist_ok=True, parents=True)
    folder.chmod(0o700)


def moment() -> str:
    """Return the time, for the order in which parts are put back."""
    return datetime.now(UTC).isoformat()  # noqa: TID251 -- it runs where Seawall is not


def shown(module: AnsibleModule, names: list[str]) -> dict[str, dict[str, str]]:
    """Return what systemd knows of units."""
    found = {}
    for name in names:
        argv = ["systemctl", "show", "--property=LoadState,ActiveState,UnitFileState", "--", name]
        code, out, said = module.run_command(argv)
        if code:
            raise Wrong(f"systemctl show {name} ends with {code}: {said.strip()}")
        facts = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        words = (("load", "LoadState"), ("active", "ActiveState"), ("enabled", "UnitFileState"))
        found[name] = {word: facts.get(name_, "") for word, name_ in words}
    return found


def stop_new(module: AnsibleModule, units: Mapping[str, Mapping[str, str]]) -> None:
    """Stop and disable the units that were not there before, while their files still are."""
    new = [name for name, one in units.items() if one["load"] == "not-found"]
    for name, one in shown(module, new).items():
        if one["load"] == "loaded":
            systemctl(module, "disable", "--now", "--", name)


def bring_unit_back(module: AnsibleModule, name: str, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Enable, disable or mask a unit as it was, and start or stop it."""
    if before["load"] == "not-found":
        return
    if before["enabled"] in ENABLED and before["enabled"] != now["enabled"]:
        if now["enabled"] == "masked":
            systemctl(module, "unmask", "--", name)
        act = {"enabled": "enable", "disabled": "disable", "masked": "mask"}[before["enabled"]]
        systemctl(module, act, "--", name)
    if before["active"] == "active" and now["active"] != "active":
        systemctl(module, "start", "--", name)
    elif before["active"] in {"inactive", "failed"} and now["active"] == "active":
        systemctl(module, "stop", "--", name)


def systemctl(module: AnsibleModule, *words: str) -> None:
    """Command systemd."""
    code, _, said = module.run_command(["systemctl", *words])
    if code:
        raise Wrong(f"systemctl {' '.join(words)} ends with {code}: {said.strip()}")


def run(module: AnsibleModule, name: str, argv: list[str]) -> str:
    """Run a command of a part; return what went wrong, or nothing."""
    code, out, said = module.run_command(argv)
    return f"{name}: {argv[0]} ends with {code}: {(said or out).strip()}" if code else ""


if __name__ == "__main__":
    main()
