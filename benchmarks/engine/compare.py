"""qopt's exact engines side by side with other packages: one command, one process for each, interleaved round by round.

    python benchmarks/engine/environments.py FOLDER
    python benchmarks/engine/compare.py --environments FOLDER [--quick] [--threads 1,2] [--only NAME,..] [--json OUT]

Run it on Linux or macOS, with the Python that qopt is installed in. Before anything is timed all contenders have to agree to 1e-8; one that
disagrees or is missing is named in its row. A number is the median of the medians of all rounds, with the lowest and the highest round.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Any

from criteria import verdicts
from harness import load
from records import Results, table
from sections import SECTIONS, Setting

import qopt


def machine() -> dict[str, Any]:
    """What this runs on."""
    facts = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in facts.read_text().splitlines() if line.startswith("model name")]
        if facts.exists()
        else []
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cpu = names[0] if names else platform.processor() or platform.machine()
    system, python = platform.platform(), platform.python_version()
    return {"cpu": cpu, "cores": cores, "system": system, "python": python, "qopt": str(Path(qopt.__file__).parent), "load": load()}


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, metavar="FOLDER", help="where environments.py put the contenders")
    parser.add_argument("--quick", action="store_true", help="small problems and few rounds, to see that everything works")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, one after the other, default 1,2")
    parser.add_argument("--only", default=",".join(SECTIONS), metavar="NAME,..", help=f"sections, default all: {', '.join(SECTIONS)}")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where to keep what was measured, written as it comes")
    asked = parser.parse_args()
    asked.only, asked.threads = asked.only.split(","), [int(word) for word in asked.threads.split(",")]
    unknown = sorted({*asked.only} - {*SECTIONS})
    if unknown:
        parser.error(f"no section is called {', '.join(unknown)}, expected some of {', '.join(SECTIONS)}")
    return asked


def main() -> int:
    """Measure, print, judge; 1 if contenders disagree."""
    asked = arguments()
    setting = Setting(asked.environments, asked.threads, asked.quick)
    results = Results(machine(), path=asked.json)
    print("\n".join(f"{name:10} {fact}" for name, fact in results.machine.items()), flush=True)
    for name in asked.only:
        for records in SECTIONS[name](setting):
            results.machine["versions"] = dict(sorted(setting.versions.items()))
            results.add(records)
            print("\n".join(table(records)), flush=True)
    print(f"\nversions: {', '.join(f'{name} {version}' for name, version in sorted(setting.versions.items()))}")
    print(f"\nWhat the engine has to be worth ({load()})")
    judged = [*verdicts(results.records)]
    for line in judged:
        print(f"  [{line.verdict}] {line.text}{f': {line.detail}' if line.detail else ''}")
    results.write([vars(line) for line in judged])
    return int(any(record.missing.startswith("DISAGREES") for record in results.records))


if __name__ == "__main__":
    sys.exit(main())
