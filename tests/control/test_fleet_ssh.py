"""The connector against real SSH servers: the same ways as Ansible's, one connection for each machine."""

from __future__ import annotations

import io
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import ConnectError
from pyinfra.api.facts import FactBase
from pyinfra.api.host import Host

from ops.fleet.inventory import Inventory
from ops.fleet.ssh import connector
from ops.fleet.ssh.ask import Answer, ask, reached
from ops.fleet.ssh.openssh import Way, way

sys.path.insert(0, str(Path(__file__).parent))
import sshd


class Said(FactBase[list[str]]):
    """What a machine says to any words."""

    def command(self, words: str) -> str:
        return words

    def process(self, output: list[str]) -> list[str]:
        return output


class Site:
    """Servers on loopback, and an inventory that leads to them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.public = sshd.keygen(folder / "key")
        self.hosts: dict[str, dict[str, Any]] = {}

    @contextmanager
    def server(self, name: str, more: str = "") -> Iterator[sshd.Server]:
        with sshd.serve(self.folder / name, self.public, more) as server:
            with (self.folder / "known").open("a") as known:
                known.write(server.known)
            self.hosts[name] = {"ansible_host": "127.0.0.1", "ansible_port": server.port, **self.common()}
            yield server
            self.leave(name)

    def leave(self, name: str) -> None:
        """Close the connection to a machine, if there is one."""
        if name in self.hosts:
            with reached({name: self.way(name)}) as state:
                state.inventory.get_host(name).disconnect()

    def common(self, more: str = "") -> dict[str, str]:
        options = f"-F none -o UserKnownHostsFile={self.folder}/known -o StrictHostKeyChecking=yes {more}"
        key = self.folder / "key"
        return {
            "ansible_user": sshd.USER,
            "ansible_ssh_private_key_file": str(key),
            "ansible_ssh_common_args": f"{options} -o IdentitiesOnly=yes",
        }

    def way(self, host: str) -> Way:
        return way(host, self.hosts[host])

    def ask(self, words: str, **more: Any) -> dict[str, Answer[list[str]]]:
        inventory = Inventory(self.folder, self.hosts, {})
        return ask(inventory, Said, {host: {"words": words} for host in self.hosts}, **more)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.chdir(tmp_path)  # no ansible.cfg
    with tempfile.TemporaryDirectory(prefix="run-") as short:  # it holds sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield Site(tmp_path)


@contextmanager
def host_of(site: Site, name: str) -> Iterator[Host]:
    with reached({name: site.way(name)}) as state:
        yield state.inventory.get_host(name)


def test_all_machines_are_asked_and_later_commands_share_the_connection(site: Site) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(site.server(name)) for name in ("one", "two", "three")]
        for _ in range(2):
            assert {
                host: answer.fact for host, answer in site.ask("echo $SSH_CONNECTION | cut -d ' ' -f 4").items()
            } == {server.folder.name: [str(server.port)] for server in servers}
        assert [server.log.count("Accepted publickey") for server in servers] == [1, 1, 1]
        assert [server.log.count("Starting session") for server in servers] == [2, 2, 2]


def test_a_jump_host_leads_to_a_machine(site: Site) -> None:
    """As an administrator writes it for Ansible: the jump host is told in a file, and named by ProxyJump."""
    with site.server("gate") as gate, site.server("inside") as inside:
        del site.hosts["gate"]
        known = f"UserKnownHostsFile {site.folder}/known\n  IdentityFile {site.folder}/key\n  IdentitiesOnly yes"
        hop = f"Host gate\n  HostName 127.0.0.1\n  Port {gate.port}\n  User {sshd.USER}\n  {known}\nHost *\n  {known}\n"
        (site.folder / "config").write_text(hop)
        args = f"-F {site.folder}/config -o ProxyJump=gate"
        site.hosts["inside"]["ansible_ssh_common_args"] = args
        assert site.ask("echo here")["inside"].fact == ["here"]
        assert gate.log.count("Accepted publickey") == 1
        assert inside.log.count("Accepted publickey") == 1


def test_a_proxy_command_leads_to_a_machine(site: Site) -> None:
    with site.server("gate") as gate, site.server("inside"):
        del site.hosts["gate"]
        hop = shlex.join(
            ["ssh", "-F", "none", "-i", f"{site.folder}/key", "-o", f"UserKnownHostsFile={site.folder}/known"]
        )
        site.hosts["inside"] |= site.common(f"-o ProxyCommand='{hop} -p {gate.port} -W %h:%p {sshd.USER}@127.0.0.1'")
        assert site.ask("echo here")["inside"].fact == ["here"]
        assert gate.log.count("Accepted publickey") == 1


def test_a_machine_with_another_host_key_is_refused(site: Site) -> None:
    with site.server("one") as server:
        other = sshd.keygen(site.folder / "other")
        (site.folder / "known").write_text(f"[127.0.0.1]:{server.port} {other}")
        answer = site.ask("touch reached")["one"]
        assert answer == Answer(None, "does not answer: Host key verification failed.")
        assert "Accepted" not in server.log


def test_a_machine_of_which_no_host_key_is_known_is_refused(site: Site) -> None:
    with site.server("one") as server:
        (site.folder / "known").write_text("")
        site.hosts["one"]["ansible_ssh_common_args"] = f"-F none -o UserKnownHostsFile={site.folder}/known"
        assert site.ask("true")["one"] == Answer(None, "does not answer: Host key verification failed.")
        assert "Accepted" not in server.log


def test_a_connection_that_died_meanwhile_is_made_anew(site: Site) -> None:
    """The machine went down hard, or a firewall forgot the connection: nothing comes over it, not even its end."""
    with site.server("one") as server:
        relay = sshd.Relay(server.port)
        with (site.folder / "known").open("a") as known:
            known.write(server.known.replace(str(server.port), str(relay.port)))
        site.hosts["one"]["ansible_port"] = relay.port
        site.hosts["one"] |= site.common("-o ServerAliveInterval=1 -o ServerAliveCountMax=1")
        assert site.ask("echo here")["one"].fact == ["here"]
        relay.cut()
        assert site.way("one").control_path.exists()
        assert site.ask("echo again")["one"].fact == ["again"]
        assert relay.count == 2
        site.leave("one")
        relay.listener.close()


def test_more_than_a_machine_may_say_is_not_read(site: Site) -> None:
    with site.server("one"):
        answer = site.ask("yes", limit=1000)["one"]
        assert answer == Answer(None, "sent more than 1000 characters; none were read")


def test_errors_without_an_end_do_not_fill_the_memory(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.server("one"), host_of(site, "one") as host:
        host.run_shell_command(StringCommand("head -c 20000000 /dev/zero | tr '\\0' x >&2"))
        assert len(host.connector.reply.errors) < 5_000_000


def test_a_command_that_does_not_end_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.server("one"), host_of(site, "one") as host:
        begun = time.monotonic()
        with pytest.raises(ConnectError, match="no complete answer within 1 s"):
            host.run_shell_command(StringCommand("echo begun; sleep 600"), _timeout=1)
        assert time.monotonic() - begun < 60


def test_a_command_that_fails_says_why(site: Site) -> None:
    with site.server("one"):
        answer = site.ask("echo sorry >&2; exit 4")["one"]
        assert answer == Answer(None, "said sorry")


def test_sudo_never_asks_for_a_password(site: Site) -> None:
    with site.server("one") as server:
        server.program("sudo", 'echo "sudo $*"')
        site.hosts["one"] |= {"ansible_user": "root", "ansible_become": True}
        found = site.way("one")
        assert not found.become  # who is root already needs none
        with reached({"one": Way(found.address, found.options, True)}) as state:
            _, output = state.inventory.get_host("one").run_shell_command(StringCommand("id -u"))
        assert output.stdout == "sudo -H -n sh -c id -u"


def test_files_go_there_and_come_back(site: Site, tmp_path: Path) -> None:
    with site.server("one"), host_of(site, "one") as host:
        assert host.put_file(io.BytesIO(b"\0content"), str(tmp_path / "it's there"))
        back = io.BytesIO()
        assert host.get_file(str(tmp_path / "it's there"), back)
        assert back.getvalue() == b"\0content"
        assert not host.get_file(str(tmp_path / "not there"), io.BytesIO())


def test_lines_are_told_as_they_come_until_the_command_ends(site: Site) -> None:
    with site.server("one"), host_of(site, "one") as host:
        lines: list[str] = []
        host.connector.follow(StringCommand("echo one; echo two"), lines.append, silence=60, timeout=60)
        assert lines == ["one", "two"]


@pytest.mark.parametrize(
    ("words", "silence", "reason"),
    [
        ("echo one; sleep 600", 1, "the connection was lost: nothing heard for 1 s"),
        ("echo one; kill -9 $PPID", 60, "the connection was lost: "),
    ],
)
def test_a_machine_that_is_gone_is_noticed(site: Site, words: str, silence: float, reason: str) -> None:
    with site.server("one"), host_of(site, "one") as host:
        with pytest.raises(ConnectError, match=reason):
            host.connector.follow(StringCommand(words), lambda _: None, silence=silence, timeout=60)


def test_who_leaves_early_ends_what_still_asks(site: Site) -> None:
    with site.server("one"):
        with pytest.raises(KeyboardInterrupt), host_of(site, "one") as host:
            programs: connector.Programs = host.connector.data["openssh_programs"]

            def leave(_: str) -> None:
                assert len(programs.running) == 1
                raise KeyboardInterrupt

            host.connector.follow(StringCommand("echo one; sleep 600"), leave, silence=60, timeout=60)
        with pytest.raises(ConnectError, match="no longer asked"):
            host.run_shell_command(StringCommand("true"))


def test_nothing_is_patched() -> None:
    """gevent's patches change how the whole process waits for programs; two work-arounds were needed for that."""
    from gevent import monkey

    assert not monkey.saved
