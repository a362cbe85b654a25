"""A cluster whose log is archived, recovered to a moment drawn by chance, in a throwaway server without a network.

The cluster's files and its log may come from a machine that somebody broke into: none of its settings is obeyed, no
link of it is followed, and the server sees nothing but them, as an account of the tree without any right.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.confidential import fit
from ops.core.errors import CommandError, Damaged, SeawallError, Unavailable, UsageError
from ops.core.printable import printable
from ops.core.quantity import counted, span
from ops.core.restored import demand_plain, give
from ops.core.run import Stream
from ops.core.verdict import Finding, Verdict, not_configured, worst
from ops.drills._shared.cluster_files import DATA, LOG, SPACES, laid_out, placed, set_apart, written
from ops.drills._shared.sandbox import INSIDE, Tree
from ops.drills._storage.space import room
from ops.interfaces.change_log import ChangeLog, Recovery, Replay
from ops.interfaces.drill import ArchivedLog, Drill, Part, Stage
from ops.interfaces.server import Engine

SERVER = 256 << 20  # what it writes of its own
FOLDERS = ("socket", "locale")  # the account's own
GROWTH = 2  # the log is played into the files, and what it changes is written once more
NARROW = 4  # so many times as much again may be written, where there is memory for it
_DAY, _ANSWER, _SAID_SECONDS, _LOOK_SECONDS = 86_400.0, 120.0, 10.0, 0.1
_READY = "database system is ready to accept connections"
UNPROVEN = (
    "that users can work: none of their programs was started, only the data were examined",
    "that rows are as they were at that moment: no manifest tells of it; the log's own sums do",
    "what was archived after that moment: the next drill chooses another one",
)


@dataclass(frozen=True)
class Options:
    """What tells how much of the time before the moment is there.

    database: the one with a table into which something writes all the time.
    newest: a query for the time of its newest row, such as `select max(at) from heartbeat`; that must not be older than
        the RPO at the moment which the cluster is recovered to.
    """

    database: str = ""
    newest: str = ""

    def __post_init__(self) -> None:
        if bool(self.database) != bool(self.newest):
            raise ValueError("database and newest go together; expected both or none of them")


def play(stage: Stage[Options]) -> None:
    """Restore the files of a cluster, play its log up to a moment, and prove what is there then."""
    part, kind = _cluster(stage)
    for sentence in UNPROVEN:
        stage.unproven(sentence)
    with stage.timed("find"):
        log = stage.log(part.label)
    if log.missing:
        words = f"{log.missing} is missing: nothing after {clock.iso(log.until)} can be restored"
        stage.rung("log", Finding(Verdict.FAIL, words))
    if not log.files:
        words = "nothing was archived after the set, so there is nothing to play; `seawall log ASSET` archives"
        stage.rung("log", Finding(Verdict.UNKNOWN, words))
        return
    stage.tell(moment=log.moment.isoformat())
    facts = part.told.facts
    needed = GROWTH * (part.bytes + log.bytes) + SERVER
    with room(stage, needed, most=NARROW * needed) as place:
        engine = kind.replay.engine(facts)
        tree = Tree(stage.tree(), place / "server", engine.user, engine.environment)
        names = _brought(stage, part, log, place)
        with stage.timed("restore"):
            _laid(stage, part, kind, place, log)
        with stage.timed("prove"):
            stage.rung("log", kind.replay.look(tree.scratch / LOG, names, facts))
        _played(stage, part, kind.replay, tree, log)


def _cluster(stage: Stage[Options]) -> tuple[Part, ChangeLog[Any]]:
    """Return the part whose log is played; raise UsageError when there is none."""
    for part in stage.parts.values():
        if (kind := part.source.log) and not part.told.completes:
            return part, kind
    raise UsageError("the set holds no cluster whose log is archived", "use a drill of another kind for it")


def _brought(stage: Stage[Options], part: Part, log: ArchivedLog, place: Path) -> Collection[str]:
    """Restore the files under their own paths, and the log; tell whether the files are as the manifest says."""
    files, own, after = (place / name for name in ("files", "own", "after"))
    with stage.timed("fetch"):
        stage.bring(part.label, files)
        names = log.bring(own, after)
        for folder in (own, after):
            demand_plain(folder, "the log")
    stage.hurt_files("material", part.label, files)
    with stage.timed("prove"):
        for name, finding in part.check(files):
            stage.rung(name, finding)
    return names


def _laid(stage: Stage[Options], part: Part, kind: ChangeLog[Any], place: Path, log: ArchivedLog) -> None:
    """Lay out what the server needs: its files, its log, and whatever tells it where to begin."""
    home, facts = place / "server", part.told.facts
    spaces = laid_out(place / "files", home, kind.data(facts), kind.spaces(facts))
    set_apart(place / "own", place / "after")
    placed(place / "own", home)
    stage.hurt_files("log", part.label, place / "after")
    placed(place / "after", home)
    seen = {path: INSIDE / inner for path, inner in spaces.items()}
    kind.replay.lay(Recovery(home, home, facts, stage.companions(part.label), seen, log.moment))


def _played(stage: Stage[Options], part: Part, replay: Replay, tree: Tree, log: ArchivedLog) -> None:
    """Let the server recover, and prove what it has then."""
    with ExitStack() as block:
        try:
            with stage.timed("restore"):
                _readied(tree, replay, part, log)
                server = block.enter_context(_recovered(tree, replay.engine(part.told.facts)))
        except (CommandError, Damaged) as error:
            stage.rung("moment", Finding(Verdict.FAIL, f"{part.label} can't be recovered: {error}"))
            return
        stage.rung("moment", replay.reached(server.stderr, log.moment))
        with stage.timed("prove"):
            _proved(stage, part, replay, tree, log)
        stage.shown(tree.entrance)


def _readied(tree: Tree, replay: Replay, part: Part, log: ArchivedLog) -> None:
    """Give the files to the server's account, and write its settings; raise Damaged, CommandError, or Unavailable."""
    home, owner, engine = tree.scratch, tree.identity(), replay.engine(part.told.facts)
    for folder in (home / DATA, *sorted((home / SPACES).iterdir())):
        give(folder, f"the cluster's {folder.name}", owner)  # nothing of it may be more than a plain file
        folder.chmod(0o700)
    for name in FOLDERS:
        (home / name).mkdir(mode=0o700)
        os.chown(home / name, *owner)
    _demand_server(tree, engine, replay.locales(part.told.facts))
    written(home, replay.settings(tree.run(engine.initialise, _ANSWER), log.moment))


@contextmanager
def _recovered(tree: Tree, engine: Engine) -> Iterator[Stream]:
    """Start the server, wait until it has recovered, and end it with the block; raise Damaged, CommandError."""
    with tree.talk(engine.start, _DAY) as server:
        while not _ready(tree, engine):
            if server.process.poll() is not None:
                raise Damaged(f"the server ended: {fit(engine.name, server.last_words()[-2000:])}")
            time.sleep(_LOOK_SECONDS)
        deadline = time.monotonic() + _SAID_SECONDS
        while _READY not in server.stderr and time.monotonic() < deadline:  # it has said so, and we may not have read
            time.sleep(_LOOK_SECONDS)
        try:
            yield server
        finally:
            server.dismiss()


def _demand_server(tree: Tree, engine: Engine, languages: Sequence[Sequence[str]]) -> None:
    """Raise Unavailable where the tree is at fault, before anything is held against the data."""
    try:
        for program in ([engine.start[0], "--version"], *languages):
            tree.run(program, _ANSWER)
    except CommandError as error:
        raise Unavailable(
            f"no throwaway server of {engine.name} can be started in {tree.root}: {error.message}",
            "the tree must contain the server of the asset's Debian release; see drill.release in the policy",
        ) from error


def _ready(tree: Tree, engine: Engine) -> bool:
    try:
        tree.run(engine.ready, _ANSWER)
    except CommandError:
        return False
    return True


def _proved(stage: Stage[Options], part: Part, replay: Replay, tree: Tree, log: ArchivedLog) -> None:
    """Look into every database, and put the policy's questions."""
    try:
        names = replay.databases(tree, part.told.facts)
    except SeawallError as error:
        stage.rung("integrity", Finding(Verdict.FAIL, f"{part.label} can't be queried: {error}"))
        return
    found = dict(replay.sound(tree, part.told.facts, names))
    wrong = [f"{printable(name)}: {one.message}" for name, one in found.items() if one.verdict is not Verdict.PASS]
    good = f"each index and table of {counted(len(found), 'database')} passed the check"
    stage.rung("integrity", Finding(worst(one.verdict for one in found.values()), "; ".join(wrong) or good))
    stage.rung("newest row", _newest(stage, replay, tree, log.moment))
    for name in names:
        stage.ask(printable(name), partial(replay.answer, tree, name), alone=False)


def _newest(stage: Stage[Options], replay: Replay, tree: Tree, moment: datetime) -> Finding:
    """Judge how much of the time before the moment is there."""
    options, rpo = stage.options, stage.rpo_seconds
    if not options.newest:
        return not_configured("drill.options has no query for the time of the newest row")
    query = f"select extract(epoch from ({options.newest})::timestamptz)"  # noqa: S608 -- the policy's own
    try:
        at = replay.answer(tree, options.database, query)
    except SeawallError as error:
        return Finding(Verdict.UNKNOWN, f"could not be queried: {error}")
    age = moment.timestamp() - at
    if age < -clock.SKEW.total_seconds():
        return Finding(Verdict.FAIL, f"the newest row is {span(-age)} after the moment")
    words = f"the newest row is {span(max(0.0, age))} older than the moment; RPO {span(rpo)}"
    return Finding(Verdict.FAIL if age > rpo else Verdict.PASS, words)


KIND = Drill(
    options=Options,
    play=play,
    takes=lambda source, options: source.log is not None and source.log.wanted(options),
    wants="a cluster whose log is archived",
    plays_log=True,
    synonyms=("pitr", "wal", "log", "moment", "cluster"),
)
