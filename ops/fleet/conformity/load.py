"""Reading packs: those that are shipped and those of a site, as the policy uses them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ops.core.errors import PolicyError, Problem, UsageError
from ops.core.kinds import nearest
from ops.core.schema import collect
from ops.fleet.conformity.judge import UsedPack
from ops.fleet.conformity.pack import Clause, Pack, PackControl, keys_of_kinds, problems
from ops.fleet.inventory import Inventory
from ops.fleet.pack_numbers import parse
from ops.policy import pack_files
from ops.policy.layers import overlay
from ops.policy.pack_files import SHIPPED, content, shipped
from ops.policy.packs import ClauseUse, PackUse

__all__ = ["SHIPPED", "duties", "read", "shipped", "used", "wrong"]


def used(inventory: Inventory, only: str = "") -> list[UsedPack]:
    """Return the packs that the policy of an inventory turns on; only: one of them.

    Raise PolicyError with all that is wrong with them, UsageError where there is no such pack.
    """
    policy = next(iter(inventory.policies().values()), None)
    uses = dict(policy.packs) if policy else {}
    if only and only not in uses:
        known = f"turned on: {', '.join(sorted(uses)) or 'none'}; shipped: {', '.join(shipped())}"
        raise UsageError(f"the policy turns on no pack {only!r}{nearest(only, sorted(uses))}", known)
    if not uses:
        listed = "; ".join(f"`packs: {{{name}: {{}}}}`" for name in shipped()[:1])
        raise UsageError("the policy turns on no pack", f"write for example {listed} into policy__all")
    found: list[Problem] = []
    packs = _all(uses, inventory.path, found)
    if found:
        raise PolicyError(found)
    return [one for one in packs if not only or one.name == only]


def wrong(uses: Mapping[str, PackUse], inventory: Path) -> list[Problem]:
    """Return all that is wrong with the packs that a policy turns on; none where that is nothing."""
    found: list[Problem] = []
    _all(uses, inventory, found)
    return found


def _all(uses: Mapping[str, PackUse], inventory: Path, found: list[Problem]) -> list[UsedPack]:
    base = inventory if inventory.is_dir() else inventory.parent
    return [one for name, use in uses.items() if (one := _used(name, use, base, found))]


def read(path: Path, found: list[Problem]) -> Pack | None:
    """Return the pack in a file; add all that is wrong with it to a list. None where it can't be read at all."""
    tree = content(path, parse, found)
    return None if tree is None else _typed(tree, path.name, found)


def _used(name: str, use: PackUse, base: Path, found: list[Problem]) -> UsedPack | None:
    tree = pack_files.tree(name, use.file, base, parse, found)
    if tree is None:
        return None
    own = _with_uses(name, tree, use.clauses, found)
    pack = _typed(own, Path(use.file).name or f"{name}.yml", found)
    if pack is None:
        return None
    known = sorted({control for clause in pack.clauses.values() for control in clause.controls})
    found += [
        Problem(
            f"policy.packs.{name}.duties.{control}", f"the pack has no control {control!r}{nearest(control, known)}"
        )
        for control in use.duties
        if control not in known
    ]
    return UsedPack(name, _fresh(pack, use.clauses), use)


def _typed(tree: Mapping[str, Any], file: str, found: list[Problem]) -> Pack | None:
    pack: Pack | None = collect(Pack, tree, file, found)
    if pack is not None:
        found += problems(pack, file)
    return pack


def _with_uses(
    name: str, tree: Mapping[str, Any], uses: Mapping[str, ClauseUse], found: list[Problem]
) -> Mapping[str, Any]:
    """Return a pack's tree with the controls that a site puts into it."""
    clauses = tree.get("clauses")
    if not isinstance(clauses, Mapping):
        return tree
    changed = {str(number): clause for number, clause in clauses.items()}
    for number, use in uses.items():
        if number not in changed:
            message = f"the pack has no clause {number!r}{nearest(number, list(changed))}"
            found.append(Problem(f"policy.packs.{name}.clauses.{number}", message))
        elif isinstance(changed[number], Mapping):
            changed[number] = {**changed[number], "controls": _controls(changed[number].get("controls"), use.controls)}
    return {**tree, "clauses": changed}


def _controls(before: Any, own: Mapping[str, Any]) -> Any:
    """Return a clause's controls with a site's: one that says what kind it is replaces that of its name."""
    if not isinstance(before, Mapping):
        return dict(own) or before
    replaced = {
        name for name, control in own.items() if isinstance(control, Mapping) and set(control) & set(keys_of_kinds())
    }
    return overlay({name: control for name, control in before.items() if name not in replaced}, own)


def _fresh(pack: Pack, uses: Mapping[str, ClauseUse]) -> Pack:
    """Return a pack with the ages that a site demands of single clauses instead of the pack's."""

    def own(number: str, clause: Clause) -> Clause:
        at_most = uses[number].at_most if number in uses else None
        if at_most is None:
            return clause

        def aged(control: PackControl) -> PackControl:
            return control if control.duty or control.incidents else replace(control, at_most=at_most)

        return replace(clause, controls={name: aged(control) for name, control in clause.controls.items()})

    return replace(pack, clauses={number: own(number, clause) for number, clause in pack.clauses.items()})


def duties(packs: Sequence[UsedPack], known: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Return the duties that some packs ask for and the policy does not have, as the policy would write them."""
    wanted: dict[str, dict[str, str]] = {}
    for one in packs:
        for clause in one.pack.clauses.values():
            for name, control in clause.controls.items():
                own = one.use.duties.get(name, name)
                if control.duty and own not in known:
                    period = {"every": str(control.every)} if control.every else {"calendar": str(control.calendar)}
                    wanted.setdefault(own, {"what": control.duty, "who": "CONTACT", **period})
    return wanted
