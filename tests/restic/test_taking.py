"""What completes a part is taken whole or not at all."""

from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.interfaces.source import FollowUp, Paths
from ops.jobs.backup.capture import Act, _completing
from ops.restic.repository import Repository
from ops.sources.machine.facts import LogFacts


def test_what_completes_a_part_is_a_part_of_its_own_and_must_be_all_there(
    repository: Repository, tmp_path: Path
) -> None:
    names = [tmp_path / name for name in ("one", "two")]
    for path in names:
        path.write_text("four")
    act = Act(repository, "his1", "his1_server", "s1", {}, "", repository.snapshots)
    log = FollowUp(
        Paths([str(path) for path in names]), 2, 8, LogFacts(log={str(path): 4 for path in names}, files=2, bytes=8)
    )
    ((label, part),) = _completing(act, "tree", "machine", log).items()
    assert (label, part.told.completes, part.told.facts) == ("tree.log", "tree", log.facts)
    assert repository.snapshots(["seawall-part=tree.log"])[0].files == 2
    names[1].unlink()
    with pytest.raises(Damaged, match=r"tree\.log: 1 of 2 files, 4 of 8 bytes"):
        _completing(act, "tree", "machine", log)


def test_most_parts_are_whole_by_themselves(repository: Repository) -> None:
    act = Act(repository, "his1", "his", "s1", {}, "", repository.snapshots)
    assert _completing(act, "database", "postgresql", None) == {}
