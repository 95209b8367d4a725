"""Whether a folder lies on a network file system, where SQLite's write-ahead log (shared memory between processes) can't be used."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

NETWORK_TYPES = frozenset(
    {
        *("9p", "afs", "ceph", "cifs", "coda", "drvfs", "nfs", "nfs4", "ncpfs", "smb3", "smbfs"),
        *("beegfs", "beegfs_nodev", "gfs2", "glusterfs", "gpfs", "lustre", "ocfs2", "orangefs", "panfs", "pvfs2", "wekafs"),
        *("fuse.beegfs", "fuse.ceph", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
"""The types, as /proc/mounts names them, on which two hosts may see the same file."""


def filesystem_type(path: PurePosixPath, mounts: str) -> str | None:
    r"""The type of the file system that an absolute path without links lies on, given the text of /proc/mounts.

    The longest mount point above the path wins, and of equals the last, which was mounted over the others.
    Blanks in mount points are written `\040`. None where no mount point is above the path.
    """
    best, depth = None, -1
    for line in mounts.splitlines():
        _, point, kind, *_ = [*line.split(), "", "", ""]
        mount = PurePosixPath(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point))
        if len(mount.parts) >= depth and path.is_relative_to(mount) and mount.is_absolute():
            best, depth = kind, len(mount.parts)
    return best


def on_network(folder: Path) -> bool:
    """Whether `folder` lies on a network file system; where the system doesn't tell (not Linux), no."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return filesystem_type(PurePosixPath(folder.resolve()), mounts) in NETWORK_TYPES
