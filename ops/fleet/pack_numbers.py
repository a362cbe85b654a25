"""The numbers that the packs of an inventory bring: the reader of YAML for what `ops.policy.pack_files` decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.policy import pack_files
from ops.policy.pack_files import Offer, Variables


def parse(text: bytes) -> Any:
    """Return what a text in YAML holds; raise ValueError with the line and what is wrong there."""
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- both are safe ones
    except yaml.MarkedYAMLError as error:
        if error.problem_mark is None:
            raise ValueError(str(error)) from error
        raise ValueError(f"line {error.problem_mark.line + 1}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def offers(variables: Variables, inventory: Path) -> dict[str, Offer]:
    """Return what each pack brings that an inventory turns on. inventory: its folder, or a file in that."""
    return pack_files.offers(variables, inventory if inventory.is_dir() else inventory.parent, parse)
