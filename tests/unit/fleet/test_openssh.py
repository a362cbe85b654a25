"""The way to a machine: what Ansible's variables become on ssh's command line."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.core.errors import SeawallError
from ops.fleet.ssh import openssh
from ops.fleet.ssh.openssh import Way, way


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with tempfile.TemporaryDirectory(prefix="run-") as short:  # it holds sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield Path(short)


def options(found: Way) -> list[str]:
    return [word for word in found.options if word != "-o"]


def test_what_the_inventory_says_is_handed_on_as_it_is() -> None:
    found = way(
        "his1",
        {
            "ansible_host": "192.0.2.1",
            "ansible_port": 2222,
            "ansible_user": "admin",
            "ansible_ssh_private_key_file": "/keys/admin",
            "ansible_ssh_common_args": "-o ProxyCommand='ssh -W %h:%p gate' -F /etc/site_ssh",
            "ansible_ssh_extra_args": "-J gate",
        },
    )
    assert found.address == "192.0.2.1"
    assert options(found) == [
        'Port="2222"', 'User="admin"', 'IdentityFile="/keys/admin"', "ProxyCommand=ssh -W %h:%p gate", "-F",
        "/etc/site_ssh", "-J", "gate",
    ]  # fmt: skip
    argv = found.argv("true")
    assert argv[0] == "ssh"
    assert argv[-3:] == ["--", "192.0.2.1", "true"]


def test_ansible_cfg_and_the_environment_speak_for_all_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ansible.cfg").write_text("[defaults]\nremote_user = admin\n[ssh_connection]\nssh_args = -o Compression=yes\n")
    assert options(way("his1", {})) == ["Compression=yes", 'User="admin"']
    monkeypatch.setenv("ANSIBLE_SSH_ARGS", "-4")
    assert options(way("his1", {"ansible_user": "root"})) == ["-4", 'User="root"']


@pytest.mark.parametrize(
    ("user", "become", "wanted"),
    [
        ("admin", True, True),
        ("admin", "yes", True),
        ("admin", "no", False),
        ("root", True, False),
        ("admin", None, False),
    ],
)
def test_sudo_is_used_where_the_inventory_says_so(user: str, become: object, wanted: bool) -> None:
    assert way("his1", {"ansible_user": user, "ansible_become": become}).become is wanted


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"ansible_connection": "local"}, "the connection 'local' is not SSH"),
        ({"ansible_host": "{{ address }}"}, "ansible_host is a template, which only Ansible fills in"),
        ({"ansible_ssh_common_args": "-o 'x"}, "ansible_ssh_common_args can't be split into words"),
    ],
)
def test_what_cannot_be_handed_on_is_refused(variables: dict[str, str], reason: str) -> None:
    with pytest.raises(SeawallError, match=reason):
        way("his1", variables)


def test_another_way_to_the_same_machine_has_another_connection(home: Path) -> None:
    """Else a connection made with one file of known hosts would serve whoever names another."""
    one, two = (way("his1", {"ansible_ssh_common_args": f"-o UserKnownHostsFile={name}"}) for name in ("a", "b"))
    assert one.control_path != two.control_path
    assert one.control_path == way("his1", {"ansible_ssh_common_args": "-o UserKnownHostsFile=a"}).control_path
    assert openssh.control_folder() == home / "seawall/ssh"
    assert openssh.control_folder().stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_enter_is_refused(home: Path) -> None:
    openssh.control_folder().chmod(0o755)
    with pytest.raises(SeawallError, match="only this account may enter"):
        way("his1", {}).argv("true")


def test_a_folder_behind_a_link_is_refused(home: Path) -> None:
    (home / "seawall").mkdir()
    (home / "elsewhere").mkdir(mode=0o700)
    (home / "seawall/ssh").symlink_to(home / "elsewhere")
    with pytest.raises(SeawallError, match="only this account may enter"):
        openssh.control_folder()


def test_a_path_too_long_for_a_socket_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / ("x" * 80)))
    with pytest.raises(SeawallError, match="too long for a socket"):
        way("his1", {}).argv("true")


def test_ssh_itself_says_where_host_keys_are_looked_up() -> None:
    found = way("his1", {"ansible_ssh_common_args": "-F none -o UserKnownHostsFile=/keys/known"})
    assert found.setting("userknownhostsfile") == "/keys/known"
