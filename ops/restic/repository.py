"""A restic repository: what Seawall does with one.

Secrets go by file, never by argument or environment. Every call has a deadline. Each start of restic costs
about 0.7 s for deriving the key, so callers ask once for what they need.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from ops.core.errors import CommandError, CommandTimeout, Damaged, Unavailable
from ops.core.names import Digest
from ops.core.own_folder import demand_own, fixed, held
from ops.core.run import Result, run, stream
from ops.interfaces.entry import Entry
from ops.restic import messages
from ops.restic.failures import PART_UNREAD, Losses, explain, full_here, hopeless, lost
from ops.restic.messages import Key, Snapshot, Summary, documents, entry, keys, plain_error, progress_of, snapshots
from ops.restic.messages import summary as summary_of
from ops.restic.mounting import demand_mounted
from ops.restic.words import is_restic, labels, literally, program

LOOK_SECONDS = 120.0
READER = "seawall-reader"
_DAY = 86_400.0
Progress = Callable[[int, int], None]  # bytes done, of how many; 0: not known yet


@dataclass(frozen=True)
class Repository:
    """Where a repository is and how to open it.

    name: the policy's name for it. url: a file with its address. password: a file with its password.
    authority: the site's certificate authority. cache: restic's cache. locks: whether this account may write
    locks; a reader's may not. key: the id of the key that the password opens, as far as it is known. restic tries that
    one first: without it, it gives up after twenty keys, and whoever may write to the repository may add as many.
    environment: what restic is told besides, such as the file with an account; no secret.
    """

    name: str
    url: Path
    password: Path
    authority: Path
    cache: Path | None = None
    locks: bool = True
    key: Digest | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def init(self, like: Repository | None = None) -> None:
        """Make the repository, with the chunker of another one so that copies deduplicate."""
        extra = [*self._from(like), "--copy-chunker-params"] if like else []
        self._beside(like)._run(["init", *extra], timeout=LOOK_SECONDS)

    def identity(self) -> Digest:
        """Return the id of the repository, which is in its sealed `config`; raise Damaged for what is none."""
        return messages.identity(self._run(["cat", "config"], timeout=LOOK_SECONDS).stdout)

    def add_key(self, password: Path, label: str, user: str = READER) -> None:
        """Add a key with its own password, for a reader or another user; `label` says whose it is."""
        words = ["key", "add", "--new-password-file", str(password), "--host", label, "--user", user]
        self._run(words, timeout=LOOK_SECONDS)

    def keys(self) -> list[Key]:
        """Return every key that restic can read; one of them is the one that it was opened with."""
        return keys(self._run(["key", "list"], timeout=LOOK_SECONDS).stdout)

    def snapshots(self, tags: Sequence[str] = ()) -> list[Snapshot]:
        """Return the snapshots that carry all of some tags, oldest first."""
        chosen = ["--tag", ",".join(tags)] if tags else []
        return snapshots(self._run(["snapshots", *chosen], timeout=LOOK_SECONDS).stdout)

    def needed(self, ids: Sequence[str], *, timeout: float) -> int:
        """Return how many bytes of the repository some snapshots need together, each blob once and as it is stored."""
        return messages.stored_bytes(self._run(["stats", "--mode", "raw-data", *ids], timeout=timeout).stdout)

    def forget_locks(self) -> None:
        """Remove locks that nobody refreshes, or whose process on this machine is gone; others stay."""
        self._run(["unlock"], timeout=LOOK_SECONDS)

    def lock(self, name: str) -> messages.Lock:
        """Return what a lock says, without taking one."""
        return messages.lock(replace(self, locks=False)._run(["cat", "lock", name], timeout=LOOK_SECONDS).stdout)

    def backup_paths(
        self,
        paths: Sequence[str],
        exclude: Sequence[str],
        tags: Sequence[str],
        host: str,
        *,
        timeout: float,
        one_file_system: bool = False,
        progress: Progress | None = None,
    ) -> Summary:
        """Store files; raise Incomplete when some could not be read."""
        patterns = [word for pattern in exclude for word in ("--exclude", pattern)]
        patterns += ["--one-file-system"] if one_file_system else []
        return self._backup([*patterns, *labels(tags, host), "--", *paths], timeout, progress)

    def backup_stream(
        self,
        argv: Sequence[str],
        filename: str,
        tags: Sequence[str],
        host: str,
        *,
        timeout: float,
        progress: Progress | None = None,
    ) -> Summary:
        """Store what a program writes; when the program fails there is no snapshot."""
        words = ["--stdin-from-command", "--stdin-filename", filename, *labels(tags, host), "--", *argv]
        return self._backup(words, timeout, progress)

    def restore(
        self,
        snapshot: str,
        target: Path,
        only: Sequence[str] = (),
        *,
        timeout: float,
        progress: Progress | None = None,
    ) -> None:
        """Bring a snapshot's files to a folder, `only` these paths of it; what is there already is completed.

        The folder must be this account's own; it is made if it is missing. Whatever has its name meanwhile, files come
        into the folder that had it at the beginning.
        """
        chosen = [word for path in only for word in ("--include", literally(path))]
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with held(target) as handle:
                demand_own(handle, target)
                words = [*self._base(), "restore", snapshot, "--sparse", *chosen, "--target"]
                with (
                    fixed(target, handle, words) as argv,
                    stream(argv, timeout=timeout, env=_QUIET, hopeless=lost) as program,
                ):
                    for document in documents(program.lines()):
                        if progress and (told := progress_of(document)):
                            progress(*told)
        except CommandError as error:
            if full_here(error.stderr):
                raise Unavailable(
                    f"repository {self.name}: no space is left in {target}",
                    "free some space; if there was enough by what the set says of itself, whoever made it lied",
                ) from error
            raise explain(error, self.name) from error

    def archive(self, snapshot: str, folder: str, *, timeout: float) -> AbstractContextManager[IO[bytes]]:
        """Yield what lies in a folder of a snapshot as a tar archive, for a block that reads it to its end."""
        return self.output(self.plainly(["dump", "--archive", "tar", f"{snapshot}:{folder}", "/"]), timeout)

    @contextmanager
    def output(self, program: Sequence[str], timeout: float) -> Iterator[IO[bytes]]:
        """Yield the bytes that a program of restic's writes, for a block that reads them to their end."""
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as there, os.fdopen(writing, "wb") as here, self.explained():
            with stream(program, timeout=timeout, stdout=here, hopeless=lost):
                here.close()
                yield there

    def dumped(self, snapshot: str, path: str) -> list[str]:
        """Return the program that writes one file of a snapshot to its standard output."""
        return [*self._base(plain=True), "dump", snapshot, path]

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Let restic's failures in the block be told in our words; those of programs that run beside it stay theirs."""
        try:
            yield
        except CommandError as error:
            if not is_restic(error.argv):
                raise
            raise explain(error, self.name) from error

    def dump(self, snapshot: str, path: str, target: Path, *, timeout: float) -> None:
        """Write one file of a snapshot to a local file."""
        with target.open("wb") as file, self.explained():
            with stream(self.dumped(snapshot, path), timeout=timeout, stdout=file, hopeless=lost):
                pass

    def read(self, snapshot: str, path: str, *, timeout: float = LOOK_SECONDS) -> bytes:
        """Return one small file of a snapshot."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "file")
            self.dump(snapshot, path, target, timeout=timeout)
            return target.read_bytes()

    def listing(self, snapshot: str, folders: Sequence[str], *, timeout: float) -> Iterator[Entry]:
        """Yield the files and links that a snapshot has in some folders."""
        words = [*self._base(), "ls", snapshot, *folders]
        with self.explained(), stream(words, timeout=timeout, hopeless=lost) as program:
            yield from filter(None, map(entry, documents(program.lines())))

    @contextmanager
    def mounted(self, place: Path, ids: Iterable[str]) -> Iterator[Mapping[str, Path]]:
        """Mount the repository at a new folder, read-only, for a block; yield the folder of each snapshot.

        Raise Unavailable when it is not there in time; it needs the device /dev/fuse and the program fusermount3.
        """
        place.mkdir(mode=0o700)
        folders = {identity: place / "ids" / identity[:8] for identity in ids}
        words = [*self._base(plain=True), "mount", str(place)]
        with self.explained(), stream(words, timeout=_DAY, env=_QUIET) as program:
            demand_mounted(place, program)
            try:
                yield folders
            finally:
                run(["umount", "--lazy", str(place)], timeout=LOOK_SECONDS, ok=range(256))
                program.dismiss()

    def complaints(self, words: Sequence[str], *, timeout: float) -> str:
        """Return all that restic says, however it ends; raise Unavailable when it does not in time."""
        said: list[str] = []

        def heard(line: str) -> bool:  # all of it, where an error of a call keeps the last lines
            said.append(line)
            return False

        with self.explained():
            ended = run(self.plainly(words), timeout=timeout, ok=range(256), hopeless=heard)
        return "\n".join([ended.stdout, *said])

    def plainly(self, words: Sequence[str]) -> list[str]:
        """Return the program that does something in the repository and speaks to people, not in JSON."""
        return [*self._base(plain=True), *words]

    def forget(self, ids: Sequence[str], unused: str, *, timeout: float) -> None:
        """Forget snapshots, and remove what no other one needs; unused: how much of what stays may be so, as `5%`."""
        self._run(["forget", "--prune", "--max-unused", unused, *ids], timeout=timeout)

    def copy_from(self, source: Repository, ids: Sequence[str], *, timeout: float) -> None:
        """Bring snapshots of another repository here; what is here already is passed over."""
        unlocked = [] if source.locks else ["--no-lock"]  # of the source alone
        self._beside(source)._run(["copy", *self._from(source), *unlocked, *ids], timeout=timeout)

    def demand_whole(self, *, timeout: float) -> None:
        """Have restic look, without reading data, whether all is there that its index names; raise Damaged.

        No lock is taken: what others add meanwhile does no harm to this look.
        """
        argv = [*replace(self, locks=False)._base(plain=True), "check"]
        try:
            run(argv, timeout=timeout, hopeless=hopeless)
        except CommandTimeout as error:
            raise explain(error, self.name) from error
        except CommandError as error:
            if isinstance(told := explain(error, self.name), Unavailable):  # what can't be reached is not damaged yet
                raise told from error
            raise Damaged(f"repository {self.name} is damaged: {plain_error(error.stderr)}") from error

    def _backup(self, words: Sequence[str], timeout: float, progress: Progress | None) -> Summary:
        found: Summary | None = None
        losses = Losses()
        argv = [*self._base(), "backup", *words]
        with (
            self.explained(),
            stream(argv, timeout=timeout, env=_QUIET, ok=(0, PART_UNREAD), hopeless=losses) as program,
        ):
            for document in documents(program.lines()):
                found = summary_of(document) or found
                if progress and (told := progress_of(document)):
                    progress(*told)
        losses.demand(program.process.returncode, self.name)
        if found is None:
            raise Damaged(f"repository {self.name}: restic succeeded but named no snapshot")
        return replace(found, vanished=losses.vanished)

    def _run(self, words: Sequence[str], *, timeout: float) -> Result:
        with self.explained():
            return run([*self._base(), *words], timeout=timeout, hopeless=hopeless)

    def _beside(self, other: Repository | None) -> Repository:
        """Return this one as restic opens it together with another; of two stores it would know one account."""
        return replace(self, environment={**other.environment, **self.environment}) if other else self

    def _base(self, *, plain: bool = False) -> list[str]:
        words = program(self.environment)
        words += ["--repository-file", str(self.url), "--password-file", str(self.password)]
        words += [] if plain else ["--json"]
        words += ["--cacert", str(self.authority)]
        words += ["--key-hint", self.key] if self.key else []
        words += ["--cache-dir", str(self.cache)] if self.cache else ["--no-cache"]
        return words if self.locks else [*words, "--no-lock"]

    def _from(self, other: Repository) -> list[str]:
        hint = ["--from-key-hint", other.key] if other.key else []
        vouched = ["--cacert", str(other.authority)] if other.authority != self.authority else []
        return ["--from-repository-file", str(other.url), "--from-password-file", str(other.password), *vouched, *hint]


_QUIET = {"RESTIC_PROGRESS_FPS": "1"}
