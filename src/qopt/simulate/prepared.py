"""Circuits and observables as the primitives keep them between calls: recognised, translated and laid out once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from qopt.diagonal import Diagonal
from qopt.simulate.checks import checked, limits
from qopt.simulate.circuits import turned
from qopt.simulate.gates import in_one_angle_gates
from qopt.simulate.qaoa import QaoaEngine
from qopt.simulate.recognise import alternating_layers
from qopt.simulate.statevector import Observable, Statevectors, drawn, moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparseObservable


Made = TypeVar("Made")

_CIRCUITS = 16
_ENTRIES = 1 << 24
"""Of observables that a circuit keeps."""


class Shelf(Generic[Made]):
    """What was made of the circuits that were asked for last; a circuit that was changed in place is another one.

    Args:
        make: Of a circuit.
    """

    def __init__(self, make: Callable[[QuantumCircuit], Made]) -> None:
        self._make = make
        self._kept: list[tuple[QuantumCircuit, Made]] = []

    def __call__(self, circuit: QuantumCircuit) -> Made:
        """What was made of a circuit with these very instructions, or is made now."""
        place = next((place for place, (kept, _) in enumerate(self._kept) if _same(kept, circuit)), None)
        found = (circuit.copy(), self._make(circuit)) if place is None else self._kept.pop(place)
        self._kept = [found, *self._kept[: _CIRCUITS - 1]]
        return found[1]


class Prepared:
    """One circuit of gates alone, with points in the order of its `parameters`."""

    def __init__(self, circuit: QuantumCircuit, threads: int) -> None:
        """Recognise QAOA, for which there is an engine of its own."""
        names = [parameter.name for parameter in circuit.parameters]
        self._threads = threads
        self._observables: OrderedDict[tuple[bytes, ...], _Kept] = OrderedDict()
        self._gates = in_one_angle_gates(circuit, names)
        self._limits = limits(self._gates.units)
        self._states: Statevectors | None = None
        self._layers = alternating_layers(circuit, names)
        self._fast = (
            None if self._layers is None else QaoaEngine(self._layers.structure.cost, self._layers.structure.layers, threads=threads)
        )
        self._cost = None if self._layers is None else self._layers.structure.cost

    def engine(self, observables: Sequence[SparseObservable] = ()) -> str:
        """What answers for these observables, and samples where there are none."""
        if self._fast is None or not all(self._kept(observable).diagonal for observable in observables):
            return "circuit-aer"
        return self._fast.name

    def moments(
        self, points: NDArray[np.float64], observables: Sequence[SparseObservable], wanted: NDArray[np.int64], *, spread: bool
    ) -> NDArray[np.float64]:
        """`(w, 2)` means and variances.

        Args:
            points: `(k, n)`.
            observables: m of them.
            wanted: `(w, 2)`: which point and which observable.
            spread: Whether variances are asked for; else they may be anything.
        """
        points = checked(points, self._limits)
        kept = [self._kept(observable) for observable in observables]
        if self._fast is not None and len(kept) == 1 and kept[0].of_cost is not None and not spread:
            factor, constant = kept[0].of_cost
            energies = factor * self._fast.energies(self._angles(points)) + constant
            return np.column_stack([energies[wanted[:, 0]], np.zeros(len(wanted))])
        out = np.empty((len(wanted), 2))
        places: list[list[int]] = [[] for _ in points]
        for place, (point, _) in enumerate(wanted.tolist()):
            places[point].append(place)
        if self._fast is not None and all(one.diagonal for one in kept):
            for asked, angles in zip(places, self._angles(points), strict=True):
                probabilities = self._fast.probabilities(angles)
                for place in asked:
                    out[place] = moments(kept[wanted[place, 1]].values, probabilities)
            return out
        for asked, state in zip(places, self._at(points), strict=True):
            for place in asked:
                out[place] = kept[wanted[place, 1]].observable.moments(state)
        return out

    def samples(self, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`(k, shots)` basis states drawn at `(k, n)` points; bit i of a basis state is qubit i."""
        points = checked(points, self._limits)
        if self._fast is not None:
            return self._fast.samples(self._angles(points), shots, rng)
        rows = [drawn(state.real**2 + state.imag**2, shots, rng) for state in self._at(points)]
        return np.array(rows, dtype=np.int64).reshape(len(points), shots)

    def _angles(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self._layers is not None  # noqa: S101 - there is a fast engine where there are layers
        return self._layers.angles(points)

    def _at(self, points: NDArray[np.float64]) -> Iterator[NDArray[np.complex128]]:
        if self._states is None:
            self._states = Statevectors(turned(self._gates), threads=self._threads)
        return self._states.at(self._gates.angles(points)[:, self._gates.free])

    def _kept(self, observable: SparseObservable) -> _Kept:
        key = tuple(
            np.asarray(part).tobytes() for part in (observable.coeffs, observable.bit_terms, observable.indices, observable.boundaries)
        )
        if key not in self._observables:
            self._observables[key] = _Kept(SparsePauliOp.from_sparse_observable(observable), self._cost)
        self._observables.move_to_end(key)
        return self._observables[key]

    def tidy(self) -> None:
        """Forget the observables that were not asked for lately, where all of them take much memory."""
        while len(self._observables) > 1 and sum(kept.entries for kept in self._observables.values()) > _ENTRIES:
            self._observables.popitem(last=False)


class _Kept:
    """An observable, and what it is of the circuit's own cost."""

    def __init__(self, operator: SparsePauliOp, cost: Diagonal | None) -> None:
        self.operator = operator
        self.diagonal = not operator.paulis.x.any()
        ours = Diagonal.from_operator(operator) if self.diagonal and cost is not None else None
        self.of_cost = None if ours is None or cost is None else ours.multiple_of(cost)
        self._observable: Observable | None = None

    @property
    def observable(self) -> Observable:
        """Laid out when a state first meets it."""
        if self._observable is None:
            self._observable = Observable(self.operator)
        return self._observable

    @property
    def values(self) -> NDArray[np.float64]:
        """`(2**n,)` values of a diagonal observable."""
        assert self.observable.diagonal is not None  # noqa: S101 - asked of diagonal ones alone
        return self.observable.diagonal

    @property
    def entries(self) -> int:
        """How many numbers are held, about."""
        return 0 if self._observable is None else self._observable.entries


def _same(kept: QuantumCircuit, circuit: QuantumCircuit) -> bool:
    return bool(kept.qubits == circuit.qubits and kept.cregs == circuit.cregs and kept.data == circuit.data)
