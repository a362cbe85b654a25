"""Telling systemd that a service is ready, as sd_notify(3) has it."""

from __future__ import annotations

import os
import socket


def ready() -> None:
    """Say that this service is ready, where systemd waits for that; raise OSError where it can't be told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        link.sendall(b"READY=1")
