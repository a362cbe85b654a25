"""A whole machine: everything that is needed to boot it again.

The files of databases are left out, for a copy of them while their server runs can't be trusted; they come back from
their own dump. PostgreSQL's can be taken while it runs, with the log of changes that makes them whole. A machine with
such files that nobody named is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.limits import LAST_PORT
from ops.core.mounts import Mount, mounts
from ops.core.names import AbsolutePath
from ops.core.printable import storable
from ops.core.quantity import Percent
from ops.core.subvolumes import is_snapshot
from ops.core.verdict import Finding, judged
from ops.interfaces.server import RunningMachine
from ops.interfaces.source import Capture, CaptureContext, Completion, FollowUp, Paths, Source, Stored
from ops.sources._shared.exclude import demand_some_left, left_out, literally
from ops.sources._shared.file_sample import MAY_LOSE, Sample, choose, compared, known_files, losses
from ops.sources.machine import system as known
from ops.sources.machine.clusters.locate import Place, demand_taken, found
from ops.sources.machine.clusters.online_backup import Cluster, completed, taking
from ops.sources.machine.clusters.recovery import answer, complete, inside, log_there, rows
from ops.sources.machine.damage import DAMAGES
from ops.sources.machine.data_dirs import databases
from ops.sources.machine.facts import LogFacts, MachineFacts
from ops.sources.machine.facts import databases as databases_of
from ops.sources.machine.load import load_commits, verify_load

# What is made anew, belongs to a running system, or is a copy of what lies elsewhere; the folders themselves are kept,
# for without them it does not boot.
PASSED = (
    *("/proc/*", "/sys/*", "/dev/*", "/run/*", "/tmp/*", "/var/tmp/*"),  # noqa: S108 -- left out
    *("/var/cache/apt/archives/*.deb", "/var/cache/apt/archives/partial/*", "/var/cache/apt/*.bin"),
    *("/var/lib/systemd/coredump/*", "/var/crash/*"),
    *("/var/cache/seawall/*", "/var/lib/seawall/drills/*", "/var/lib/seawall/trees/*", "/root/.cache/restic/*"),
)
MOST_NAMED = 5
# Without these nothing boots, whatever kernel it has.
LEAST = ("etc/fstab", "etc/os-release", "etc/passwd", "usr/lib/systemd/systemd")


@dataclass(frozen=True)
class Options:
    """What to back up of the machine.

    filesystems: the mount points of its file systems, including `/`, and btrfs subvolumes; each is backed up without
        those mounted or nested below it.
    exclude: restic patterns of what else to leave out.
    leave_out: folders of databases that are restored from dumps of their own sources.
    clusters: ports of the PostgreSQL clusters whose files are backed up while they run.
    may_lose: the share of files, or of their bytes, that may have disappeared since the last good set.
    """

    filesystems: tuple[AbsolutePath, ...] = (AbsolutePath("/"),)
    exclude: tuple[str, ...] = ()
    leave_out: tuple[AbsolutePath, ...] = ()
    clusters: tuple[int, ...] = ()
    may_lose: Percent = MAY_LOSE

    def __post_init__(self) -> None:
        if any(not 0 < port <= LAST_PORT for port in self.clusters) or len(set(self.clusters)) < len(self.clusters):
            raise ValueError("clusters: expected each port only once")
        if "/" not in self.filesystems:
            raise ValueError("filesystems must contain /; use the kind `files` for part of a machine")
        try:
            demand_some_left([*self.filesystems, *(f"/{name}" for name in LEAST)], [*self.exclude, *self.leave_out])
        except UsageError as error:
            raise ValueError(f"{error.message}; {error.hint}") from error


@dataclass
class _Capture(Capture[MachineFacts]):
    options: Options
    scene: CaptureContext
    exclude: Sequence[str]
    dumped: Sequence[str]
    apart: Sequence[str]
    sample: Sample
    listed: str
    clusters: Sequence[Cluster] = ()
    missed: Sequence[str] = ()

    def material(self) -> Paths:
        """Return the file systems."""
        return Paths(self.options.filesystems, self.exclude, one_file_system=True)

    def facts(self) -> MachineFacts:
        """Return what the machine is, and what of it is not here."""
        return MachineFacts(
            **vars(known.facts(self.options.filesystems, self.listed)),
            engine="machine",
            restored_from_dump=tuple(self.dumped),
            not_taken=tuple(map(storable, self.apart)),
            files=0,
            bytes=0,
            sample={},
        )

    def wanted(self) -> Collection[str]:
        """Return the sampled files."""
        return {str(path) for path in self.sample.looks}

    def finish(self, facts: MachineFacts, stored: Stored) -> MachineFacts:
        """Add count, bytes and the digests of the sampled files that held still; on a live machine some never do."""
        if stored.files == 0:
            raise Damaged("no files of the machine were found")
        # First, for a database that can't be read is known once it is counted.
        clusters = {str(cluster.place.port): cluster.facts() for cluster in self.clusters}
        warnings = losses(stored, self.scene, self.options.may_lose)
        warnings += [f"{folder} is left out, but contains no database" for folder in self._needless()]
        warnings += self.missed
        warnings += [words for cluster in self.clusters for words in cluster.warnings()]
        return replace(self.sample.settled(facts, stored), clusters=clusters, warnings=tuple(warnings))

    def follow_up(self) -> FollowUp | None:
        """Return the log of changes that makes the clusters whole."""
        return completed(self.clusters)

    def _needless(self) -> list[str]:
        return [
            place for place in self.options.leave_out if not any(Path(one).is_relative_to(place) for one in self.dumped)
        ]

    def companions(self) -> Mapping[str, str]:
        """Return how its disks are divided, its packages, and where its clusters begin to recover."""
        texts = {name: text for cluster in self.clusters for name, text in cluster.texts.items()}
        return {"layout.txt": known.layout(), "packages.txt": self.listed, **texts}


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Demand that the whole machine can be seen and that no database's files are taken."""
    demand(options)
    places = [found(port) for port in options.clusters]
    exclude = [
        *PASSED,
        *(f"{place.rstrip('/')}/lost+found/*" for place in options.filesystems),
        *(f"{place.rstrip('/')}/*" for place in options.leave_out),
        *known.swap_files(),
        *options.exclude,
    ]
    passed = left_out([*exclude, *(pattern for one in places for pattern in one.exclude)])
    mounted = mounts()
    never = known.never_entered(mounted, options.filesystems)
    apart = demand_whole(options.filesystems, mounted, passed)
    subvolumes, missed = demand_entered(options.filesystems, mounted, passed)
    apart += [*(place for place in never if not passed(place)), *subvolumes]
    exclude += [literally(place) for place in never]
    demand_taken(places, options.filesystems, passed)
    dumped = demand_no_databases(options.filesystems, databases(never=never), passed, places)
    # What a database writes all the time is proven by its own counts.
    sampled = left_out([*exclude, *(literally(folder) for one in places for folder in one.folders)])
    sample = choose(options.filesystems, sampled, one_file_system=True)
    with ExitStack() as stack:
        clusters = [stack.enter_context(taking(one)) for one in places]
        exclude += [pattern for one in places for pattern in one.exclude]
        yield _Capture(options, scene, exclude, dumped, apart, sample, known.packages(), clusters, missed)


def demand(options: Options, root: Path = Path("/")) -> None:
    """Raise unless the file systems are there, with all that a boot needs."""
    for place in options.filesystems:
        if not Path(place).is_mount():
            raise Unavailable(
                f"nothing is mounted at {place}", "`findmnt` shows what is mounted; see options.filesystems"
            )
    if missing := [f"/{name}" for name in LEAST if not (root / name).exists()]:
        raise Damaged(f"missing: {', '.join(missing)}; this machine would not boot from its backup")


def demand_whole(filesystems: Collection[str], found: Collection[Mount], passed: Callable[[str], bool]) -> list[str]:
    """Return the file systems that are not taken; raise Unavailable when the machine needs them, or one is hidden."""
    if hidden := [place for place in known.hidden(found) if not passed(f"{place}/any")]:
        raise Unavailable(
            f"this unit can't see {', '.join(hidden)}", "the unit's settings hide it; run playbooks/site.yml"
        )
    apart = known.not_taken(found, filesystems, passed)
    needed = [place for place in apart if any(Path(place).is_relative_to(name) for name in known.NEEDED)]
    if needed:
        raise Unavailable(
            f"{', '.join(needed)} is a separate file system that is not backed up",
            "add it to options.filesystems, or its content to options.exclude",
        )
    return apart


def demand_entered(
    filesystems: Collection[str], found: Collection[Mount], passed: Callable[[str], bool]
) -> tuple[list[str], list[str]]:
    """Return the subvolumes that are not taken, and what is to be said of that; raise Unavailable for one like /usr.

    A snapshot that another subvolume left is named, but nothing is lost with it.
    """
    try:
        nested = known.nested(filesystems, found, passed)
        data = [place for place in nested if not is_snapshot(Path(place))]
    except OSError as error:
        return [], [f"whether there are subvolumes, which are not taken, can't be told: {error.strerror or error}"]
    if needed := [place for place in data if place in known.NEEDED]:
        raise Unavailable(
            f"{', '.join(needed)} is a subvolume that is not backed up",
            "add it to options.filesystems, or its content to options.exclude",
        )
    more = f" and {len(data) - MOST_NAMED} more" if len(data) > MOST_NAMED else ""
    named = ", ".join(map(storable, data[:MOST_NAMED]))
    words = f"{named}{more} are subvolumes and not taken; add them to options.filesystems, or to options.exclude"
    if len(data) == 1:
        words = f"{named} is a subvolume and not taken; add it to options.filesystems, or to options.exclude"
    return nested, [words] if data else []


def demand_no_databases(
    filesystems: Collection[str], found: Sequence[Path], passed: Callable[[str], bool], clusters: Sequence[Place] = ()
) -> list[str]:
    """Return the databases' folders that are left out; raise Damaged when the files of one would be taken.

    clusters: those whose files may be.
    """
    devices = {Path(filesystem).stat().st_dev for filesystem in filesystems}
    running = [folder for one in clusters for folder in one.folders]
    here = [folder for folder in found if folder.stat().st_dev in devices and folder.resolve() not in running]
    if taken := [str(folder) for folder in here if not passed(f"{folder}/any")]:
        raise Damaged(
            f"files of a running database can't be backed up reliably: {', '.join(taken)}",
            "add it to options.leave_out and back up the database with a source of its own, or add its port to "
            "clusters",
        )
    return [str(folder) for folder in here]


def check(folder: Path, facts: MachineFacts, only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare restored files with the digests of the sample, and look for what a boot needs."""
    content = ("content", compared(folder, facts, only))
    if only:
        return [content]
    missing = [f"/{name} is missing" for name in LEAST if not (folder / name).is_file()]
    # A snapshot has no entry for / itself: the folder that stands for it has the mode that its maker gave it.
    closed = "" if folder.stat().st_mode & 0o005 else f"; before booting it, run: chmod 755 {folder}"
    enabled = known.enabled_units(folder)
    gone = [f"{name} is not enabled" for name in facts.enabled_units if name not in enabled]
    return [
        content,
        ("system", judged(missing, f"{facts.release}, with everything needed to boot{closed}")),
        ("units", judged(gone, f"{len(enabled)} units are enabled, as in the manifest")),
    ]


KIND = Source(
    options=Options,
    facts=MachineFacts,
    capture=capture,
    check=check,
    covers=lambda options: [f"path:{place}" for place in options.filesystems],
    order=0,  # its clusters name files, which another source of the set may take after them
    capabilities=("CAP_DAC_READ_SEARCH",),
    known_files=known_files,
    machine=RunningMachine(databases_of, inside, answer, rows, load_commits, verify_load),
    completion=Completion(LogFacts, log_there, complete),
    damages=DAMAGES,
    group=lambda options: "postgresql_hosts" if options.clusters else "",
    synonyms=("vm", "server", "host", "system", "image", "bare_metal"),
)
