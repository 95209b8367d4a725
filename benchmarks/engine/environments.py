"""Make the contenders' virtual environments, one each, so that none has to bear another's requirements.

    python benchmarks/engine/environments.py FOLDER [NAME ..]

What can't be installed is said, and the exit status is 1; `compare.py` then names it in its rows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = {
    "qiskit": ["qiskit", "qiskit-aer", "qiskit-algorithms", "qiskit-nature"],
    "pennylane": ["pennylane", "pennylane-lightning", "scipy"],
    "metatron": ["metatron-qso", "numpy"],
    "mindquantum": ["mindquantum"],
    "ffsim": ["ffsim"],
}
"""Packages of each environment. They come as they are released: `compare.py` prints the versions it met."""


def python(folder: Path, environment: str) -> Path:
    """The interpreter of an environment, whether it exists or not."""
    return folder / environment / "bin" / "python"


def make(folder: Path, environment: str) -> bool:
    """Make one environment or bring it up to date; whether that went well."""
    if not python(folder, environment).exists():
        venv.create(folder / environment, with_pip=True)
    command = [str(python(folder, environment)), "-m", "pip", "install", "--quiet", "--upgrade", *REQUIREMENTS[environment]]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - pip of the environment just made


def main() -> int:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where to put the environments, made if it isn't there")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones, default all: {', '.join(REQUIREMENTS)}")
    arguments = parser.parse_args()
    unknown = sorted({*arguments.names} - {*REQUIREMENTS})
    if unknown:
        parser.error(f"no environment is called {', '.join(unknown)}, expected some of {', '.join(REQUIREMENTS)}")
    failed = []
    for name in arguments.names or REQUIREMENTS:
        print(f"{name}: {', '.join(REQUIREMENTS[name])}", flush=True)
        if not make(arguments.folder, name):
            failed.append(name)
            print(f"{name}: pip failed, its contenders will be missing", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
