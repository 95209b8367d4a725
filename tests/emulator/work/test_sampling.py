"""How shots are simulated: the same frequencies either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qiskit import QuantumCircuit

from qopt.emulator.work import sampling

if TYPE_CHECKING:
    import pytest

CIRCUIT = QuantumCircuit(5, 5)
"""Five entangled qubits of a device that errs by percents."""
for _qubit in range(5):
    CIRCUIT.sx(_qubit)
for _qubit in range(4):
    CIRCUIT.cx(_qubit, _qubit + 1)
CIRCUIT.measure(range(5), range(5))


def means(shots: int, points: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How often each bit is 1, the device's noise included."""
    machine = sampling.Machine("fake_manila", noise=True)
    (bits,) = sampling.measure(machine, [CIRCUIT], [((), np.zeros((points, 0)))], shots=shots, seed=2)
    return bits.mean(axis=(0, 1))


def test_few_shots_at_many_points_and_many_shots_at_one_have_the_same_frequencies(monkeypatch: pytest.MonkeyPatch) -> None:
    """5 qubits are simulated shot by shot below 8 shots, and by a density matrix from there on."""
    chosen = []
    method = sampling._method
    monkeypatch.setattr(sampling, "_method", lambda *asked: chosen.append(method(*asked)) or chosen[-1])
    few, many = means(7, 300), means(7 * 300, 1)
    assert chosen == ["statevector", "density_matrix"]
    assert np.all(np.abs(few - many) < 5 * np.sqrt(2 * 0.25 / 2100))


def test_without_noise_states_are_sampled() -> None:
    """A density matrix would only be slower."""
    machine = sampling.Machine("fake_manila", noise=False)
    (bits,) = sampling.measure(machine, [CIRCUIT], [((), np.zeros((1, 0)))], shots=4000, seed=2)
    assert np.all(np.abs(bits.mean(axis=(0, 1)) - 0.5) < 5 * np.sqrt(0.25 / 4000))


def test_seeds_of_parts_are_unrelated() -> None:
    """Neighbouring seeds and paths give no seed twice."""
    seeds = {sampling.spread(seed, *path) for seed in range(20) for path in [(), (0,), (1,), (0, 0), (0, 1), (1, 0)]}
    assert len(seeds) == 20 * 6
    assert all(0 <= seed < 2**31 for seed in seeds)
