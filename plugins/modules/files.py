"""Puts a whole list of files and folders in place, in one call: only what differs is written, and atomically.

Everything is prepared beside its place first (written, on disk, with its owner and mode), and then validated; when all
of it is right, all of it is moved into place. So what is wrong with one file is known before any other was replaced,
and no handler is lost to a run that ends half-way.
"""

from __future__ import annotations

import base64
import glob
import grp
import hashlib
import os
import pwd
import re
import shlex
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.seawall.operations.plugins.module_utils.formats import FORMATS
from ansible_collections.seawall.operations.plugins.module_utils.on_disk import sync
from ansible_collections.seawall.operations.plugins.module_utils.shown import diff
from ansible_collections.seawall.operations.plugins.module_utils.steps import Step, There, Wanted, Wrong

DOCUMENTATION = """
module: files
short_description: Files and folders, put in place in one call
description: Writes those that differ, all or none. Supports check mode and diff mode; no diff shows a secret.
options:
  files:
    description: What is wanted; README.md of the role has the keys. Folders are made first, then files as they stand.
  contents:
    description: The files' contents, Base64, by path. Nothing of them is logged.
  look_at:
    description: Paths with patterns; those that are there are returned as C(seen), as they were before.
"""
RETURN = """
results:
  description: One for each of `files`; `path`, `changed`, what differs (`made`, `content`, `rights`), and `notify`.
seen:
  description: One for each path that `look_at` matches, with `path` and, for a file, its SHA-256 as `checksum`.
"""

FILE = {
    "path": {"type": "path", "required": True},
    "folder": {"type": "bool", "default": False},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str"},
    "format": {"type": "str", "choices": sorted(FORMATS)},
    "validate": {"type": "str"},
    "keep": {"type": "bool", "default": False},
    "secret": {"type": "bool", "default": False},
    "notify": {"type": "list", "elements": "str", "default": []},
}
OPTIONS = {
    "files": {"type": "list", "elements": "dict", "required": True, "options": FILE},
    "contents": {"type": "dict", "default": {}, "no_log": True},
    "look_at": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    """Do what Ansible asks."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    seen = [looked_at(path) for path in matching(module.params["look_at"])]
    try:
        steps = planned(module)
        if not module.check_mode:
            carry_out(module, steps)
    except Wrong as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    changed = [step for step in steps if step.differs]
    shown = {"diff": [part for step in changed for part in diff(step)]} if module._diff else {}
    module.exit_json(changed=bool(changed), results=[result(step) for step in steps], seen=seen, **shown)


def matching(patterns: list[str]) -> list[Path]:
    """Return the paths that match any of the absolute patterns."""
    return sorted({path for pattern in patterns for path in Path("/").glob(pattern.lstrip("/"))})


def looked_at(path: Path) -> dict[str, str]:
    """Return what is told of a path beside those that are wanted."""
    return {"path": str(path)} | ({"checksum": hashlib.sha256(path.read_bytes()).hexdigest()} if path.is_file() else {})


def planned(module: AnsibleModule) -> list[Step]:
    """Compare what is wanted with what is there."""
    contents = {path: base64.b64decode(text) for path, text in module.params["contents"].items()}
    every = [wanted(told, contents, demand_ids=not module.check_mode) for told in module.params["files"]]
    return [compared(one, there(one)) for one in sorted(every, key=lambda one: one.content is not None)]


def wanted(told: Mapping[str, Any], contents: Mapping[str, bytes], *, demand_ids: bool) -> Wanted:
    """Return one as it should be; in check mode an account may still be missing."""
    content = None if told["folder"] else contents.get(told["path"])
    if content is None and not told["folder"]:
        raise Wrong(f"{told['path']}: neither a content nor `folder: true` was given")
    names = (told["owner"], told["group"])
    ids = (account(pwd.getpwnam, names[0]), account(grp.getgrnam, names[1]))
    if demand_ids and None in ids:
        raise Wrong(f"{told['path']}: this machine has no account {names[ids.index(None)]!r}")
    mode = int(told["mode"] or ("0755" if told["folder"] else "0644"), 8)
    rest = {name: told[name] for name in ("format", "keep", "secret", "notify")}
    return Wanted(Path(told["path"]), content, names, ids, mode, validate=told["validate"] or "", **rest)


def account(ask: Any, name: str) -> int | None:
    """Return the id of a user or group, None when there is none of that name."""
    try:
        return int(ask(name)[2])
    except KeyError:
        return None


def there(one: Wanted) -> There:
    """Look at the place. A folder may be a link to one; in the place of a file a link counts as another file."""
    try:
        if one.content is None:
            return folder_there(one.path)
        found = one.path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return There()
    if stat.S_ISDIR(found.st_mode):
        raise Wrong(f"{one.path}: a folder is in its place")
    content = one.path.read_bytes() if stat.S_ISREG(found.st_mode) else None
    return There(True, content, (found.st_uid, found.st_gid), stat.S_IMODE(found.st_mode))


def folder_there(path: Path) -> There:
    """Look at the place of a folder."""
    handle = opened_folder(path)
    try:
        found = os.fstat(handle)
    finally:
        os.close(handle)
    return There(True, None, (found.st_uid, found.st_gid), stat.S_IMODE(found.st_mode))


def opened_folder(path: Path) -> int:
    """Open a folder, or the one that a link in its place leads to, and return its descriptor.

    A link is followed only where root or this account made it: some folders lie in one of another account, which must
    not say what it is given. Raise Wrong for any other link, and for what is no folder.
    """
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError:
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if not stat.S_ISLNK(found.st_mode):
            raise Wrong(f"{path}: a file is in its place")
        if found.st_uid not in {0, os.geteuid()}:
            raise Wrong(f"{path}: a link of another account is in its place; find out who put it there, then remove it")
        target = os.readlink("", dir_fd=handle)
    finally:
        os.close(handle)
    return opened_folder(path.parent / target)


def compared(one: Wanted, now: There) -> Step:
    """Return what differs."""
    step = Step(one, now)
    if not now.exists:
        step.differs = ["made"]
    elif not one.keep:
        content = ["content"] if one.content != now.content else []
        rights = ["rights"] if (now.ids, now.mode) != (one.ids, one.mode) else []
        step.differs = content + rights
    return step


def carry_out(module: AnsibleModule, steps: list[Step]) -> None:
    """Make the folders, prepare every file, then move all of them into place."""
    todo = [step for step in steps if step.differs]
    for step in steps:
        forget_unfinished(step.wanted)
    try:
        for step in todo:
            if step.wanted.content is None:
                make_folder(step.wanted)
            elif step.differs != ["rights"]:
                prepare(step)
        validate(module, steps)
        for step in todo:
            put(step)
        for folder in {step.wanted.path.parent for step in todo}:
            sync(folder)
    finally:
        for ready in [step.ready for step in todo if step.ready]:
            ready.unlink(missing_ok=True)


def put(step: Step) -> None:
    """Move what was prepared into place; where rights alone differ, set them."""
    if step.ready:
        step.ready.replace(step.wanted.path)
        step.ready = None
    elif step.wanted.content is not None:
        give_rights(step.wanted, step.wanted.path)


def make_folder(one: Wanted) -> None:
    """Make a folder, and those above it that are missing, with its rights."""
    missing = [path for path in (one.path, *one.path.parents) if not path.exists()]
    for path in [*reversed(missing[1:]), one.path]:
        path.mkdir(mode=0o700, exist_ok=True)
        give_rights(one, path)


def forget_unfinished(one: Wanted) -> None:
    """Remove what a run that was killed had prepared beside a file; a secret may be in it."""
    for left in one.path.parent.glob(f"{glob.escape(beginning(one))}????????"):
        left.unlink(missing_ok=True)


def beginning(one: Wanted) -> str:
    """Return how the names of files begin that wait beside a place."""
    return f".{one.path.name}.unfinished-"


def prepare(step: Step) -> None:
    """Write a file beside its place, on disk and with its rights."""
    one = step.wanted
    handle, name = tempfile.mkstemp(prefix=beginning(one), dir=one.path.parent)
    step.ready = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(one.content or b"")
        file.flush()
        give_rights(one, step.ready)
        os.fsync(file.fileno())


def validate(module: AnsibleModule, steps: list[Step]) -> None:
    """Have all that is prepared judged: each format's files together, then each file by its own command."""
    ready = [step for step in steps if step.ready]
    beside = {step.wanted.path: step.wanted.content for step in steps if step.wanted.content is not None}
    for name in sorted({step.wanted.format for step in ready if step.wanted.format}):
        same = {step.wanted.path: step.wanted.content or b"" for step in steps if step.wanted.format == name}
        if said := FORMATS[name](module, same, beside):
            raise Wrong(f"{', '.join(map(str, sorted(same)))}: nothing was replaced, not all of it is right: {said}")
    for step in ready:
        if step.wanted.validate:
            run_validation(module, step, {str(each.wanted.path): str(each.ready) for each in ready})


def run_validation(module: AnsibleModule, step: Step, ready: Mapping[str, str]) -> None:
    """Run a file's own command; %s is what waits beside its place, %{PATH} what waits beside another, or that one."""
    one = step.wanted
    argv = []
    for word in shlex.split(one.validate):
        filled = re.sub(r"%\{([^}]+)\}", lambda found: ready.get(found[1], found[1]), word)
        argv.append(filled.replace("%s", str(step.ready)))
    code, out, err = module.run_command(argv)
    if code:
        said = "what it said is not shown, for the file is a secret" if one.secret else f"{out}{err}".strip()
        raise Wrong(f"{one.path}: was not replaced, {argv[0]} refuses what is wanted (exit code {code}): {said}")


def give_rights(one: Wanted, path: Path) -> None:
    """Set owner and mode through a handle, so that a link put in the way is not followed to a file elsewhere."""
    handle = opened_folder(path) if one.content is None else os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        os.fchown(handle, *(-1 if number is None else number for number in one.ids))
        os.fchmod(handle, one.mode)
    finally:
        os.close(handle)


def result(step: Step) -> dict[str, Any]:
    """Return what is told of one, nothing of its content."""
    told = {what: what in step.differs for what in ("made", "content", "rights")}
    return {"path": str(step.wanted.path), "changed": bool(step.differs), "notify": step.wanted.notify, **told}


if __name__ == "__main__":
    main()
