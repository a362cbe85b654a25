"""A PostgreSQL cluster's files as the contract suite of the sources tries them, and what manifests of others tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ops.core.names import Digest, TreePath
from ops.interfaces.facts import Facts
from ops.interfaces.manifest import PartFacts, read_part
from ops.sources._shared.file_sample import Sampled

KEPT = Path(__file__).parents[1] / "unit/interfaces/manifests"


def kept(manifest: str, label: str) -> PartFacts:
    """Return a part of a manifest of a real server, which another release wrote."""
    told = json.loads((KEPT / f"{manifest}.json").read_text(encoding="utf-8"))["parts"][label]
    return read_part(told, f"parts.{label}", "manifest.json")


def cluster(place: Path) -> tuple[Path, Facts]:
    """Make the least of a cluster's files, each of them sampled; what it is, a machine's manifest tells."""
    from ops.sources.postgresql_cluster.facts import ClusterFilesFacts

    told: Any = kept("his1_server", "tree").facts
    known = told.clusters["5432"]
    folder = place / "restored"
    data = folder / known.data.lstrip("/")
    data.mkdir(parents=True)
    files = {TreePath(f"{known.data}/{name}"): data / name for name in ("PG_VERSION", "postgresql.auto.conf")}
    for name, path in files.items():
        path.write_text(f"the content of {name}")
    sample = {name: sampled(path) for name, path in files.items()}
    return folder, ClusterFilesFacts(
        engine="postgresql_cluster", port=5432, cluster=known, files=2, bytes=0, sample=sample
    )


def sampled(path: Path) -> Sampled:
    from ops.core.files import digest

    return Sampled(path.stat().st_size, path.stat().st_mtime_ns, Digest(digest(path)))
