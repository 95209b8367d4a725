"""UCCSD by PennyLane: its fermionic gates on lightning.qubit, its Jordan-Wigner mapping, adjoint gradients, SciPy's L-BFGS-B.

PennyLane numbers spin orbitals in turn, alpha and beta: the product of exponentials is the same whatever the numbering.

`commands.py` runs it with the path of a JSON file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
from pennylane import numpy as pnp
from scipy.optimize import minimize


def main() -> None:
    """Print the energy and how many there were."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    norb, constant, one_body, two_body = read_integrals(Path(job["fcidump"]))
    # PennyLane wants the coefficients of a^dag_p a^dag_q a_r a_s, which are (ps|qr).
    fermionic = qml.qchem.fermionic_observable(np.array([constant]), one_body, two_body.transpose(0, 2, 3, 1))
    observable = qml.jordan_wigner(fermionic)
    occupied = sorted(2 * orbital + spin for spin, count in enumerate(job["electrons"]) for orbital in range(count))
    excitations = [[sorted(2 * (i % norb) + i // norb for i in part) for part in excitation] for excitation in job["excitations"]]

    @qml.qnode(qml.device("lightning.qubit", wires=2 * norb), diff_method="adjoint")
    def energy(angles: Any) -> Any:  # noqa: ANN401 - PennyLane's tensors and measurements
        for wire in occupied:
            qml.X(wire)
        for angle, (created, annihilated) in zip(angles, excitations, strict=True):
            if len(created) == 1:
                qml.FermionicSingleExcitation(angle, wires=between(annihilated[0], created[0]))
            else:
                qml.FermionicDoubleExcitation(angle, wires1=between(*annihilated), wires2=between(*created))
        return qml.expval(observable)

    slopes = qml.grad(energy)

    def value_and_gradient(point: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = slopes(pnp.array(point, requires_grad=True))
        return float(slopes.forward), np.asarray(gradient)

    result = minimize(value_and_gradient, np.zeros(len(excitations)), jac=True, method="L-BFGS-B", options=job["options"])
    print(json.dumps({"energy": float(result.fun), "evaluations": int(result.nfev)}))


def between(first: int, last: int) -> list[int]:
    """All wires from one to the other, as the gates of PennyLane want them for their signs."""
    return list(range(min(first, last), max(first, last) + 1))


def read_integrals(path: Path) -> tuple[int, float, np.ndarray, np.ndarray]:
    """Orbitals, constant, h_pq and (pq|rs) of an FCIDUMP file of real orbitals."""
    header, rows = path.read_text(encoding="utf-8").split("&END")
    norb = int(header.upper().split("NORB=")[1].split(",")[0])
    constant, one_body, two_body = 0.0, np.zeros((norb,) * 2), np.zeros((norb,) * 4)
    for row in rows.split("\n"):
        if not row.strip():
            continue
        value, *indices = row.split()
        p, q, r, s = (int(index) - 1 for index in indices)
        if r >= 0:
            for a, b in ((p, q), (q, p)):
                for c, d in ((r, s), (s, r)):
                    two_body[a, b, c, d] = two_body[c, d, a, b] = float(value)
        elif q >= 0:
            one_body[p, q] = one_body[q, p] = float(value)
        elif p < 0:
            constant = float(value)
    return norb, constant, one_body, two_body


if __name__ == "__main__":
    main()
