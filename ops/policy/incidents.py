"""What a site says of incidents. Only the control machine reads it: nothing of this reaches a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Incidents:
    """What a site says of incidents; see [incidents.md](incidents.md).

    steps: what people do first, by the kind of an incident, instead of what Seawall says; `{number}` is the incident's.
    """

    steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
