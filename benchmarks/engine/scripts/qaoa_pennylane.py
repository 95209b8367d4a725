"""QAOA by PennyLane: lightning.qubit, adjoint gradients, and SciPy's L-BFGS-B, since PennyLane has no optimizer like it.

python qaoa_pennylane.py PROBLEM.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from contenders.lightning import qaoa
from scipy.optimize import minimize


def main() -> None:
    """Print the energy and how many there were."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    node = qaoa(job["problem"])
    result = minimize(node.gradient, job["start"], jac=True, method="L-BFGS-B", options=job["options"])
    print(json.dumps({"energy": float(result.fun), "evaluations": int(result.nfev)}))


if __name__ == "__main__":
    main()
