"""QAOA by qiskit-algorithms: VQE with Aer's EstimatorV2 and L-BFGS-B, whose gradients are SciPy's differences.

Its QAOA class wants a Sampler, so its energies are sampled: VQE with the same circuit is its way to exact ones. Its exact gradients
(`ReverseEstimatorGradient`) take longer than the differences at this size.

`commands.py` runs it with the path of a JSON file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from contenders.aer import qaoa
from qiskit_aer.primitives import EstimatorV2
from qiskit_algorithms import VQE
from qiskit_algorithms.optimizers import L_BFGS_B


def main() -> None:
    """Print the energy and how many there were."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    circuit, observable = qaoa(job["problem"])
    estimator = EstimatorV2(
        options={"default_precision": 0.0, "backend_options": {"method": "statevector", "max_parallel_threads": job["threads"]}}
    )
    options = job["options"]
    optimizer = L_BFGS_B(options["maxfun"], options["maxiter"], options["ftol"], options={"gtol": options["gtol"]})
    solver = VQE(estimator, circuit, optimizer, initial_point=job["start"])
    result = solver.compute_minimum_eigenvalue(observable)
    print(json.dumps({"energy": float(result.eigenvalue.real), "evaluations": int(result.cost_function_evals)}))


if __name__ == "__main__":
    main()
