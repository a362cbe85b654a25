"""SSH as the policy's hardening wants it: who comes in, by which means, with which algorithms."""

import re

# By name, and not by the list that the policy offers: what nobody should use any more.
OUT_OF_DATE = re.compile(r"sha1(?!\d)|cbc|arcfour|3des|md5|nistp|umac-64|^hmac-[^@]*$|group1-|group14-|group-exchange")
NO_ALGORITHM = ("ext-info-", "kex-strict-")


def test_ssh_lets_in_by_the_means_of_the_policy(strict_ssh, sshd):
    open_ = sorted({"password", "keyboard-interactive"} & {one for means in sshd["means"].values() for one in means})
    assert strict_ssh.wanted.passwords or not open_, f"anybody may try {', '.join(open_)}"
    assert "publickey" in sshd["means"]["nobody"], "sshd takes no keys"


def test_ssh_lets_root_in_as_the_policy_says(strict_ssh, sshd):
    found = sshd["settings"]["permitrootlogin"]
    wanted = {"no"} if strict_ssh.wanted.root == "no" else {"without-password", "prohibit-password"}
    assert found in wanted, f"PermitRootLogin is {found}"


def test_ssh_offers_nothing_out_of_date(strict_ssh, sshd):
    offered = sshd["offered"]
    for what in ("kex", "ciphers", "ciphers back", "macs", "macs back"):
        old = [name for name in offered[what] if OUT_OF_DATE.search(name) and not name.startswith(NO_ALGORITHM)]
        assert not old, f"sshd offers {', '.join(old)}"


def test_ssh_ends_idle_sessions(strict_ssh, sshd):
    found = re.search(r"session:shell=(\d+)s?\b", sshd["settings"].get("channeltimeout", ""))
    assert found, "sshd ends no idle session"
    limit = strict_ssh.wanted.idle.seconds
    assert 0 < int(found[1]) <= limit, f"an idle session ends after {found[1]} s; the policy says {limit} s"
