"""Where a machine's figures for Prometheus lie: apart from all else of Seawall's, for any account may read them."""

from __future__ import annotations

FOLDER = "/var/lib/seawall-metrics"  # the role `agent` makes it; nothing else is in it
FILE = f"{FOLDER}/seawall.prom"
