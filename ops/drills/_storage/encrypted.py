"""A folder whose files, names and content, are encrypted on the disk by the kernel, under a key that dies with it.

It lies in an ext4 of its own, in one file behind a loop device. The key is given to that mount alone and never written:
with the mount, however it ends, nobody can read the file again. Sizes, times and owners of files are not hidden.
Structures and numbers are those of linux/fscrypt.h; the kernel's documentation: filesystems/fscrypt.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import CommandError, Unavailable
from ops.core.run import run

# No journal, for nobody repairs it; blocks of a page's size, which older kernels ask for; nothing of it written ahead.
_MAKE = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-i", "8192", "-m", "0", "-O", "encrypt,^has_journal")
_AHEAD = ("-E", "lazy_itable_init=1,nodiscard")
_MOUNT = "loop,nodev,noatime,noinit_itable"
_SECONDS = 120.0
_KEY_BYTES = 64
_OWN = 64 << 20  # what an empty file system has for itself, at most, beside an eighth for its tables

_ADD_KEY = 0xC0506617
_ADD_KEY_WORDS = struct.Struct("=II32sIII28s")  # what kind of key, its name, how long it is; the key itself follows
_NAME = slice(8, 24)  # where the kernel writes the key's name
_SET_POLICY = 0x800C6613
_POLICY_WORDS = struct.Struct("=BBBBB3s16s")
_BY_NAME = 2
_VERSION, _AES_256_XTS, _AES_256_CTS, _PAD_32 = 2, 1, 4, 3


def with_tables(needed: int) -> int:
    """Return how large the file has to be so that so many bytes fit into the folder."""
    return needed + needed // 8 + _OWN


@contextmanager
def sealed(image: Path, size: int, folder: Path) -> Iterator[Path]:
    """Make `image`, of so many bytes, mount it at `folder`, and yield the encrypted folder in it.

    `image` takes on the disk only what is written. Raise Unavailable where the kernel can't, with its reason.
    """
    with image.open("xb") as file:
        file.truncate(size)
    image.chmod(0o600)
    folder.mkdir(mode=0o700)
    try:
        run([*_MAKE, *_AHEAD, image], timeout=_SECONDS)
        run(["mount", "-t", "ext4", "-o", _MOUNT, image, folder], timeout=_SECONDS)
    except (CommandError, Unavailable) as error:
        raise Unavailable(f"a separate file system can't be mounted: {error}") from error
    try:
        yield _encrypted(folder)
    finally:
        run(["umount", "--lazy", folder], timeout=_SECONDS)


def _encrypted(mount: Path) -> Path:
    """Give the mount a new key and return a folder below it that is encrypted under it."""
    place = mount / "sealed"
    place.mkdir(mode=0o700)
    words = bytearray(_ADD_KEY_WORDS.pack(_BY_NAME, 0, b"", _KEY_BYTES, 0, 0, b"") + secrets.token_bytes(_KEY_BYTES))
    try:
        _tell(mount, _ADD_KEY, words)
        policy = (_VERSION, _AES_256_XTS, _AES_256_CTS, _PAD_32, 0, b"", bytes(words[_NAME]))
        _tell(place, _SET_POLICY, bytearray(_POLICY_WORDS.pack(*policy)))
    except OSError as error:
        raise Unavailable(f"this kernel does not encrypt files: {error.strerror}") from error
    finally:
        words[:] = bytes(len(words))  # the kernel has it now, and nobody else
    return place


def _tell(path: Path, request: int, words: bytearray) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, request, words)
    finally:
        os.close(descriptor)
