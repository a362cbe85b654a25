"""Bring this machine's packages and configuration back to before an update; `seawall before-update` kept them.

Without --yes it only shows what differs. Packages come from the kept files alone, also older ones than those that are
here; then /etc is brought back, file by file, and the services that ran are started anew. New files and new packages
stay. Data are not touched: it says which `seawall restore` brings those of then, and what that would lose.
"""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator

from ops.commands._roll_back import add_words
from ops.core.errors import UsageError
from ops.core.printable import as_json as rendered
from ops.core.printable import printable
from ops.core.quantity import span
from ops.core.schema import encode
from ops.interfaces.update import Kept
from ops.jobs.updates import kept, rehearsal
from ops.jobs.updates.back import Differing, look, roll_back

EXAMPLES = """\
examples:
  seawall roll-back                                    what differs from before the last update
  seawall roll-back --list                             what was kept, the newest first
  seawall roll-back --drill                            bring it back in a layer in memory that is thrown away
  seawall roll-back --yes --reason 'his 2.4 prints no labels' --hold
  seawall roll-back 20260115T120501Z --yes --reason '...' --leave /etc/hosts

exit codes: 0 done, or nothing to do; 1 something is not as it was; 2 wrong usage or policy;
            with --drill: 0 pass, 1 warn, 2 fail, 3 unknown
"""
MOST = 30


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall roll-back`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    add_words(parser)
    parser.add_argument(rehearsal.INSIDE, action="store_true", dest="inside", help=SUPPRESS)


def execute(options: Namespace) -> int:
    """Show, drill or do it; see the examples for the exit codes."""
    if options.inside:
        print(rendered(encode(rehearsal.inside(options.id))))
        return 0
    if options.list:
        return _list(as_json=options.json)
    if options.drill:
        if options.yes or options.leave:
            raise UsageError("a drill changes nothing, and leaves nothing out", "seawall roll-back --drill")
        ended = rehearsal.rehearse(options.id, printable(options.by))
        print(ended.text(as_json=options.json), end="")
        return ended.code
    differing = look(options.id, options.leave)
    if not options.yes or options.dry_run:
        print(rendered(_plain(differing)) if options.json else "\n".join(_lines(differing)))
        return 0
    ended = roll_back(differing, options.reason, options.by, hold=options.hold, partly=options.partly)
    print(ended.text(as_json=options.json), end="")
    if not options.json:
        print("\n".join(_data(differing)))
    return ended.code


def _list(*, as_json: bool) -> int:
    notes = [kept.read(identity) for identity in kept.identities()]
    if as_json:
        print(rendered([_moment(note) for note in notes]))
        return 0
    for note in notes:
        missing = f", {len(note.missing)} missing" if note.missing else ""
        print(f"{note.id}  {len(note.kept)} packages{missing}  {printable(note.by)}: {printable(note.reason)}")
    if not notes:
        print("nothing is kept; before the next update: seawall before-update")
    return 0


def _moment(note: Kept) -> dict[str, object]:
    told = {"id": note.id, "time": note.time, "by": note.by, "reason": note.reason}
    return {**told, "kept": sorted(note.kept), "missing": dict(note.missing)}


def _plain(found: Differing) -> dict[str, object]:
    return {
        "id": found.note.id,
        "packages": {name: {"then": then, "now": now} for name, (then, now) in found.packages.items()},
        "broken": list(found.broken),
        "stuck": found.stuck,
        "files": {one.path: one.what for one in found.files},
        "sets": {name: one.set for name, one in found.note.sets.items()},
        "lost_seconds": found.lost(),
    }


def _lines(found: Differing) -> Iterator[str]:
    note = found.note
    yield f"{note.id}, kept by {printable(note.by)}: {printable(note.reason)}"
    stuck = found.stuck
    returning = [
        f"{name}: {now or 'not here'} goes back to {then}"
        for name, (then, now) in found.packages.items()
        if then and name not in stuck
    ]
    yield from _group("packages", [*returning, *(f"{name}: installed anew" for name in found.broken)])
    yield from _group("packages that can't be brought back", [f"{name}: {why}" for name, why in sorted(stuck.items())])
    yield from _group("packages that were not there, and stay", found.added)
    yield from _group("files that go back", [f"/{printable(one.path)}: {one.what}" for one in found.changed])
    new = [f"/{printable(one.path)}" for one in found.files if one.what == "new"]
    yield from _group("files that were not there, and stay", new)
    yield from _data(found)
    yield "nothing was changed" if found.count else "nothing is to be brought back"


def _group(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}: {len(lines)}"
        yield from (f"  {line}" for line in lines[:MOST])
        if len(lines) > MOST:
            yield f"  and {len(lines) - MOST} more; --json names them"


def _data(found: Differing) -> Iterator[str]:
    for name, seconds in found.lost().items():
        command = f"seawall restore {name} --in-place --at {found.note.sets[name].set}"
        yield f"data of {name} are not touched; {command} would lose what was entered in the last {span(seconds)}"
