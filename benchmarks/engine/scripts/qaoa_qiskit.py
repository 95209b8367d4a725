"""QAOA by qiskit-algorithms: VQE with Aer's EstimatorV2 and L-BFGS-B, whose gradients are SciPy's differences.

Its QAOA class wants a Sampler, so its energies are sampled: VQE with the same circuit is its way to exact ones. Its exact gradients
(`ReverseEstimatorGradient`) take longer than the differences at this size.

    python qaoa_qiskit.py PROBLEM.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

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
    solver = VQE(estimator, circuit, L_BFGS_B(**job["options"]), initial_point=job["start"])
    result = solver.compute_minimum_eigenvalue(observable)
    print(json.dumps({"energy": float(result.eigenvalue.real), "evaluations": int(result.cost_function_evals)}))


if __name__ == "__main__":
    main()
