"""The policy: what must be true at a site, merged from the inventory's layers, typed and validated.

`layers` merges, `assets` and `classes` make assets whole, `model` is the types, `rules` are the demands that no single
value can break, `compile` joins the hosts, `units` says which timers follow. Everyone reads it; it reads nobody but
core.
"""

from ops.policy.compile import compile_site, read_document
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy

__all__ = ["HostLayers", "HostPolicy", "compile_site", "read_document"]
