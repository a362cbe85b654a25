"""What somebody does at the writers' door who has a server's account: requests, and more of them than are good."""

# Opens the door, and says what it answers.
OPEN = """
import base64, hashlib, os, socket, ssl, sys, threading, time
from urllib.parse import urlsplit
url = urlsplit(open("/etc/seawall/credentials/primary.url").read().strip().removeprefix("rest:"))
account = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
context = ssl.create_default_context(cafile="/etc/seawall/credentials/ca.pem")
def begun(method, path, length, body=b""):
    line = context.wrap_socket(socket.create_connection((url.hostname, url.port), 60), server_hostname=url.hostname)
    head = f"{method} {url.path}{path} HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Basic {account}\\r\\n"
    line.sendall(f"{head}Connection: close\\r\\nContent-Length: {length}\\r\\n\\r\\n".encode() + body)
    return line
def status(line):
    return int(line.recv(100).split()[1])
def name(number):
    return f"{number:064x}"
"""
# Uploads that never end well, so that nothing of them stays: their names are not those of their content. Each is
# counted that was taken to its end; where the door refuses one, the next is tried.
UPLOADS = f"""{OPEN}
ended, lock = [0], threading.Lock()
def upload(number):
    while True:
        try:
            with begun("POST", f"data/{{name(number)}}", SIZE, bytes(SIZE)) as line:
                assert status(line) == 400
        except (OSError, IndexError, AssertionError):
            continue
        with lock:
            ended[0] += 1
            with open("/run/flood.new", "w") as file:
                file.write(str(ended[0]))
            os.replace("/run/flood.new", "/run/flood")
for number in range(AT_ONCE):
    threading.Thread(target=upload, args=[number]).start()
"""
# Uploads that are begun and not ended, until so many were refused as must be; prints the answers, 0 where none came.
HELD = """
answers, end, lines = {}, time.monotonic() + 20, []
for number in range(MANY):
    CLAIMED
    lines.append(begun("POST", f"data/{name(number)}", 2_000_000, b"x"))
while len(answers) < REFUSED and time.monotonic() < end:
    for number, line in enumerate(lines):
        line.setblocking(False)
        try:
            answers[number] = answers.get(number) or status(line)
        except ssl.SSLWantReadError:
            continue  # it waits for the rest of the upload, or in line
    time.sleep(0.1)
print([answers.get(number, 0) for number in range(MANY)])
"""
MIB = 1 << 20
# Requests at once, of an account, and of an address to one repository; the role's nginx says so.
ALLOWED, OF_AN_ADDRESS = 32, 64


def held(many: int, refused: int, claimed: str = "pass") -> str:
    """Return a script that begins so many uploads at once. claimed: a statement before each, such as a guess."""
    return f"{OPEN}MANY, REFUSED = {many}, {refused}\n{HELD.replace('CLAIMED', claimed)}"


def flood(at_once: int, size: int = 16 * MIB) -> str:
    """Return the shell's words that start so many uploads at once, until `STOP`; `ENDED` tells how many have ended."""
    script = f"SIZE, AT_ONCE = {size}, {at_once}\n{UPLOADS}"
    return f"systemd-run --quiet --unit=flood python3 -c '{script}'; until [ -e /run/flood ]; do sleep 0.1; done"


STOP = "systemctl stop flood; rm -f /run/flood /run/flood.new"
ENDED = "cat /run/flood"
