"""What the manifest keeps of a cluster whose files were taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ops.core.names import TreePath
from ops.sources._shared.file_sample import SampleFacts
from ops.sources.machine.facts import ClusterFacts


@dataclass(frozen=True, kw_only=True)
class ClusterFilesFacts(SampleFacts):
    """The facts of a cluster's files. port: it had; cluster: what it is, and what its databases held.

    spaces: the folders of table spaces outside of its data directory.
    """

    engine: Literal["postgresql_cluster"]
    port: int
    cluster: ClusterFacts
    spaces: tuple[TreePath, ...] = ()

    @property
    def row_count(self) -> int:
        """How many rows its databases have in all."""
        return sum(database.row_count for database in self.cluster.databases.values())
