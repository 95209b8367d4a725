"""Which file systems are seen as network file systems."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from qopt.journal.filesystem import NETWORK_TYPES, filesystem_type

MOUNTS = r"""
/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
auto /home autofs rw 0 0
filer:/home /home nfs4 rw,vers=4.2 0 0
tmpfs /home/me/ram tmpfs rw 0 0
scratch@tcp:/fs /scratch lustre rw,flock 0 0
me@host:/data /mnt/my\040data fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "ext4"),
        ("/var/tmp", "ext4"),  # noqa: S108
        ("/home/me/runs", "nfs4"),
        ("/home/me/ram/runs", "tmpfs"),
        ("/home2/me", "ext4"),
        ("/scratch", "lustre"),
        ("/mnt/my data/run", "fuse.sshfs"),
    ],
)
def test_the_longest_mount_point_decides_and_of_equals_the_last(path: str, expected: str) -> None:
    """By whole path components, with blanks unescaped."""
    assert filesystem_type(PurePosixPath(path), MOUNTS) == expected


def test_no_mounts_no_type() -> None:
    """Where the system doesn't tell, nothing is guessed."""
    assert filesystem_type(PurePosixPath("/home"), "") is None


def test_local_file_systems_are_not_network_ones() -> None:
    """And those on which two hosts see one file are."""
    assert {"nfs", "nfs4", "lustre", "gpfs", "cifs", "smb3", "fuse.sshfs", "beegfs"} <= NETWORK_TYPES
    assert not NETWORK_TYPES & {"ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs"}
