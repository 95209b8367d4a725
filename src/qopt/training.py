"""Angles optimised on the exact engine before a run begins: free, so that a QPU only samples or fine-tunes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qopt import simulate, starts
from qopt.environment import cores
from qopt.identity import circuit_digest, operator_digest
from qopt.optimizers import Scipy
from qopt.types import Estimate, Gradient

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from qopt.ansatze import Ansatz
    from qopt.simulate import Engine
    from qopt.simulate.structure import AlternatingLayers
    from qopt.types import Point, Points


@dataclass(frozen=True)
class Trained:
    """What training found.

    Attributes:
        point: `(n,)` the angles.
        energy: There.
        evaluations: Energies with gradients that it took.
    """

    point: Point
    energy: float
    evaluations: int


_KNOWN: dict[tuple[object, ...], Trained] = {}
"""What was trained in this process: the runs of a sweep over seeds or shots are trained alike."""


def train(ansatz: Ansatz, hamiltonian: SparsePauliOp, start: Point, *, threads: int | None = None) -> Trained:
    """The lowest energy that L-BFGS-B finds with exact gradients, from a start, and for QAOA also from depth 1 on.

    From depth 1 on, each depth begins at the angles of the one before, carried over by INTERP: at large depths that finds optima which
    starts by formula miss.

    Args:
        ansatz: The circuit.
        hamiltonian: Whose expectation is minimised.
        start: `(n,)` where to begin.
        threads: Of the engine; None is one for each core that this process may use. They don't change a bit of the outcome.

    References:
        Zhou, Wang, Choi, Pichler, Lukin 2020, arXiv:1812.01041, appendix B (INTERP).
    """
    key = circuit_digest(ansatz.circuit), ansatz.parameters, operator_digest(hamiltonian), start.tobytes()
    if key not in _KNOWN:
        _KNOWN[key] = _trained(ansatz, hamiltonian, start, threads or cores())
    return _KNOWN[key]


def _trained(ansatz: Ansatz, hamiltonian: SparsePauliOp, start: Point, threads: int) -> Trained:
    scales = np.ones(len(start)) if ansatz.scales is None else np.array(ansatz.scales)
    choice = simulate.choose(ansatz.circuit, ansatz.parameters, hamiltonian, ansatz.product)
    points, evaluations = [start], 0
    if choice.layers is not None and choice.layers.plain and choice.layers.structure.layers > 1:
        # The engines of lower depths come first: they have let their memory go when the last one takes its own.
        deepened = _deepened(choice.layers.structure, start, scales, threads)
        points.append(deepened.point)
        evaluations = deepened.evaluations
    engine = choice.engine(threads=threads)
    found = [_descend(engine, point, scales) for point in points]
    best = min(found, key=lambda trained: trained.energy)
    return replace(best, evaluations=evaluations + sum(trained.evaluations for trained in found))


def _deepened(structure: AlternatingLayers, start: Point, scales: Point, threads: int) -> Trained:
    """From depth 1 to one layer less than the full depth, each from the angles of the one before; and these carried to the full depth."""
    found = Trained(start.reshape(2, -1).mean(axis=1), math.inf, 0)
    for layers in range(1, structure.layers):
        engine = simulate.QaoaEngine(structure.cost, layers, threads=threads)
        step = _descend(engine, starts.interp(found.point, layers), scales.reshape(2, -1)[:, :layers].ravel())
        found = replace(step, evaluations=found.evaluations + step.evaluations)
    return replace(found, point=starts.interp(found.point, structure.layers))


def _descend(engine: Engine, start: Point, scales: Point) -> Trained:
    evaluate = _OnEngine(engine, scales)
    # L-BFGS-B draws no random numbers.
    ended = Scipy("L-BFGS-B")(evaluate, start / scales, np.random.default_rng(0))
    point = ended.point * scales
    return Trained(point, float(engine.energies(point[None, :])[0]), evaluate.evaluations + 1)


class _OnEngine:
    """The `Evaluate` of an engine, in an optimizer's units."""

    noisy = False

    def __init__(self, engine: Engine, scales: Point) -> None:
        self.evaluations = 0
        self._engine = engine
        self._scales = scales

    def __call__(self, points: Points) -> Estimate:
        self.evaluations += len(points)
        return Estimate(self._engine.energies(points * self._scales), np.zeros(len(points)))

    def gradient(self, point: Point) -> Gradient:
        self.evaluations += 1
        energy, slopes = self._engine.gradient(point * self._scales)
        return Gradient(energy, 0.0, slopes * self._scales, np.zeros_like(slopes))
