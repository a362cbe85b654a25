"""The units of exports."""

from __future__ import annotations

from collections.abc import Iterator

from ops.interfaces import joined
from ops.policy import alarms
from ops.policy.access import LEDGER_KEY
from ops.policy.exports import Export
from ops.policy.model import HostPolicy
from ops.policy.units.unit import Unit


def exports(policy: HostPolicy) -> Iterator[Unit]:
    """Yield one unit for each export: it gets the one secret that its way out needs."""
    for name, export in (policy.exports or {}).items():
        folder = export.to.folder
        yield Unit(
            name=joined.unit(joined.export(name)),
            description=f"Export {name}",
            command=f"export {name}",
            calendar=export.due(policy.site.timezone).expressions,
            random_delay=300,
            user="seawall",
            capabilities=("CAP_DAC_READ_SEARCH",) if export.files else (),
            credentials=(*_secrets(policy, name, export), LEDGER_KEY),
            timeout=86_400,
            # Without the folder it must start, too, to say that there is none.
            writable=(f"-{folder.path}",) if folder else (),
        )


def _secrets(policy: HostPolicy, name: str, export: Export) -> Iterator[str]:
    if export.to.sftp:
        yield joined.export_file(name)
    if export.to.mail and policy.alarms and export.to.mail.channel in alarms.secret_channels(policy.alarms):
        yield joined.channel_file(export.to.mail.channel)
