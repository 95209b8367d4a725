"""The standard errors that qopt gives are those of the values' scatter, with every kind of primitive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from tests.emulator.clients import needs_client_side
from tests.execution.asking import ask
from tests.execution.kinds import KINDS

from qopt import Exact, Execution, Expectation, Mitigation, Sampled, Transpile, hardware_efficient
from qopt.diagonal import Diagonal
from qopt.execution.connect import Connections, find
from qopt.execution.isa import freeze
from qopt.objective import constant_of, with_terms

if TYPE_CHECKING:
    from qopt.execution.mitigation import Preset
    from qopt.execution.primitives import Kind
    from qopt.objective import Objective

REPEATS = 1600
RING = SparsePauliOp.from_sparse_list([("ZZ", [i, (i + 1) % 6], 5.0) for i in range(6)], num_qubits=6)
# Distinct couplings: where a fraction alpha ends just at the edge of a degenerate level, no estimate of CVaR is normal.
CHAIN = SparsePauliOp.from_sparse_list([("ZZ", [i, (i + 1) % 6], 3.0 + 0.37 * i) for i in range(6)], num_qubits=6)
H2 = SparsePauliOp.from_list([("II", -0.3324), ("IZ", 0.39794), ("ZI", -0.39794), ("ZZ", -0.01128), ("XX", 0.18093)])


def repeated(hamiltonian: SparsePauliOp, objective: Objective, kind: Kind, *, calls: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Values and standard errors of REPEATS measurements at one point, spread over some calls with seeds of their own."""
    ansatz = hardware_efficient(hamiltonian.num_qubits, reps=1)
    point = np.linspace(0.3, 1.2, len(ansatz.parameters))
    execution = Execution(mode="session", backend="aer", primitives=kind)
    device = find(execution, exact=False)
    logical = freeze(ansatz, objective.observables(hamiltonian), constant_of(hamiltonian), sampled=objective.sampled)
    frozen = device.prepare(logical, Transpile(level=1))
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    diagonal = Diagonal.from_operator(hamiltonian)
    estimates = []
    for call in range(calls):
        program = objective.encode(frozen, np.tile(point, (REPEATS // calls, 1)), seed=1234567 + 98765 * call)
        data = ask(executor, program)
        estimates.append(objective.decode(frozen, data, diagonal.energies if diagonal else None))
    connections.close()
    return np.concatenate([e.values for e in estimates]), np.concatenate([e.stderrs for e in estimates])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("hamiltonian", "objective"),
    [(RING, Expectation(200)), (H2, Expectation(200)), (RING, Sampled(200)), (CHAIN, Sampled(1000, cvar=0.2))],
    ids=["5 ZZ by Estimator", "H2 by Estimator", "5 ZZ by Sampler", "CVaR 0.2"],
)
def test_standard_error_is_the_scatter(kind: Kind, hamiltonian: SparsePauliOp, objective: Objective) -> None:
    """Within 10% over 1,600 repeats; the scatter itself is known to 1.8%."""
    values, stderrs = repeated(hamiltonian, objective, kind)
    assert np.sqrt(np.mean(stderrs**2)) == pytest.approx(values.std(ddof=1), rel=0.10)


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_unbiased(kind: Kind) -> None:
    """The mean over repeats is the exact expectation within 4 of its standard errors."""
    values, stderrs = repeated(H2, Expectation(200), kind)
    exact = exact_value(H2)
    assert abs(values.mean() - exact) < 4 * stderrs.mean() / np.sqrt(REPEATS)


def exact_value(hamiltonian: SparsePauliOp) -> float:
    """The expectation at the point of `repeated`, from the statevector."""
    ansatz = hardware_efficient(hamiltonian.num_qubits, reps=1)
    device = find(Execution(backend="statevector"), exact=True)
    frozen = freeze(ansatz, Exact().observables(hamiltonian), constant_of(hamiltonian), sampled=False)
    executor = Connections().open(device, Execution(), frozen)
    program = Exact().encode(frozen, np.linspace(0.3, 1.2, len(ansatz.parameters))[None, :], seed=1)
    return float(Exact().decode(frozen, ask(executor, program), None).values[0])


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_independent_between_and_within_calls(kind: Kind) -> None:
    """Values of successive measurements at one point are uncorrelated, within a job and from job to job."""
    values, _ = repeated(H2, Expectation(100), kind, calls=8)
    calls = values.reshape(8, -1) - values.mean()
    correlation = np.corrcoef(calls)
    limit = 5 / np.sqrt(calls.shape[1])
    assert np.abs(correlation[~np.eye(8, dtype=bool)]).max() < limit
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 5 / np.sqrt(REPEATS)


@pytest.mark.nightly
@needs_client_side
@pytest.mark.parametrize("preset", ["light", "full"])
def test_errors_of_mitigated_values_are_their_scatter(preset: Preset) -> None:
    """Within 30% over 60 jobs, each of which learns the readout errors anew; the scatter is known to 9%."""
    objective = Expectation(1000)
    operator = SparsePauliOp.from_list([("ZZI", 1.0), ("IXX", 0.5), ("IZZ", 0.3), ("ZIZ", 0.7), ("XII", 0.4)])
    execution = Execution(backend="fake_manila", primitives="client", mitigation=Mitigation(preset))
    device = find(execution, exact=False)
    logical = freeze(hardware_efficient(3, 1), with_terms(objective.observables(operator)), 0.0, sampled=False)
    frozen = device.prepare(logical, Transpile(seeds=1))
    connections = Connections()
    executor = connections.open(device, execution, frozen)
    estimates = []
    for seed in range(1, 61):
        program = objective.encode(frozen, np.full((1, 6), 0.3), seed=seed)
        estimates.append(objective.decode(frozen, ask(executor, program), None))
    connections.close()
    values, stderrs = (np.concatenate(parts) for parts in zip(*((e.values, e.stderrs) for e in estimates), strict=True))
    assert np.median(stderrs) == pytest.approx(values.std(ddof=1), rel=0.30)
