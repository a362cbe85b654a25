"""Loading a part into a new database of the machine's own server, and proving it there."""

from __future__ import annotations

import pwd
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from ops.core.announce import announce
from ops.core.errors import SeawallError, UsageError
from ops.core.files import demand_room
from ops.core.own_folder import own_folder
from ops.core.pipe import Told, pipe, reading
from ops.core.restored import give
from ops.core.verdict import Finding, Verdict
from ops.interfaces.server import MOST_ANSWERED, DatabaseServer, LoadedMaterial, Meant, RestoreTarget
from ops.jobs.host import folders
from ops.jobs.restore import material
from ops.jobs.restore.act import Act, Done, wrong
from ops.jobs.restore.folder import bring
from ops.jobs.restore.plan import Step
from ops.jobs.run.leftovers import RESTORE, TEMPORARY
from ops.jobs.run.progress import Progress

RESTORING = "_restoring"
_LONGEST = 63  # bytes of a name, for every server
_DAY = 86_400.0


def into_database(act: Act, step: Step) -> Done:
    """Load the material into a new database and prove it there; put it in the live one's place when that was asked."""
    target, proof = _target(step)
    if (act.several or not step.live) and (there := _found(act, step, target, step.database, "finished")):
        announce(f"{step.label}: passed over; {there}")
        return Done([("present", Finding(Verdict.PASS, there))], there)
    name = _beside(step.database) if step.live else step.database
    target.demand(name, step.told.facts)
    if there := _found(act, step, target, name, "loaded"):
        announce(f"{step.label}: {there}; it is compared with its manifest again")
        target.resume(name, step.told.facts)
        remarks: list[str] = []
    else:
        remarks = _make(act, step, target, name)
    found = [*proof.prove(target.server, name, step.told.facts, act.only)]
    differences = wrong(found)
    if differences and not act.acceptance.given(step.label, differences):
        return Done(found, "; ".join([_state(step, name), *remarks]))
    if step.live:
        sentence = target.replace(name, step.database)
    else:
        target.end(name)
        sentence = f"{step.label} is the database {name}"
    act.finished.note(step.database, step.label, "finished", target.identity(step.database), _meant(act, step))
    return Done(found, "; ".join([sentence, *remarks]), accepted=bool(differences))


def _beside(live: str) -> str:
    """Return the name under which a database is loaded that goes in the place of a live one; servers take it whole."""
    return live.encode()[: _LONGEST - len(RESTORING)].decode(errors="ignore") + RESTORING


def _target(step: Step) -> tuple[RestoreTarget[Any], DatabaseServer[Any]]:
    """Return the machine's own server, and how what was loaded into it is proven."""
    if step.source.restore_into is None or step.source.database is None:
        raise UsageError(f"{step.label} ({step.told.kind}) can be restored only into a folder, not into a database")
    return step.source.restore_into(step.options), step.source.database


def _found(act: Act, step: Step, target: RestoreTarget[Any], name: str, stage: Any) -> str:
    """Return a sentence on what an earlier run of this restore left under a name; nothing when that is not there."""
    there = act.finished.find(name, step.label, stage, target.identity(name), _meant(act, step))
    if there is None:
        return ""
    if stage == "finished":
        again = f"to restore it once more, {f'use --part {step.label}' if step.live else 'drop it first'}"
        return f"{step.label} was restored at {there.at} already and is the database {name}; {again}"
    return f"the database {name} was loaded whole at {there.at}; to load it anew, drop it first"


def _meant(act: Act, step: Step) -> Sequence[str]:
    """Return what alone is meant, as it is noted of what was restored."""
    return (*act.only, "with constraints") if act.only and step.constraints else act.only


def _state(step: Step, name: str) -> str:
    """Say where the data are that differ from their manifest, and what can be done with them."""
    untouched = f"; the database {step.database} was not touched" if step.live else ""
    return (
        f"the database {name} holds what was restored of {step.label}, but does not match its manifest and stays "
        f"marked as unfinished{untouched}; it can be used as it is, or dropped"
    )


def _make(act: Act, step: Step, target: RestoreTarget[Any], name: str) -> list[str]:
    """Make the database and load it; it carries its mark. Return what is to be said of that."""
    room = 0 if act.only else max(step.told.facts.loaded_bytes, step.bytes)
    demand_room(target.data_folder(), room, f"loading {step.label}")
    texts = act.source.manifest.parent / step.label
    texts.mkdir(exist_ok=True)
    for short, path in material.companions(act.source.manifest, step.label).items():
        shutil.copyfile(path, texts / short)
    remarks: list[str] = []
    try:
        for sentence in _load(act, step, target, name, texts):
            announce(f"{step.label}: {sentence}")
            remarks.append(sentence)
        target.loaded(name)
    except UsageError:
        raise  # refused before anything was made
    except SeawallError as error:
        left = f"the database {name} holds what was loaded so far, marked as unfinished; the same command loads it anew"
        error.hint = "; ".join(filter(None, [error.hint, left]))
        raise
    act.finished.note(name, step.label, "loaded", target.identity(name), _meant(act, step))
    return remarks


def _load(act: Act, step: Step, target: RestoreTarget[Any], name: str, texts: Path) -> Iterator[str]:
    """Load from the repository straight into the server; a dump that is a folder goes over the disk."""
    stream, source = step.told.material.stream, act.source
    meant = Meant(act.only, step.constraints, step.logins)
    if stream:
        words = source.place.repository.dumped(source.which.parts[step.label].id, f"/{stream}")

        def streamed(argv: Sequence[str], tell: Told, output: IO[bytes]) -> None:
            with source.place.repository.explained():
                pipe(words, argv, timeout=_DAY, tell=tell, output=output)

        yield from target.load(name, step.told.facts, meant, texts, LoadedMaterial(_fed(step, streamed)))
        return
    demand_room(TEMPORARY, step.bytes, f"restoring {step.label}")
    with own_folder(TEMPORARY, RESTORE) as scratch:
        scratch.chmod(0o711)  # the server's account must get to what is its own
        dump = scratch / "dump"
        dump.mkdir(mode=0o700)
        bring(source, step, dump, ())
        account = pwd.getpwnam(target.server.account)
        give(dump, step.label, (account.pw_uid, account.pw_gid))

        def lying(argv: Sequence[str], tell: Told, output: IO[bytes]) -> None:
            reading(argv, timeout=_DAY, tell=tell, output=output)

        yield from target.load(name, step.told.facts, meant, texts, LoadedMaterial(_fed(step, lying), dump))


def _fed(step: Step, run: Callable[[Sequence[str], Told, IO[bytes]], None]) -> Callable[[Sequence[str]], str]:
    """Return a function that runs a program with the material and returns what it printed, to a limit."""

    def fed(argv: Sequence[str]) -> str:
        with TemporaryFile(dir=folders.scratch()) as output:
            run(argv, Progress(step.label, "loaded", step.bytes).tell, output)
            output.seek(0)
            return output.read(MOST_ANSWERED).decode("utf-8", "replace")

    return fed
