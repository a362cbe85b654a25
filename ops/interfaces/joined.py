"""Every name that is joined of names of the policy, so that one name never stands for two things.

Names of the policy hold lower-case letters, digits and `_`, and so never the `-` that parts them here. Names of
machines may hold it: where one of them stands beside another name, `ops.policy.rules.joined` refuses what would be two
things. What has a suffix with a `.` behind one of these names (`.json`, `.running`, `.lock`, `.request`) is of that
thing, too.
"""

from __future__ import annotations

PREFIX = "seawall-"
OLDEST = "oldest"  # the act, and what stands in place of a copy in the check of its age
ALARM_DRILL = "alarm-drill"  # the act; its check is called with `_`


def act(kind: str, asset: str) -> str:
    """Return the name of an act on an asset: of its state, its lock, its request; such as `backup-his`."""
    return f"{kind}-{asset}"


def backup(asset: str) -> str:
    """Return the name of an asset's backup."""
    return act("backup", asset)


def log(asset: str) -> str:
    """Return the name of the act that archives an asset's log."""
    return act("log", asset)


def copy(asset: str, copy: str) -> str:
    """Return the name of one of an asset's copies, such as `copy-his-offsite`."""
    return f"{act('copy', asset)}-{copy}"


def drill(asset: str) -> str:
    """Return the name of an asset's drill."""
    return act("drill", asset)


def oldest(asset: str) -> str:
    """Return the name of the drill of an asset's oldest set."""
    return act(OLDEST, asset)


def restore(asset: str) -> str:
    """Return the name of an asset's restore."""
    return act("restore", asset)


def deletion(asset: str) -> str:
    """Return the name of the act that deletes files of an asset which are in verified copies."""
    return act("deletion", asset)


def export(name: str) -> str:
    """Return the name of the act that exports data."""
    return act("export", name)


def receipt(name: str) -> str:
    """Return the name of the act by which a person says that an export arrived."""
    return act("receipt", name)


def export_file(name: str) -> str:
    """Return the name of the file with the key by which an export signs in where it is delivered."""
    return f"export-{name}.key"


def alarm_drill(kind: str) -> str:
    """Return the name of the drill of the alarms by one kind of fault."""
    return f"{ALARM_DRILL}-{kind}"


def disk(repository: str, disk: str) -> str:
    """Return the name of what is done with one of the disks of a repository, such as `disk-disks-red`."""
    return f"{act('disk', repository)}-{disk}"


def slip(repository: str, disk: str) -> str:
    """Return the name of the slip that a disk last left with, without its suffix."""
    return f"slip-{repository}-{disk}"


def unit(act: str) -> str:
    """Return the name of the unit that does an act, without its ending."""
    return f"{PREFIX}{act}"


def service(act: str) -> str:
    """Return the name of the service that does an act."""
    return f"{unit(act)}.service"


def writer(client: str) -> str:
    """Return the name of the unit at a backup host that serves a client's repository, without its ending."""
    return unit(f"writer-{client}")


def writer_socket(client: str) -> str:
    """Return the path of the socket at which that unit listens."""
    return f"/run/{PREFIX}writer/{client}"


def container(engine: str, name: str) -> str:
    """Return the name of the units that let the account's programs into a container, without their ending."""
    return unit(f"container-{engine}-{name}")


def container_socket(engine: str, name: str) -> str:
    """Return the path of the socket at which those units listen; root alone may write to its folder."""
    return f"/run/seawall/container-{engine}-{name}"


def check(kind: str, asset: str, copy: str = "") -> str:
    """Return the name of a check that follows from an asset or one of its copies, such as `copy_age-his-offsite`."""
    return "-".join([kind, asset, *filter(None, [copy])])


def former_check(kind: str, asset: str, copy: str = "") -> str:
    """Return the name that releases up to 0.1 gave to such a check; two copies could have the same."""
    return "_".join([kind, asset, *filter(None, [copy])])


def address_file(repository: str) -> str:
    """Return the name of the file with a repository's address and the account that opens it."""
    return f"{repository}.url"


def password_file(repository: str) -> str:
    """Return the name of the file with the password of a repository, or of a reader's own key to it."""
    return f"{repository}.password"


def repository_files(repository: str) -> tuple[str, str]:
    """Return the names of the two files that open a repository."""
    return address_file(repository), password_file(repository)


def account_file(repository: str) -> str:
    """Return the name of the file with the account at somebody else's store, in which a repository lies."""
    return f"{repository}.store"


def locks_of(repository: str) -> str:
    """Return the name that the files of whoever renews the locks at a store give to a repository there."""
    return f"locks-of-{repository}"


def renewal(repository: str) -> str:
    """Return the name of the act that renews the locks at a store."""
    return f"renew-{repository}"


def channel_file(channel: str) -> str:
    """Return the name of the file with the secret of a channel of alarms."""
    return f"channel-{channel}.secret"


def reader_file(repository: str, reader: str) -> str:
    """Return the name of the file from which a repository's owner gives a reader a key of its own."""
    return password_file(f"reader-{repository}-{reader}")


def read_from(machine: str, repository: str) -> str:
    """Return the name that a reader's files give to another machine's repository."""
    return f"{machine}-{repository}"


def turn(repository: str) -> str:
    """Return the name of what copies to a repository wait for."""
    return f"copies-to-{repository}"


def forgetting(repository: str) -> str:
    """Return the name of what whoever adds to a repository shares, and whoever forgets there has alone."""
    return f"forgets-in-{repository}"


def leaving(client: str) -> str:
    """Return the name of the act of a backup host that lets sets of a client leave."""
    return f"leaving-{client}"


def leave(repository: str) -> str:
    """Return the name of the act that forgets in a repository what its backup host asks."""
    return f"leave-{repository}"


def second_door(client: str) -> str:
    """Return the name of the unit at a backup host that serves a client's second names, without its ending."""
    return unit(f"second-door-{client}")


def second_door_socket(client: str) -> str:
    """Return the path of the socket at which that unit listens."""
    return f"/run/{PREFIX}second-door/{client}"


def held(asset: str) -> str:
    """Return the name of the note of a restored system that is held for a person."""
    return f"kept-{asset}"


def noted_key(repository: str) -> str:
    """Return the name of the account's note of the key that opens a repository; it lies among its states."""
    return f"key-{repository}"


def noted_healing(repository: str) -> str:
    """Return the name of root's note of healing a repository; it lies beside its notes of keys, which have no `.`."""
    return f"{repository}.healing.json"


def manifest_folder(asset: str) -> str:
    """Return the name of the folder from which an asset's manifest is stored."""
    return f"manifest-{asset}"


def capture_folder(asset: str, label: str) -> str:
    """Return the name of the folder in which a part of an asset is captured; a label may hold a `.`, and no `-`."""
    return f"{asset}-{label}"


def part(source: str, short: str) -> str:
    """Return the label of a part of a set: its source's name, with what of it the part is, where it is not all."""
    return f"{source}.{short}" if short else source


def companion(label: str, name: str) -> str:
    """Return the name of a text that is kept beside the manifest for a part."""
    return f"{label}-{name}"
