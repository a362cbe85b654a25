"""The numbers that packs bring, in a host's policy: where it says nothing they hold, and where it says less it is told.

A number fills a key of what the site has written: it never makes an asset, a copy, a drill or a part of `hardening`.
Of several, the strictest holds; where none is, somebody has to settle it by name.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.core.schema import Plain, below, collect
from ops.policy.keys import ANY, Declared, declared
from ops.policy.layers import Tree
from ops.policy.listing import worded
from ops.policy.origins import PackWord, WrittenAsset
from ops.policy.pack_files import Offers, PackDefault
from ops.policy.packs import ClauseExcuse, PackUse

_RETENTION = ("all", "daily", "monthly", "yearly")  # each keeps more sets than those after it
_DISC = "disc"  # the kind of repository that is asked for beside the places
_ABSENT = object()


@dataclass(frozen=True)
class _Demand:
    """A number of a pack that is turned on. key: as the pack has it."""

    pack: str
    use: PackUse
    key: str
    default: PackDefault

    @property
    def told(self) -> str:
        return f"{self.pack} ({self.default.clause}) demands {worded(self.default.value)}"

    def excuse(self, names: Sequence[str]) -> ClauseExcuse | None:
        """Return why the policy demands less than this for now of a value, if it says so."""
        clause = self.use.clauses.get(self.default.clause)
        named = (self.use.exceptions.get(key) for key in self.keys(names))
        return next((one for one in named if one), clause.excuse if clause else None)

    def keys(self, names: Sequence[str]) -> tuple[str, str]:
        """Return how a value may be called in the policy: for this one alone, and for all that the pack means."""
        words = zip(self.key.split("."), names, strict=True)
        return ".".join(name if word == ANY else word for word, name in words), self.key


@dataclass(frozen=True)
class _Place:
    """Where a number belongs in a policy: the names on the way there, and the mapping that holds it."""

    names: tuple[str, ...]
    held: dict[str, Any]

    @property
    def word(self) -> str:
        return self.names[-1]

    @property
    def path(self) -> str:
        return functools.reduce(below, self.names, "")

    @property
    def written(self) -> Any:
        return self.held.get(self.word, _ABSENT)


@dataclass
class Settled:
    """A host's policy with the numbers of its packs. words: by the paths of values, what packs say of them."""

    tree: dict[str, Plain]
    words: dict[str, PackWord] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def settle(merged: Tree, assets: Mapping[str, WrittenAsset], offers: Offers) -> Settled:
    """Return a host's merged policy with the numbers of the packs that it turns on, and what is wrong with them.

    assets: as the layers have them, by their names on the host. offers: what packs bring, by their names.
    """
    found: list[Problem] = []
    uses: Mapping[str, PackUse] | None = collect(Mapping[str, PackUse], merged.get("packs", {}), "policy.packs", found)
    settled = Settled(dict(merged))
    if not uses or found:  # what is wrong with them is told with the rest of the policy
        return settled
    settled.problems.extend(_of_uses(uses, offers))
    tree: dict[str, Any] = _copied(merged)
    zone = _zone(merged)
    at: dict[str, tuple[_Place, list[_Demand]]] = {}
    for name, use in uses.items():
        for key, default in offers[name].defaults.items() if name in offers else ():
            for place in _places(tree, key):
                if _concerns(use, place.names, assets):
                    at.setdefault(place.path, (place, []))[1].append(_Demand(name, use, key, default))
    for place, demands in at.values():
        _Settling(place, demands, zone, settled).settle()
    settled.tree = tree
    return settled


def _of_uses(uses: Mapping[str, PackUse], offers: Offers) -> Iterator[Problem]:
    """Yield what is wrong with the files of packs, and with what the policy says of their numbers."""
    for name, use in uses.items():
        offer = offers.get(name)
        if offer is None:
            continue  # nobody looked, or it must not be read: that is a problem of its own
        yield from offer.problems
        known = list(offer.defaults)
        said = [*((f"settles[{index}]", key) for index, key in enumerate(use.settles)),
                *((f"exceptions.{key}", key) for key in use.exceptions)]  # fmt: skip
        for where, key in said:
            if not offer.problems and not any(means(pattern, key) for pattern in known):
                listed = ", ".join(known) or "none"
                message = f"the pack brings no number {key!r}{nearest(key, known)}; it brings: {listed}"
                yield Problem(f"policy.packs.{name}.{where}", message)


def means(pattern: str, path: str) -> bool:
    """Whether a key of a pack is meant: as the pack has it, or with names in place of its stars."""
    words = (r"[^.]+" if word == ANY else re.escape(word) for word in pattern.split("."))
    return path == pattern or re.fullmatch(r"\.".join(words), path) is not None


class _Settling:
    """What becomes of one value."""

    def __init__(self, place: _Place, demands: Sequence[_Demand], zone: str, settled: Settled) -> None:
        self.place, self.demands, self.zone, self.settled = place, demands, zone, settled
        self.declared: Declared = declared(demands[0].key) or Declared(str)

    def settle(self) -> None:
        """Fill the value where nobody wrote it, else judge what is written; note what each pack says of it."""
        wanted = self._wanted()
        if self.place.written is _ABSENT:
            self._fill(wanted)
        else:
            self._judge(wanted)

    def _wanted(self) -> _Demand | None:
        """Return the demand that meets all others, or else the one that is settled by name; None where none is."""
        for one in self.demands:
            if all(self._meets(one.default.value, other) for other in self.demands):
                return one
        named = [one for one in self.demands if set(one.keys(self.place.names)) & set(one.use.settles)]
        return named[0] if len(named) == 1 else None

    def _fill(self, wanted: _Demand | None) -> None:
        if wanted is None:
            self._unsettled()
            return
        if self.declared.order and self.declared.default is not None and self._met(self.declared.default, wanted):
            self._note("", wanted)  # what holds anyway is as strict
        elif (finer := self._finer()) is not None and self._meets(finer, wanted):
            self._note("", wanted)
        else:
            self.place.held[self.place.word] = wanted.default.value
            self._note(f"pack {wanted.pack}, {wanted.default.clause}", wanted)

    def _judge(self, wanted: _Demand | None) -> None:
        written = self.place.written
        if self._decoded(written) is None and written is not None:
            return  # which is a problem of its own
        short = [one for one in self.demands if not self._meets(written, one)]
        if wanted is not None and wanted not in short:
            short = [one for one in short if self._meets(wanted.default.value, one)]  # not those it was settled over
        for one in short:
            if one.excuse(self.place.names) is None:
                self.settled.problems.append(Problem(f"policy.{self.place.path}", self._less(one)))
        self._note("", None)

    def _less(self, one: _Demand) -> str:
        order = self.declared.order
        why = f"which is less: {order.words}" if order else "which is another value"
        written = "none" if self.place.written is None else worded(self.place.written)
        return (
            f"the pack {one.told}, the policy says {written}, {why}; write {worded(one.default.value)}"
            f"{' or a stricter one' if order else ''}, or say why not, and until when, in policy.packs.{one.pack}."
            f"exceptions, as `{one.key}: {{reason: ..., owner: ..., approver: ..., until: ...}}`"
        )

    def _unsettled(self) -> None:
        listed = "; ".join(one.told for one in self.demands)
        first = self.demands[0]
        message = (
            f"{listed}: none of them is the stricter one for {self.place.path}; write a value there that meets "
            f"them all, or name the pack whose number holds, as `packs: {{{first.pack}: {{settles: [{first.key}]}}}}`"
        )
        self.settled.problems.append(Problem(f"policy.packs.{first.pack}", message))

    def _note(self, origin: str, wanted: _Demand | None) -> None:
        """Note from where a value came, and what the packs say that it did not come from."""
        words = [self._said(one) for one in self.demands if one is not wanted or not origin]
        self.settled.words[self.place.path] = PackWord(origin, tuple(words))

    def _said(self, one: _Demand) -> str:
        excuse = one.excuse(self.place.names)
        written = self.place.written
        met = written is _ABSENT or self._meets(written, one)
        if met:
            return one.told
        if excuse:
            return f"{one.told}; excused until {excuse.until}: {excuse.reason}"
        return f"{one.told}; it was settled otherwise"

    def _meets(self, value: Plain, other: _Demand) -> bool:
        """Whether a value as it is written is at least as strict as a demand, or the same where there is no order."""
        mine = self._decoded(value)
        return mine is not None and self._met(mine, other)

    def _met(self, mine: Any, other: _Demand) -> bool:
        theirs = self._decoded(other.default.value)
        if self.declared.order is None or theirs is None:
            return bool(mine == theirs)
        try:
            return self.declared.order.meets(mine, theirs, self.zone)
        except ValueError:
            return True  # the site's zone is not known, which is a problem of its own

    def _decoded(self, value: Plain) -> Any:
        found: list[Problem] = []
        read = collect(self.declared.kind, value, self.place.path, found)
        return None if found else read

    def _finer(self) -> Plain:
        """Return the longest that a rule of retention keeps which keeps more sets than this one."""
        held, word = self.place.held, self.place.word
        if self.place.names[-2:-1] != ("retention",):
            return None
        finer = [held[rule] for rule in _RETENTION[: _RETENTION.index(word)] if rule in held]
        read = [one for one in finer if self._decoded(one) is not None]
        return max(read, key=self._decoded, default=None)


def _concerns(use: PackUse, names: Sequence[str], assets: Mapping[str, WrittenAsset]) -> bool:
    """Whether the numbers of a pack hold for a value: an asset that it is not for is left alone."""
    if use.assets is None or names[0] != "assets":
        return True
    name = names[1]
    return bool({name, assets[name].name if name in assets else name} & set(use.assets))


def _places(tree: dict[str, Any], key: str) -> Iterator[_Place]:
    """Yield the places in a policy that a key means, as far as all above it is written."""
    at: list[tuple[tuple[str, ...], Any]] = [((), tree)]
    *above, last = key.split(".")
    for index, word in enumerate(above):
        of_copies = index and above[index - 1] == "copies"
        at = [
            ((*names, name), value)
            for names, held in at
            for name, value in (held.items() if isinstance(held, dict) else ())
            if word == ANY or word in (_whither(value, tree) if of_copies else (name,))
        ]
    yield from (_Place((*names, last), held) for names, held in at if isinstance(held, dict))


def _whither(copy: Any, tree: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the word by which a key means a copy: the place of its repository, or `disc` for discs."""
    repositories = tree.get("repositories")
    to = copy.get("to") if isinstance(copy, Mapping) else None
    one = repositories.get(to) if isinstance(repositories, Mapping) and isinstance(to, str) else None
    if not isinstance(one, Mapping):
        return ()
    return (_DISC,) if one.get("kind") == _DISC else (str(one.get("place")),)


def _copied(tree: Any) -> Any:
    """Return plain data whose mappings may be written to."""
    return {str(name): _copied(part) for name, part in tree.items()} if isinstance(tree, Mapping) else tree


def _zone(merged: Tree) -> str:
    site = merged.get("site")
    zone = site.get("timezone", "UTC") if isinstance(site, Mapping) else "UTC"
    return zone if isinstance(zone, str) else "UTC"
