"""What docstrings say of a kind and of each of its options: the reference and `seawall explain` are made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable


def summary(doc: str | None) -> str:
    """Return the first sentence of a module's docstring."""
    return (doc or "").strip().partition("\n")[0]


def read(doc: str, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Given a docstring, return its first paragraph and what it says of each key."""
    first, _, rest = doc.strip().partition("\n\n")
    known = "|".join(map(re.escape, names))
    parts = re.split(rf"^\s*({known}): ", rest, flags=re.MULTILINE) if known else [rest]
    told = {name: " ".join(said.split()) for name, said in zip(parts[1::2], parts[2::2], strict=True)}
    return " ".join(first.split()), told
