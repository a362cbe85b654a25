"""Words from elsewhere that end in a path, a tag or a program's arguments, and the letters that they may have.

Each is a text that was looked at once, where it came in; whoever takes one of these types need not look again.
"""

from __future__ import annotations

import re
from typing import ClassVar, TypeVar

T = TypeVar("T", bound="_Word")
LONGEST_PATH = 4096
LONGEST_FILE_NAME = 255


class _Word(str):
    """A text of a certain form. expected: the form, for the message."""

    __slots__ = ()
    expected: ClassVar[str] = "a text"

    @classmethod
    def parse(cls: type[T], text: str) -> T:
        """Return the text as this type; raise ValueError when it has another form."""
        if not cls.fits(text):
            raise ValueError(f"expected {cls.expected}, found {text[:80]!r}")
        return cls(text)

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether a text has the form."""
        raise NotImplementedError


class _Pattern(_Word):
    __slots__ = ()
    form: ClassVar[re.Pattern[str]]

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether all of a text matches."""
        return cls.form.fullmatch(text) is not None


class Name(_Pattern):
    """The name of an asset, a source or a kind, as the policy gives it."""

    __slots__ = ()
    expected = "a name of 1 to 64 letters, digits, `_` or `-`"
    form = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


class HostName(_Pattern):
    """The name of a machine in the inventory."""

    __slots__ = ()
    expected = "the name of a host: 1 to 253 letters, digits, `-`, `_` or single `.`"
    form = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*)*")


class Label(_Pattern):
    """The label of a part of a set: a source's name, and behind a dot what of it the part is."""

    __slots__ = ()
    expected = "the label of a part, such as `database` or `database.his`, of at most 128 letters, digits, `_` or `-`"
    form = re.compile(r"(?=.{1,128}\Z)[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_-]*){0,2}")


class SetId(_Pattern):
    """The identity of a set."""

    __slots__ = ()
    expected = "the identity of a set: 1 to 64 letters, digits or `-`"
    form = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


class DatabaseName(_Word):
    """The name of a database; it may hold nearly anything, and is quoted wherever it goes."""

    __slots__ = ()
    expected = "the name of a database, of 1 to 255 characters"

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether a server could have given that name; neither PostgreSQL's nor MariaDB's have more than 64."""
        return 0 < len(text) <= LONGEST_FILE_NAME and "\0" not in text


class ContainerName(_Pattern):
    """The name of a container, as podman and docker take it."""

    __slots__ = ()
    expected = "the name of a container, such as his-db: 1 to 64 letters, digits, `_`, `.` or `-`, no `.` or `-` first"
    form = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


class AccountName(_Pattern):
    """The name or number of an account of a system."""

    __slots__ = ()
    expected = "the name or number of an account, such as postgres or 999"
    form = re.compile(r"[a-z_][a-z0-9_-]{0,31}|0|[1-9][0-9]{0,9}")


class Digest(_Pattern):
    """A SHA-256 in hex."""

    __slots__ = ()
    expected = "a SHA-256 of 64 hexadecimal digits"
    form = re.compile(r"[0-9a-f]{64}")


class RestorePoint(_Pattern):
    """The name of a place in PostgreSQL's log of changes; it goes into a file of settings."""

    __slots__ = ()
    expected = "the name of a restore point: 1 to 60 lower-case letters, digits or `-`"
    form = re.compile(r"[a-z0-9-]{1,60}")


class FileMode(_Pattern):
    """The mode of a file."""

    __slots__ = ()
    expected = "the mode of a file in octal digits, such as 0640"
    form = re.compile(r"[0-7]{3,4}")


class FileName(_Word):
    """The name of a file in a folder that is known: no way into another one."""

    __slots__ = ()
    expected = "the name of a file, without `/` and control characters"

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether a text names a file of a folder, and nothing else."""
        return (
            text not in {"", ".", ".."}
            and "/" not in text
            and text.isprintable()
            and len(text.encode("utf-8", "surrogatepass")) <= LONGEST_FILE_NAME
        )


class TreePath(_Word):
    """A path from `/` on that leads nowhere but down; a file's own name may hold anything, line ends too."""

    __slots__ = ()
    expected = "an absolute path without `..`, of at most 4096 characters"

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether a path stays below the folder that it is put to."""
        return text.startswith("/") and len(text) <= LONGEST_PATH and "\0" not in text and ".." not in text.split("/")


class AbsolutePath(_Word):
    """A path on a machine as a person writes it into the policy; it is kept without what it could do without."""

    __slots__ = ()
    expected = "an absolute path such as /srv/documents, without `..`, `*`, `?` and blanks at its end"

    @classmethod
    def parse(cls, text: str) -> AbsolutePath:
        """Return the path, without `//`, `.` and a `/` at its end; raise ValueError when it has another form."""
        parts = super().parse(text).split("/")
        return cls("/" + "/".join(part for part in parts if part not in {"", "."}))

    @classmethod
    def fits(cls, text: str) -> bool:
        """Whether a text is a path from `/` on that leads nowhere but down, and no pattern."""
        return TreePath.fits(text) and text.isprintable() and text == text.strip() and not set("*?") & set(text)


class UnitName(_Pattern):
    """The name of a systemd unit; without its ending systemctl would find the unit, and we would not."""

    __slots__ = ()
    expected = "the name of a systemd unit with its ending, such as ssh.service or seawall-health.timer"
    form = re.compile(
        r"(?!-)[A-Za-z0-9:_.@\\-]{1,240}\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)"
    )
