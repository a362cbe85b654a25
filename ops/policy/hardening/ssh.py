"""The part `ssh` of hardening: what sshd allows, and with which algorithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ops.core.limits import demand_between
from ops.core.quantity import Duration
from ops.core.stricter import LESS, NO, rising

# What OpenSSH of Debian 12 and 13 both know, without SHA-1, CBC, NIST curves and authentication before encryption.
ALGORITHMS = {
    "KexAlgorithms": (
        "sntrup761x25519-sha512@openssh.com",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
    ),
    "Ciphers": (
        "chacha20-poly1305@openssh.com",
        "aes256-gcm@openssh.com",
        "aes128-gcm@openssh.com",
        "aes256-ctr",
        "aes128-ctr",
    ),
    "MACs": (
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256-etm@openssh.com",
        "umac-128-etm@openssh.com",
    ),
}


@dataclass(frozen=True)
class Ssh:
    """Who may log in over SSH, and by which means; algorithms that are out of date are never offered.

    passwords: whether a password opens the door; without, a key alone does.
    root: `key` lets root in with a key, `no` never; with a password never.
    idle: after how long without any traffic a session is ended.
    tries: how many times a connection may try to prove who it is.
    """

    passwords: Annotated[bool, NO] = False
    root: Annotated[Literal["key", "no"], rising("key", "no")] = "key"
    idle: Annotated[Duration, LESS] = Duration(900)
    tries: Annotated[int, LESS] = 4

    def __post_init__(self) -> None:
        """Demand limits that end something and still let a person work."""
        demand_between("idle", self.idle, Duration(60), Duration(86_400))
        demand_between("tries", self.tries, 1, 10)

    def given(self) -> dict[str, Any]:
        """Return what the role `ssh` is given: the words of sshd's configuration, in order."""
        passwords, root = _yes(self.passwords), {"key": "prohibit-password", "no": "no"}[self.root]
        seconds = self.idle.seconds
        return {
            "words": {
                "PermitRootLogin": root,
                "PasswordAuthentication": passwords,
                # A password by another name, asked by PAM.
                "KbdInteractiveAuthentication": passwords,
                "PermitEmptyPasswords": "no",
                "PubkeyAuthentication": "yes",
                "MaxAuthTries": str(self.tries),
                "LoginGraceTime": "60",
                "X11Forwarding": "no",
                # A peer that is gone without a word.
                "ClientAliveInterval": "60",
                "ClientAliveCountMax": "3",
                # A person who is gone; programs over SSH may be silent for longer.
                "ChannelTimeout": f"session:shell={seconds}s",
                "UnusedConnectionTimeout": f"{max(seconds, 900)}s",
                **{name: ",".join(words) for name, words in ALGORITHMS.items()},
            }
        }


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
