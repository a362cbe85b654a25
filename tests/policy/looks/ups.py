"""Whether upsd answers where the policy says that a UPS is watched."""

import re
import socket


def look(wanted: dict) -> list:
    return [{"host": ups["host"], "port": ups["port"], **ask(ups["host"], ups["port"])} for ups in wanted["ups"]]


def ask(host: str, port: int) -> dict:
    try:
        with socket.create_connection((host, port), timeout=5) as line:
            known = re.findall(r'^UPS (\S+) "', talk(line, "LIST UPS", b"END LIST UPS"), re.MULTILINE)
            states = {name: talk(line, f"GET VAR {name} ups.status", b"\n").strip() for name in known}
    except OSError as error:
        return {"trouble": str(error), "known": {}}
    return {"trouble": "", "known": states}


def talk(line: socket.socket, question: str, end: bytes) -> str:
    line.sendall(f"{question}\n".encode())
    answer = b""
    while end not in answer and not answer.startswith(b"ERR"):
        piece = line.recv(4096)
        if not piece:
            break
        answer += piece
    return answer.decode(errors="replace")
