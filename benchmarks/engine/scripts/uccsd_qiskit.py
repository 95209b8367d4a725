"""UCCSD by qiskit-nature and qiskit-algorithms: the UCC circuit with the given excitations, VQE, exact reverse gradients, L-BFGS-B.

Differences by a StatevectorEstimator or by Aer take several times as long for so many parameters.

`commands.py` runs it with the path of a JSON file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from qiskit import transpile
from qiskit.primitives import StatevectorEstimator
from qiskit_algorithms import VQE
from qiskit_algorithms.gradients import ReverseEstimatorGradient
from qiskit_algorithms.optimizers import L_BFGS_B
from qiskit_nature.second_q.circuit.library import UCC, HartreeFock
from qiskit_nature.second_q.formats import fcidump_to_problem
from qiskit_nature.second_q.formats.fcidump import FCIDump
from qiskit_nature.second_q.mappers import JordanWignerMapper

BASIS = ["cx", "h", "rx", "rz", "s", "sdg", "sx", "x"]
"""Gates that the reverse gradient can differentiate, with those that surround them."""


def main() -> None:
    """Print the energy and how many there were."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    problem = fcidump_to_problem(FCIDump.from_file(job["fcidump"]))
    mapper, orbitals, electrons = JordanWignerMapper(), problem.num_spatial_orbitals, problem.num_particles

    def excitations(num_spatial_orbitals: int, num_particles: tuple[int, int]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:  # noqa: ARG001
        return [(tuple(annihilated), tuple(created)) for created, annihilated in job["excitations"]]

    ansatz = UCC(
        orbitals,
        electrons,
        excitations=excitations,
        qubit_mapper=mapper,
        initial_state=HartreeFock(orbitals, electrons, mapper),
    )
    circuit = transpile(ansatz, basis_gates=BASIS, optimization_level=1)
    options = job["options"]
    optimizer = L_BFGS_B(options["maxfun"], options["maxiter"], options["ftol"], options={"gtol": options["gtol"]})
    solver = VQE(
        StatevectorEstimator(),
        circuit,
        optimizer,
        gradient=ReverseEstimatorGradient(),
        initial_point=np.zeros(circuit.num_parameters),
    )
    result = solver.compute_minimum_eigenvalue(mapper.map(problem.hamiltonian.second_q_op()))
    energy = float(result.eigenvalue.real) + sum(problem.hamiltonian.constants.values())
    print(json.dumps({"energy": energy, "evaluations": int(result.cost_function_evals)}))


if __name__ == "__main__":
    main()
