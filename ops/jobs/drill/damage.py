"""Damage done on purpose to what a drill has restored: a drill that does not notice it proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from random import Random
from typing import Any

from ops.core import kinds
from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.interfaces.damage import DataDamage, FileDamage, FileMoment
from ops.interfaces.drill import Part
from ops.interfaces.server import Server
from ops.jobs.drill.options import RANDOM

_OF_SOME_DRILLS = ("disk", "log")  # moments that come in no other


class DamageInjection:
    """One damage of one part: chosen by name, or by chance among those that the parts' kinds know."""

    def __init__(self, wish: str, parts: Iterable[Part], chance: Random, *, further: Collection[str] = ()) -> None:
        """Choose it; further: of the moments `disk` and `log`, those that come in this drill."""
        damages = [(part.label, sorted(part.source.damages.items())) for part in parts]
        moments = {(label, name): one.moment for label, some in damages for name, one in some}
        known = [one for one, moment in moments.items() if moment not in _OF_SOME_DRILLS or moment in further]
        fitting = [(label, name) for label, name in known if wish in {RANDOM, name, f"{label}:{name}"}]
        if not fitting:
            names = sorted({name for _, name in known})
            near = kinds.nearest(wish, names)
            raise UsageError(f"unknown damage {wish!r} for this asset{near}", f"known: {', '.join(names) or 'none'}")
        self.chance = chance
        self.left = chance.sample(fitting, len(fitting)) if wish == RANDOM else fitting
        self.done = ""
        self.moment = moments[self.left[0]]  # when it is done

    def strike_files(self, moment: FileMoment, part: Part, folder: Path) -> None:
        """Do the damage to the files in a folder, if this is its moment and its part."""

        def act(damage: FileDamage[Any] | DataDamage[Any]) -> str:
            return damage.act(folder, part.told.facts, self.chance) if isinstance(damage, FileDamage) else ""

        self._strike(moment, part, act)

    def strike_data(self, part: Part, server: Server, database: str) -> None:
        """Do the damage to what was loaded into a server, if this is its moment and its part."""

        def act(damage: FileDamage[Any] | DataDamage[Any]) -> str:
            return damage.act(server, database, part.told.facts, self.chance) if isinstance(damage, DataDamage) else ""

        self._strike("data", part, act)

    def _strike(self, moment: str, part: Part, act: Callable[[FileDamage[Any] | DataDamage[Any]], str]) -> None:
        """Do the damage if this is its moment and its part; if it finds nothing to hurt, another one of that moment."""
        here = [one for one in self.left if self._fits(one, moment, part)]
        if self.done or not here or here[0] != self.left[0]:
            return
        for one in here:
            self.left.remove(one)
            label, name = one
            if words := act(part.source.damages[name]):
                self.done = f"{name}: {words}"
                announce(f"{label}: injected damage: {self.done}")
                return

    @staticmethod
    def _fits(one: tuple[str, str], moment: str, part: Part) -> bool:
        label, name = one
        return label == part.label and part.source.damages[name].moment == moment

    def demand(self) -> str:
        """Return what was done; raise UsageError when nothing was, for then nothing was proven."""
        if not self.done:
            raise UsageError("there is nothing to damage in that way", "docs/sabotage.md lists them")
        return self.done
