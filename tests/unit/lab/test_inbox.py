"""The lab's inbox is a mail server: what a client of Python's own library says to it, and what it keeps."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.lab.furnish import INBOX_PROGRAM
from ops.lab.inbox import letters_in


@dataclass(frozen=True)
class Served:
    """An inbox that runs here."""

    port: int
    folder: Path

    def talk(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=20)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Served]:
    words = [sys.executable, str(INBOX_PROGRAM), "127.0.0.1", "0", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Served(int(process.stdout.readline()), tmp_path)
        finally:
            process.kill()


def test_what_was_taken_is_there_for_whom_it_was(inbox: Served) -> None:
    with inbox.talk() as link:
        link.sendmail(
            "a@hospital.example", ["b@hospital.example", "c@hospital.example"], "Subject: one\r\n\r\n.dot\r\n"
        )
        link.sendmail("a@hospital.example", ["b@hospital.example"], "Subject: two\r\n\r\n..\r\n")
    assert sorted(path.name for path in inbox.folder.iterdir()) == ["000001.eml", "000002.eml"]
    first = (inbox.folder / "000001.eml").read_bytes()
    assert first.endswith(b"\r\n\r\n.dot\r\n")
    assert (inbox.folder / "000002.eml").read_bytes().endswith(b"\r\n\r\n..\r\n")
    text = "".join(path.read_text() for path in sorted(inbox.folder.glob("*.eml")))
    one, two = letters_in(text)
    assert (one.subject, one.people) == ("one", ("b@hospital.example", "c@hospital.example"))
    assert (two.subject, two.people) == ("two", ("b@hospital.example",))


def test_what_was_not_sent_to_its_end_or_is_for_nobody_or_is_huge_is_not_taken(inbox: Served) -> None:
    with socket.create_connection(("127.0.0.1", inbox.port), timeout=20) as link:
        link.sendall(b"HELO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: half\r\n")
        link.shutdown(socket.SHUT_WR)
        while link.recv(1000):
            pass
    with inbox.talk() as link:
        link.ehlo()
        assert link.docmd("DATA")[0] == 503
        assert link.docmd("RCPT", "TO:<b@x>")[0] == 503
        assert link.docmd("VRFY", "b")[0] == 502
        with pytest.raises((smtplib.SMTPException, OSError)):
            link.sendmail("a@x", ["b@x"], "x" * 70 + ("\r\n" + "y" * 70) * 20_000)
    assert list(inbox.folder.iterdir()) == []


def test_one_that_is_started_anew_goes_on_behind_what_it_has(inbox: Served) -> None:
    (inbox.folder / "000041.eml").write_text("")
    words = [sys.executable, str(INBOX_PROGRAM), "127.0.0.1", "0", str(inbox.folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        again = Served(int(process.stdout.readline()), inbox.folder)
        try:
            with again.talk() as link:
                link.sendmail("a@x", ["b@x"], "Subject: one\r\n\r\n")
        finally:
            process.kill()
    assert (inbox.folder / "000042.eml").exists()
