"""The account's side of the way into a container: it stands for a program that root's side runs there.

What it is given as input, output and errors goes on to that program, and it ends with its exit code. It is run by its
path, alone, and imports nothing of ours.
"""

import array
import json
import socket
import sys
from collections.abc import Sequence

FAILED = 125  # as podman's own code, for what is no program's


def main(path: str, words: Sequence[str]) -> int:
    """Have a program run at the other side of a socket; return its exit code."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        try:
            door.connect(path)
            streams = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
            door.sendmsg([json.dumps([*words]).encode()], streams)
            code = door.recv(16)
        except OSError as error:
            sys.stderr.write(
                f"the way into the container, {path}, is not open ({error.strerror}): playbooks/site.yml opens it\n"
            )
            return FAILED
    if not code.isdigit():
        sys.stderr.write(f"{words[0]} was ended before it was done\n")
        return FAILED
    return min(int(code), 255)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
