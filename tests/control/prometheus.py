"""Debian's own Prometheus, Alertmanager and exporter on loopback, from the packages that `make setup` keeps."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ops.core.run import run
from ops.fleet.packaging.restic_deb import FOR_TESTS, fetch

WITHIN = 90.0  # seconds
SITE = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{manager}"]}}]}}]}}
scrape_configs:
  - job_name: machines
    static_configs:
{targets}
"""
MANAGER = """\
route: {{receiver: site, group_by: [alertname, instance], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: site
    webhook_configs: [{{url: "http://127.0.0.1:{port}/", send_resolved: true}}]
"""


def unpacked(folder: Path) -> Path:
    """Return the folder with the programs of the packages."""
    for package in fetch(names=FOR_TESTS):
        if package.name.startswith("prom"):
            run(["dpkg-deb", "--extract", package, folder], timeout=120)
    return folder / "usr/bin"


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def until(seen: Callable[[], Any]) -> Any:
    """Return what a look sees as soon as it sees something; fail when that takes too long."""
    deadline = time.monotonic() + WITHIN
    while not (found := seen()):
        if time.monotonic() > deadline:
            pytest.fail(f"not seen within {WITHIN:.0f} s")
        threading.Event().wait(0.2)
    return found


def ask(port: int, path: str) -> Any:
    """Return what a server answers; nothing as long as it does not."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()
    return ""


@contextmanager
def running(words: Sequence[str | Path], folder: Path, ready: tuple[int, str]) -> Iterator[None]:
    """Have a program run while the block lasts, and answer at a port and path."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("w") as log, subprocess.Popen(words, cwd=folder, stdout=log, stderr=log) as program:
        try:
            until(lambda: ask(*ready) or program.poll() is not None)
            assert program.poll() is None, (folder / "log").read_text()[-2000:]
            yield
        finally:
            program.terminate()
            program.wait(30)


@contextmanager
def exporter(programs: Path, folder: Path) -> Iterator[int]:
    """Have a machine's exporter run over a folder of text files; yield its port."""
    port = free_port()
    words = [programs / "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile"]
    more = [f"--collector.textfile.directory={folder}", f"--web.listen-address=127.0.0.1:{port}"]
    with running([*words, *more], folder.parent / "exporter", (port, "/metrics")):
        yield port


@contextmanager
def listener() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Have a web server take what Alertmanager sends; yield its port, and the alerts so far."""
    alerts: list[dict[str, Any]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            alerts.extend(json.loads(content)["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port, alerts
        finally:
            server.shutdown()


@contextmanager
def site(programs: Path, folder: Path, rules: Path, machines: Mapping[str, int]) -> Iterator[tuple[int, list[Any]]]:
    """Have Prometheus and Alertmanager run for some machines; yield Prometheus's port, and what was sent to people."""
    with contextlib.ExitStack() as stack:
        receiver, alerts = stack.enter_context(listener())
        manager, port = free_port(), free_port()
        (folder / "manager").mkdir(parents=True)
        (folder / "manager/manager.yml").write_text(MANAGER.format(port=receiver))
        # It reads its templates where its package installs them.
        inside = [
            "unshare",
            "--mount",
            "--propagation=slave",
            "sh",
            "-c",
            'mount --bind "$0" /usr/share && exec "$@"',
            programs.parent / "share",
        ]
        words = [*inside, programs / "prometheus-alertmanager", "--config.file=manager.yml", "--storage.path=data"]
        more = [f"--web.listen-address=127.0.0.1:{manager}", "--cluster.listen-address="]
        stack.enter_context(running([*words, *more], folder / "manager", (manager, "/-/ready")))
        named = "".join(
            f'      - {{targets: ["127.0.0.1:{at}"], labels: {{instance: {name}}}}}\n' for name, at in machines.items()
        )
        (folder / "server").mkdir()
        (folder / "server/site.yml").write_text(SITE.format(rules=rules, manager=manager, targets=named))
        words = [programs / "prometheus", "--config.file=site.yml", "--storage.tsdb.path=data"]
        more = [f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=1d"]
        stack.enter_context(running([*words, *more], folder / "server", (port, "/-/ready")))
        yield port, alerts
