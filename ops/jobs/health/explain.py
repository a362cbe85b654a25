"""What a check looks at, why, by which limits, whose they are, and what a person does: the words of its own kind."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

from ops.core import described, kinds
from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.schema import decode, encode, key
from ops.interfaces.check import Check
from ops.interfaces.state import CheckResult
from ops.policy.model import CheckSpec
from ops.reports.explanation import Explanation, Limit

POLICY, OURS, ASSET = "the policy", "Seawall's default", "the asset's part of the policy"


def explained(word: str, checks: Mapping[str, CheckSpec], seen: Mapping[str, CheckResult]) -> list[Explanation]:
    """Explain a check of the policy by its name, or every one of a kind; of a kind without any, its defaults.

    seen: what the last round saw, by name. Raise UsageError for a word that is neither.
    """
    if word in checks:
        return [_explained(word, checks[word], seen)]
    known = kinds.kinds("ops.health")
    if word not in known:
        near = nearest(word, [*checks, *known])
        listed = ", ".join(checks) or "none"
        raise UsageError(f"no check and no kind {word!r}{near}", f"checks: {listed}; kinds: {', '.join(known)}")
    named = [_explained(name, spec, seen) for name, spec in checks.items() if spec.kind == word]
    return named or [_explained("", CheckSpec(word, None), seen)]


def of_kind(kind: str) -> CheckSpec:
    """Return a check of a kind with its defaults; raise UsageError where the policy must say more for one."""
    options = kinds.load("ops.health", kind).options
    if needed := _needed(options):
        raise UsageError(f"a check of kind {kind} needs {', '.join(needed)}", "add one to the policy, and use its name")
    return CheckSpec(kind, decode(options, {}, "options"))


def _needed(options: type[Any]) -> list[str]:
    none = dataclasses.MISSING
    fields = dataclasses.fields(options)
    return [key(field.name) for field in fields if field.default is none and field.default_factory is none]


def _explained(name: str, spec: CheckSpec, seen: Mapping[str, CheckResult]) -> Explanation:
    kind: Check[Any] = kinds.load("ops.health", spec.kind)
    doc = described.summary(importlib.import_module(f"ops.health.{spec.kind}").__doc__)
    options = tuple(limits(kind, spec.options))
    return Explanation(name, spec.kind, doc, kind.why, kind.remedy, options, seen.get(name))


def limits(kind: Check[Any], options: Any) -> list[Limit]:
    """Return the options of a kind, each with whose it is; what is no other than the default is Seawall's.

    options: those of a check; None for the defaults.
    """
    fields = dataclasses.fields(kind.options)
    _, meanings = described.read(kind.options.__doc__ or "", [key(field.name) for field in fields])
    found = []
    for field in fields:
        name = key(field.name)
        default = _worded(_default(field))
        value = default if options is None else _worded(getattr(options, field.name))
        ours = value == default
        whose = OURS if ours else ASSET if kind.derived else POLICY
        found.append(Limit(name, value, whose, meanings.get(name, "")))
    return found


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _worded(value: Any) -> str:
    plain = encode(value)
    if plain is None or plain in ("", [], {}):
        return "none"
    if isinstance(plain, list):
        return ", ".join(map(str, plain))
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
