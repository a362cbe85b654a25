"""Accounts and ports: nobody can do more than their work."""

POWERFUL = {"root", "sudo", "wheel", "adm", "disk", "shadow", "docker", "systemd-journal", "postgres"}
HTTP = 80


def test_seawall_s_account_can_only_run_its_units(machine, facts):
    account = facts["accounts"]["seawall"]
    assert account, "there is no account seawall"
    powerless("seawall", account)


def test_servers_accounts_can_only_run_their_servers(keeper, facts):
    for name in ("restic-rest-server", "seawall-reader"):
        assert facts["accounts"][name], f"there is no account {name}"
        powerless(name, facts["accounts"][name])


def test_backup_host_listens_only_at_its_doors(keeper, facts, site):
    own = [each for each in keeper.policy.repositories.values() if each.host == keeper.host]
    doors = {port for each in own for port in (each.options.port, each.options.reader_port)}
    heard = {entry["port"] for entry in facts["ports"] if entry["outside"]}
    assert doors <= heard, f"nobody listens at port {', '.join(map(str, sorted(doors - heard)))}"
    assert HTTP not in heard, "a web server answers at port 80"


def test_drill_host_keeps_no_repository(driller, facts):
    assert not facts["repositories"], f"repositories lie on a drill host: {', '.join(facts['repositories'])}"
    assert not facts["packages"]["restic-rest-server"], "a drill host has rest-server installed"


def powerless(name, account):
    assert account["shell"] in {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false"}, f"{name} can log in"
    assert not account["password"], f"{name} has a password"
    assert not account["sudo"], f"{name} may use sudo: {'; '.join(account['sudo'])}"
    powers = POWERFUL & set(account["groups"])
    assert not powers, f"{name} is in {', '.join(sorted(powers))}"
    assert account["uid"] != 0, f"{name} is root"
