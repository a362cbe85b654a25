"""Recipients of exports: real OpenPGP keys by GnuPG, good ones and each sort of bad one."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_LONG_AGO = "20200101T000000!"


@dataclass(frozen=True)
class Recipients:
    """Somebody's GnuPG with several keys. home: its folder, with the private ones."""

    home: Path

    def gpg(self, *words: str | Path, said: bytes = b"", good: bool = True) -> bytes:
        """Run GnuPG and return what it prints."""
        argv = ["gpg", "--batch", "--quiet", "--no-tty", "--pinentry-mode=loopback", "--passphrase=", *map(str, words)]
        done = subprocess.run(
            [*argv[:1], f"--homedir={self.home}", *argv[1:]], input=said, capture_output=True, check=False
        )
        assert done.returncode == 0 or not good, done.stderr.decode()
        return done.stdout

    def made(self, name: str, usage: str = "default", ends: str = "never", clock: str = "") -> dict[str, str]:
        """Make a key and return it as the policy has it. clock: when it is made, `!` at the end."""
        faked = [f"--faked-system-time={clock}"] if clock else []
        algorithm = "future-default" if usage == "default" else "ed25519"
        self.gpg(*faked, "--quick-generate-key", name, algorithm, usage, ends)
        return self.told(name)

    def told(self, name: str) -> dict[str, str]:
        """Return a key as the policy has it."""
        listed = self.gpg("--with-colons", "--list-keys", f"={name}").decode()
        fingerprint = re.search(r"^fpr:+([0-9A-F]{40}):", listed, re.MULTILINE)
        assert fingerprint, listed
        text = self.gpg("--armor", "--export", fingerprint[1]).decode()
        return {"fingerprint": fingerprint[1], "key": text}

    def revoked(self, name: str) -> dict[str, str]:
        """Make a key and revoke it."""
        key = self.made(name)
        path = self.home / "openpgp-revocs.d" / f"{key['fingerprint']}.rev"
        self.gpg("--import", said=path.read_text().replace(":-----BEGIN", "-----BEGIN").encode())
        return self.told(name)

    def without_subkey(self, name: str) -> dict[str, str]:
        """Make a key whose subkey for encryption has expired, and it has not."""
        key = self.made(name, "sign", clock=_LONG_AGO)
        self.gpg(f"--faked-system-time={_LONG_AGO}", "--quick-add-key", key["fingerprint"], "cv25519", "encr", "1m")
        return self.told(name)

    def opened(self, content: bytes) -> bytes:
        """Decrypt what arrived."""
        return self.gpg("--decrypt", said=content)


EXPIRED = {"ends": "1m", "clock": _LONG_AGO}


@contextmanager
def recipients() -> Iterator[Recipients]:
    """Lend a GnuPG of its own for a block, and end its agent."""
    with TemporaryDirectory(prefix="pgp-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        try:
            yield Recipients(home)
        finally:
            subprocess.run(["gpgconf", f"--homedir={home}", "--kill", "all"], check=False, capture_output=True)
