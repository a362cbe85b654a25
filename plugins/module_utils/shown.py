"""What the module `files` shows of a change; nothing of a secret."""

from __future__ import annotations

import grp
import pwd
from typing import Any

from ansible_collections.seawall.operations.plugins.module_utils.steps import Step, Wanted

LARGEST_SHOWN = 100 << 10  # bytes of a file that a diff shows


def diff(step: Step) -> list[dict[str, str]]:
    """Return what changes, in Ansible's words for it."""
    one, now = step.wanted, step.there
    headers = {"before_header": str(one.path), "after_header": str(one.path)}
    shown = []
    if one.content is not None and step.differs != ["rights"]:
        shown.append({**headers, "before": text(one, now.content, now.exists), "after": text(one, one.content, True)})
    if step.differs != ["content"]:
        before = rights((name_of(pwd.getpwuid, now.ids[0]), name_of(grp.getgrgid, now.ids[1])), now.mode)
        shown.append({**headers, "before": before if now.exists else "", "after": rights(one.names, one.mode)})
    return shown


def text(one: Wanted, content: bytes | None, exists: bool) -> str:
    """Return a content as a diff may show it."""
    if not exists:
        return ""
    if one.secret:
        return f"(a secret: the {'new' if content is one.content else 'old'} content is not shown)\n"
    if content is None or len(content) > LARGEST_SHOWN:
        return f"({'no file' if content is None else f'{len(content)} bytes'}: not shown)\n"
    return content.decode("utf-8", "backslashreplace")


def rights(names: tuple[str, str], mode: int) -> str:
    """Return rights for people."""
    return f"owner {names[0]}, group {names[1]}, mode {mode:04o}\n"


def name_of(ask: Any, number: int) -> str:
    """Return the name of an id, the id itself when it has none."""
    try:
        return str(ask(number)[0])
    except KeyError:
        return str(number)
