"""What a backup host tells of the statuses that machines handed over to it: the newest of each, word by word.

Nothing is judged here. A backup host that somebody broke into could tell anything; what it can't do is sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.names import HostName
from ops.interfaces.pushed import MOST, HandedOver
from ops.jobs.host import folders, own_policy
from ops.keeper.handed import newest_status


def newest() -> Iterator[HandedOver]:
    """Yield the newest status of each machine that keeps a repository here and handed one over; as root."""
    policy = own_policy.read()
    if not policy.clients:
        raise UsageError(f"{policy.host} keeps no repositories, so no status is handed over to it")
    for client in policy.clients:
        try:
            handed = newest_status(folders.repositories(), client)
            if handed is None:
                continue
            if handed.wrong or len(handed.content) > MOST:
                announce(f"{client}: {handed.path} {handed.wrong or 'is larger than any status'}")
                content = ""
            else:
                content = handed.content.decode("utf-8", "replace")
            arrived = clock.iso(datetime.fromtimestamp(handed.arrived, UTC))
        except (OSError, OverflowError, ValueError) as error:
            announce(f"{client}: its status can't be read: {error}")
            continue
        yield HandedOver(host=HostName(client), arrived=arrived, content=content)
