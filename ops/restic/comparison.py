"""Files where they lie compared with a snapshot: nothing is written, and no data are fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.core.run import stream
from ops.restic.messages import documents, would_do
from ops.restic.repository import Repository
from ops.restic.words import literally

_SHOW = ["restore", "--target", "/", "--dry-run", "--overwrite", "always", "-vv", "--json"]


def compared(
    repository: Repository, snapshot: str, paths: Sequence[str], besides: Sequence[str], *, timeout: float
) -> Iterator[tuple[str, str]]:
    """Compare all files of a snapshot below some paths by their content: restic hashes each piece that it stored.

    besides: what below the paths is not to be opened. Yield paths as `messages.would_do` tells them, and `unchanged`
    for each file whose every byte is as in the snapshot; any other word is of something else. timeout: in seconds.
    Raise SeawallError when restic fails.
    """
    chosen = [word for path in paths for word in ("--include", literally(path))]
    chosen += [word for path in besides for word in ("--include", f"!{literally(path)}")]
    program = repository.plainly([*_SHOW, *chosen, snapshot])
    with repository.explained(), stream(program, timeout=timeout, env={"RESTIC_PROGRESS_FPS": "1"}) as told:
        yield from filter(None, map(would_do, documents(told.lines())))
