"""Disks at a USB port: none can be used, or none but those that the policy lists."""


def test_the_kernel_takes_no_disk_at_a_usb_port(bolted, usb_storage):
    if bolted.wanted.disks:
        return
    assert usb_storage["refused"] == ["uas", "usb_storage"], f"only {usb_storage['refused']} are never loaded"
    assert not usb_storage["loaded"], f"the kernel has {', '.join(usb_storage['loaded'])}"


def test_disks_that_the_policy_does_not_list_are_cut_off(bolted, usb_storage):
    rules, listed = usb_storage["rules"], sorted(bolted.wanted.disks)
    assert rules["cuts"], "udev cuts off nothing: /etc/udev/rules.d/99-seawall-usb-storage.rules"
    assert rules["serials"] == listed, f"udev takes {rules['serials']}, the policy {listed}"
    strange = [serial for serial in usb_storage["there"] if serial not in listed]
    assert not strange, f"at a USB port there is {', '.join(strange)}"
