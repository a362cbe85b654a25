"""What a machine keeps of the repositories that lie on it: their snapshots, keys and `config`, as after the last act.

Of a repository that another machine keeps, that machine does so. Nothing can make these files anew, and they are small.
They lie among the states, where the account may write: root follows no link there, and leaves nothing that the account
can't write to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ops.core import plain_file
from ops.core.announce import announce
from ops.core.errors import SeawallError, Unavailable
from ops.interfaces import joined
from ops.interfaces.disk import arrived
from ops.interfaces.layout import CONFIG, KEYS
from ops.jobs.host import folders
from ops.jobs.host.repositories import OpenRepository
from ops.keeper import repository, spares

KEPT = "own_spares"
_STRANGE = "find out who put it there, then remove it"


def known_as(place: OpenRepository) -> str:
    """Return what is noted of a repository under: its name, or that of the disk that is here, which has its own.

    Raise Unavailable where that is not here.
    """
    folder = place.folder() if place.target.attended else None
    note = arrived(folder.parent.parent) if folder else None
    return joined.disk(place.repository.name, note.disk) if note else place.repository.name


def keep(place: OpenRepository) -> None:
    """Keep what is not kept yet of a repository on this machine that was just written to, and read back.

    A key that is not there any more was taken away, so nobody is to bring it back. That it can't be kept hinders
    nothing now, so it is only said.
    """
    try:
        folder = place.folder()
        if folder is None:
            return
        with _opened(known_as(place), make=True) as kept, repository.opened(folder.parent, folder.name) as there:
            if spares.read(kept.folder, CONFIG) != spares.read(there, CONFIG):  # it was made anew
                kept.forget(kept.paths())
            stored = [one for one in repository.files(there) if one.sort in spares.KEPT]
            kept.keep(there, stored, None)
            paths = {one.path for one in stored}
            kept.forget(path for path in kept.paths() if path.startswith(f"{KEYS}/") and path not in paths)
    except (SeawallError, OSError) as error:
        announce(f"nothing of {place.repository.name} was kept besides: {error}")


@contextmanager
def kept(place: OpenRepository) -> Iterator[spares.Spares | None]:
    """Open what is kept of a repository for a block; None where nothing is."""
    with ExitStack() as held:
        try:
            found = held.enter_context(_opened(known_as(place), make=False))
        except FileNotFoundError:
            found = None
        except OSError as error:
            raise Unavailable(f"{folders.state()}/state/{KEPT} can't be opened: {error.strerror}", _STRANGE) from error
        yield found


@contextmanager
def _opened(name: str, *, make: bool) -> Iterator[spares.Spares]:
    """Open the folder of what is kept under a name for a block; raise FileNotFoundError, or another OSError."""
    with ExitStack() as held:
        folder = held.enter_context(repository.opened(folders.state(), "state"))
        for part in (KEPT, name):
            if make:
                plain_file.own_folder(folder, part)
            folder = held.enter_context(repository.folder_in(folder, part))
        if make:
            for sort in spares.KEPT:
                plain_file.own_folder(folder, sort)
        yield spares.Spares(folder)
