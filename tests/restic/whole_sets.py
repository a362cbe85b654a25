"""A set of a laboratory of which only the manifest matters: its parts, as manifests that were kept tell them."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from one_machine import Machine

from ops.restic.sets import MANIFEST, tags

MINUTE = 60.0
SET = "5e7a0000-0000-4000-8000-000000000000"
KEPT = Path(__file__).parents[1] / "unit/interfaces/manifests"


def kept(name: str, label: str, **other: Any) -> dict[str, Any]:
    """What a manifest that was kept tells of a part, but for what is said."""
    parts = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))["parts"]
    return {**parts[label], **other}


PARTS: dict[str, dict[str, Any]] = {
    "database.lis": kept("lis", "database.his", database="lis"),
    "database.legacy": kept("lis", "database.his", database="legacy"),
    "reports": kept("letters", "documents", sample={}),
    "tree": kept("his1_server", "tree"),
    "tree.log": kept("his1_server", "tree.log"),
    "export": kept("vendor", "export"),
    "retired": kept("letters", "documents", sample={}),
}


def stored(machine: Machine, asset: str, parts: Mapping[str, Any], **changed: Any) -> None:
    """Keep a set with that manifest."""
    repository = machine.place("primary").repository
    folder = machine.root / "run/seawall/manifest"
    folder.mkdir()
    head = {"version": 1, "set": SET, "asset": asset, "host": "his1", "taken": "2026-11-22T01:00:00Z"}
    told = {**head, "seawall": "0.1.0", "restic": "0.18.0", "parts": parts, **changed}
    (folder / "manifest.json").write_text(json.dumps(told))
    for part in (*parts, MANIFEST):
        repository.backup_paths([str(folder)], (), tags(asset, SET, part, parts), "his1", timeout=MINUTE)
    shutil.rmtree(folder)
