"""What a person reads on a disc: how to restore by hand, and what is on which disc."""

from __future__ import annotations

from collections.abc import Sequence

from ops.core.quantity import Size, counted
from ops.interfaces.disc import Disc, Held

RESTORE, CATALOGUE, SUMS = "RESTORE.txt", "CATALOGUE.txt", "SHA256SUMS"

_PAGE = """\
How to restore what is on these discs
=====================================

This is disc {label}. Together with the other discs of its series it holds a repository of restic's, which is
encrypted. You need: all discs of the series ({all}), a computer with Linux, root's rights, and the
password of the repository {repository} of the machine {machine}. The password is on no disc; it is in the safe,
with the key sheet. Nothing of Seawall is needed. CATALOGUE.txt says what is on which disc.

1. Read each disc, one after the other, the highest number last. /dev/sr0 is the drive. The second command of each
   disc says nothing when all is good:

       mkdir -p /mnt/disc /srv/restored
       mount -o ro,nosuid,nodev,noexec /dev/sr0 /mnt/disc
       (cd /mnt/disc && sha256sum --check --quiet SHA256SUMS)
       cp -r --update /mnt/disc/repository /srv/restored/
       umount /mnt/disc

2. The program restic is on each disc; any restic from version 0.14 on will do, too. It asks for the password:

       mount -o ro,nosuid,nodev,noexec /dev/sr0 /mnt/disc
       cp /mnt/disc/restic /srv/restored/restic
       chmod 700 /srv/restored/restic
       umount /mnt/disc
       /srv/restored/restic --no-cache -r /srv/restored/repository check --read-data
       /srv/restored/restic --no-cache -r /srv/restored/repository snapshots

3. Snapshots with the same tag seawall-set=... belong together: the parts of one asset, and a manifest, which says what
   the parts hold. Restore each snapshot that you want by its id:

       /srv/restored/restic --no-cache -r /srv/restored/repository restore ID --target /srv/restored/data

   Files lie below that folder as they lay on the machine; a database is a dump, to be loaded with the database's own
   tools (pg_restore, psql, mariadb).

A computer whose `mount` does not know such a disc reads it by the package xorriso, into a folder that is removed
instead of `umount`: xorriso -osirrox on -indev /dev/sr0 -extract / /mnt/disc

If a disc can't be read whole
-----------------------------

Read what can be read into an image, and let dvdisaster mend it (Debian's package dvdisaster, or ddrescue for the
first of both commands). {correction} of the image may be missing, but not its first 32 sectors. Then go on with the
image instead of the disc:
mount -o ro,loop DISC.iso /mnt/disc

    dvdisaster -d /dev/sr0 -i DISC.iso -r
    dvdisaster -i DISC.iso -f

If it says that sectors could not be mended, that disc is lost as it is: look for its second copy, or leave it out.
`restic check --read-data` names what is missing then, and all sets without a part on that disc can still be restored.
"""


def restore(disc: str, discs: Sequence[str], repository: str, machine: str, correction: object) -> str:
    """Return the page about restoring by hand for one disc. discs: the labels of its series."""
    return _PAGE.format(
        label=disc, all=", ".join(discs), repository=repository, machine=machine, correction=str(correction)
    )


def catalogue(
    made: str, before: Sequence[Disc], labels: Sequence[str], amounts: Sequence[int], sets: Sequence[Held]
) -> str:
    """Return what is on which disc. made: when, in ISO 8601. before: the discs of the series that were there.

    labels, amounts: of the discs that are being made, and the bytes of packs on each. sets: the newest of each asset.
    """
    rows = [f"{one.label}  made {one.run}  {Size(_packs(one))}, {counted(len(one.packs), 'pack')}" for one in before]
    rows += [f"{label}  made {made}  {Size(amount)}" for label, amount in zip(labels, amounts, strict=True)]
    held = [f"{one.asset}  set {one.set}  of {one.time}" for one in sets]
    lines = ["What is on which disc (times are UTC)", "", *rows, ""]
    lines += ["The newest set of each asset on these discs:", "", *held, ""]
    lines += ["Older sets are on them, too: `restic snapshots` lists all, as RESTORE.txt says.", ""]
    return "\n".join(lines)


def _packs(disc: Disc) -> int:
    return sum(place[1] for path, place in disc.files.items() if path.rpartition("/")[2] in disc.packs)
