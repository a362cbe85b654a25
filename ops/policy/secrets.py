"""The secrets of an inventory: the names of the variables that hold them, and reading them without ever showing one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.core.errors import UsageError
from ops.core.schema import Plain

AUTHORITY = ("seawall_authority_certificate", "seawall_authority_key")
SERVER = ("seawall_tls_certificate", "seawall_tls_key")
STANDBY = ("seawall_standby_certificate", "seawall_standby_key")  # of each machine of a standby
CONTROL = ("seawall_control_passwords", "seawall_control_accounts")  # of the control machine's own repository
PASSWORDS = "seawall_repository_passwords"
ACCOUNTS = "seawall_accounts"
READER_PASSWORDS = "seawall_reader_passwords"
READER_ACCOUNTS = "seawall_reader_accounts"
CHANNELS = "seawall_channel_secrets"  # of channels of alarms, by name; a site writes these itself
STORES = "seawall_store_accounts"  # at somebody else's stores, by the repository's name; a site writes these itself
EXPORTS = "seawall_export_keys"  # by which exports sign in at SFTP servers, by name; a site writes these itself
NEXT, FORMER = "seawall_next_passwords", "seawall_former_passwords"  # while they are changed; machines get none of them


class Secrets:
    """The secrets that the variables of an inventory's hosts hold."""

    def __init__(self, variables: Mapping[str, Mapping[str, Plain]]) -> None:
        self._variables = variables

    def text(self, host: str, *path: str) -> str:
        """Return one secret of a host by its variable and the names below; raise UsageError that names what lacks."""
        value: Any = self._variables.get(host, {})
        for name in path:
            if not isinstance(value, Mapping) or name not in value:
                raise UsageError(f"{host} has no secret {'.'.join(path)}", "run: seawall secrets make")
            value = value[name]
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{host}: the secret {'.'.join(path)} is not text", "run: seawall secrets make")
        return "".join(value)

    def hosts(self) -> Iterator[str]:
        """Yield the names of the hosts."""
        return iter(self._variables)
