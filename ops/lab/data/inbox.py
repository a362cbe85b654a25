"""A mail server with one inbox for whomever mail is for: what the lab's alarms are told to. It needs Python alone.

usage: python3 inbox.py ADDRESS PORT FOLDER

Each message is a file in the folder, `NUMBER.eml`, in the order in which they came; above what was sent stands to whom,
as the mail server was told it. A message is on the disk before its sender hears that it was taken.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path

MOST_BYTES = 1 << 20  # of one message
MOST_PEOPLE = 50  # that one message is for
KEPT = 1000  # messages; older ones make room
PATIENCE = 60.0  # seconds for each line


class Inbox:
    """The folder with what was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = max((int(path.stem) for path in folder.glob("*.eml")), default=0)

    def keep(self, people: list[str], content: bytes) -> int:
        """Keep a message, and return its number."""
        self.number += 1
        path = self.folder / f"{self.number:06d}.eml"
        told = f"X-Seawall-Inbox: {self.number}\r\n" + "".join(f"X-Envelope-To: {one}\r\n" for one in people)
        part = path.with_suffix(".part")
        part.write_bytes(told.encode("ascii", "replace") + content)
        part.rename(path)
        for old in sorted(self.folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return self.number


class Talk:
    """One connection: what was said so far of the message that is under way."""

    def __init__(self, inbox: Inbox, reader: StreamReader, writer: StreamWriter) -> None:
        self.inbox, self.reader, self.writer = inbox, reader, writer
        self.sender: str | None = None
        self.people: list[str] = []

    async def whole(self) -> None:
        """Answer until the other side leaves."""
        await self.say("220 the lab's inbox")
        while (line := await self.line()) is not None:
            word, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if not await self.answered(word.upper(), rest.strip()):
                return

    async def answered(self, word: str, rest: str) -> bool:
        """Answer one command; return whether the talk goes on."""
        if word == "DATA":
            return await self.taken()
        if word in {"HELO", "EHLO", "RSET", "MAIL"}:
            self.sender, self.people = (rest if word == "MAIL" else None), []
        code = {"HELO": "250 lab", "EHLO": "250 lab", "MAIL": "250 OK", "RSET": "250 OK", "NOOP": "250 OK"}
        if word == "RCPT" and self.sender is not None and len(self.people) < MOST_PEOPLE:
            self.people.append(rest.partition(":")[2].strip(" <>"))
            await self.say("250 OK")
        elif word == "QUIT":
            await self.say("221 bye")
        else:
            await self.say(code.get(word, "503 not now" if word == "RCPT" else "502 not known here"))
        return word != "QUIT"

    async def taken(self) -> bool:
        """Take a message; return whether the talk goes on, which it does not after one that is too large."""
        if not self.people:
            await self.say("503 for whom?")
            return True
        await self.say("354 go on")
        lines, size = [], 0
        while (line := await self.line()) is not None and line.rstrip(b"\r\n") != b".":
            size += len(line)
            if size > MOST_BYTES:
                await self.say("552 too large")
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        if line is None:
            return False  # it was not sent to its end
        number = self.inbox.keep(self.people, b"".join(lines))
        self.sender, self.people = None, []
        await self.say(f"250 kept as {number}")
        return True

    async def line(self) -> bytes | None:
        """Return the next line; None where the other side left, or said nothing for long."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
        except (TimeoutError, ValueError, OSError):
            return None
        return line if line.endswith(b"\n") else None

    async def say(self, text: str) -> None:
        """Say a line."""
        self.writer.write(f"{text}\r\n".encode("ascii"))
        await self.writer.drain()


async def serve(address: str, port: int, folder: Path) -> None:
    """Take mail until somebody ends this."""
    inbox = Inbox(folder)

    async def talk(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await Talk(inbox, reader, writer).whole()
        except OSError:
            pass  # the other side left
        finally:
            writer.close()

    server = await asyncio.start_server(talk, address, port)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
