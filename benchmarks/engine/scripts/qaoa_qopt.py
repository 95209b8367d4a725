"""QAOA by qopt's engine and SciPy: what `qopt run` does beside the run's journal, its measurement and its report.

python qaoa_qopt.py PROBLEM.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from qopt.diagonal import Diagonal
from qopt.simulate import QaoaEngine


def main() -> None:
    """Print the energy and how many there were."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    terms = job["problem"]["terms"]
    supports = np.zeros((len(terms), job["problem"]["variables"]), dtype=np.bool_)
    for row, (_, support) in zip(supports, terms, strict=True):
        row[support] = True
    cost = Diagonal(np.array([coefficient for coefficient, _ in terms]), supports)
    engine = QaoaEngine(cost, job["problem"]["layers"], threads=job["threads"])
    result = minimize(engine.gradient, job["start"], jac=True, method="L-BFGS-B", options=job["options"])
    print(json.dumps({"energy": float(result.fun), "evaluations": int(result.nfev)}))


if __name__ == "__main__":
    main()
