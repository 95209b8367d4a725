"""UCCSD by qopt's engine and SciPy, from an FCIDUMP file.

python uccsd_qopt.py PROBLEM.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from qopt.ansatze.excitations import uccsd
from qopt.problems.fcidump import read_fcidump
from qopt.simulate.excitations import ExcitationEngine


def main() -> None:
    """Print the energy and how many there were."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    integrals = read_fcidump(job["fcidump"])
    excitations = uccsd(integrals.norb, integrals.electrons)
    engine = ExcitationEngine(integrals, excitations, len(excitations), threads=job["threads"])
    result = minimize(engine.gradient, np.zeros(len(excitations)), jac=True, method="L-BFGS-B", options=job["options"])
    print(json.dumps({"energy": float(result.fun), "evaluations": int(result.nfev)}))


if __name__ == "__main__":
    main()
