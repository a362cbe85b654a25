"""The lab's own promises: machines that are real, alone, and can be hurt and mended from outside."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.core.errors import CommandError, UsageError
from ops.core.run import run
from ops.lab import converged
from ops.lab.lab import DISKS, Lab


def test_every_machine_has_booted_without_a_failed_unit(lab: Lab):
    for machine in lab.machines():
        assert machine.ssh("systemctl is-system-running").stdout.strip() == "running", machine.host


def test_machines_know_each_other_by_name(lab: Lab):
    for machine in lab.machines():
        machine.ssh("for host in his1 lis1 backup1 drill1 offsite1; do getent hosts $host || exit 1; done")


def test_no_machine_has_a_way_out_but_the_package_cache(lab: Lab):
    with ThreadPoolExecutor() as pool:  # most of it is waiting
        for routes in pool.map(lambda machine: machine.ssh("apt-get -qq update && ip route").stdout, lab.machines()):
            assert "default" not in routes


def test_the_hospital_has_its_data(lab: Lab):
    ask = "cd / && runuser -u postgres -- psql -d his -Atc"
    his = lab.machine("his1")
    counted = his.ssh(
        f'{ask} "select (select count(*) from patients) + (select count(*) from admissions)'
        ' + (select count(*) from examinations) + (select count(*) from audit_log)"'
    )
    assert int(counted.stdout) >= 200_000
    assert int(his.ssh("ls /srv/his/dicom/*.dcm | wc -l").stdout) >= 50
    assert int(his.ssh("find /srv/his/documents -type f | wc -l").stdout) >= 300


def test_a_cut_cable_cuts_and_mends(lab: Lab):
    machine = lab.machine("offsite1")
    machine.cut()
    try:
        with pytest.raises(CommandError):
            machine.ssh("true", timeout=15)
    finally:
        machine.mend()
    machine.wait()


def test_a_machine_whose_power_was_cut_comes_back_with_its_disk(lab: Lab):
    machine = lab.machine("offsite1")
    machine.ssh("echo here >/root/mark && sync")
    cable = f"vb-{machine.network.identity.machine(machine.host)}"
    name = json.loads(run(["ip", "-json", "link", "show", "dev", cable], timeout=10).stdout)[0]["ifname"]
    machine.kill()
    assert not machine.running()
    while run(["ip", "link", "show", "dev", name], timeout=10, ok=(0, 1)).code == 0:
        run(["ip", "link", "delete", "dev", name], timeout=10, ok=(0, 1))
    # What the kernel has not removed yet of a machine that ended must not keep it from its cable.
    run(["ip", "link", "add", name, "type", "bridge"], timeout=10)
    if name != cable:
        run(["ip", "link", "property", "add", "dev", name, "altname", cable], timeout=10)
    machine.boot()
    machine.wait()
    assert machine.ssh("cat /root/mark").stdout == "here\n"


def test_a_machine_inside_a_machine_works_on_the_drill_host(lab: Lab):
    drill = lab.machine("drill1")
    drill.ssh("test -c /dev/fuse && test -w /sys/fs/cgroup && findmnt /var/lib/seawall/drills")


def test_up_again_leaves_running_machines_alone(lab: Lab):
    before = {machine.host: machine.group.first_process() for machine in lab.machines()}
    lab.up()
    assert {machine.host: machine.group.first_process() for machine in lab.machines()} == before


def test_what_a_lab_lies_over_is_neither_pruned_nor_cleared(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab.layer in converged.used(DISKS, lab.layers.home)
    monkeypatch.setattr("ops.lab.lab.CACHES", tmp_path / "caches")
    (tmp_path / "caches").mkdir()
    with pytest.raises(UsageError, match="other labs"):
        Lab("nobody", checkout=tmp_path).down(caches=True)
    assert (tmp_path / "caches").exists()
