"""Names in a row, as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence

from ops.reports.catalogue import tr, trn

MOST = 3


def enumerated(names: Sequence[str], most: int = MOST) -> str:
    """Return the first few names, and how many more there are: `his, lis, pacs and 4 more`."""
    if len(names) <= most + 1:  # "and 1 more" is longer than most names
        return ", ".join(names)
    more = len(names) - most
    first = ", ".join(names[:most])
    return tr("{names} and {more}", names=first, more=trn("{count} more", "{count} more", more))
