"""Which engine computes a circuit: that for QAOA or for excitations where the circuit is that, else one that goes gate by gate.

QAOA is recognised in the circuit itself, so an ansatz of one's own takes the fast engine too. Excitations can't be read off a circuit:
there the product that the circuit was made from says what it is, and is believed once it makes the same circuit and Hamiltonian again.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from qopt.diagonal import Diagonal
from qopt.problems.excitation_product import OverlapProduct
from qopt.simulate import excitations, qaoa
from qopt.simulate.memory import SMALLER, check_memory, threads_that_fit
from qopt.simulate.recognise import alternating_layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp

    from qopt.errors import Where
    from qopt.problems.excitation_product import ExcitationProduct
    from qopt.simulate.engine import Engine
    from qopt.simulate.excitations import ExcitationEngine
    from qopt.simulate.qaoa import QaoaEngine
    from qopt.simulate.recognise import Recognised


@dataclass(frozen=True, eq=False)
class Choice:
    """How the expectation of a Hamiltonian in a circuit's state is computed; nothing is made yet.

    Attributes:
        circuit: Of gates alone, but for final measurements.
        parameters: Names of the circuit's parameters in the order in which points are written.
        hamiltonian: Whose expectation is asked for.
        layers: What the circuit was recognised as, where the Hamiltonian is a multiple of its cost; else None.
        multiple: The factor, and the constant beside it.
        product: What the circuit and the Hamiltonian were made from, where that is known and true; else None.
    """

    circuit: QuantumCircuit
    parameters: Sequence[str]
    hamiltonian: SparsePauliOp
    layers: Recognised | None
    multiple: tuple[float, float]
    product: ExcitationProduct | OverlapProduct | None = None

    @property
    def name(self) -> str:
        """Of the engine."""
        if self.product is not None:
            return excitations.engine_name(_of_states(self.product).integrals.norb)
        if self.layers is None:
            return "circuit-lightning" if find_spec("pennylane_lightning") is not None else "circuit-aer"
        return "qaoa-numba" if qaoa.compiles(self.layers.structure.cost) else "qaoa-numpy"

    def check_memory(self, *, gradient: bool, where: Where = ("problem",), instead: str = SMALLER) -> None:
        """Refuse what does not fit into the memory that is free, with one thread; see `memory.check_memory`.

        Raises:
            InputError: With what is needed, what there is, and what would fit.
        """
        if self.product is not None:
            product = _of_states(self.product)
            excitations.check_size(product.integrals.norb, product.integrals.electrons, product.excitations, where, instead)
            return
        structure = None if self.layers is None else self.layers.structure
        check_memory(structure, self.hamiltonian, gradient=gradient, where=where, instead=instead)

    def compiles_first(self, *, gradient: bool) -> bool:
        """Whether kernels have to be compiled before the first answer, which takes some seconds, once on a machine."""
        if self.layers is None or not qaoa.compiles(self.layers.structure.cost):
            return False
        return qaoa.QaoaEngine(self.layers.structure.cost, self.layers.structure.layers).compile_needed(gradient=gradient)

    def engine(self, *, threads: int = 1) -> Engine:
        """The engine, with as many of the threads as have memory."""
        if self.product is not None:
            product = _of_states(self.product)
            engine = excitations.ExcitationEngine(
                product.integrals, product.excitations, product.parameters, reference=product.determinant, threads=threads
            )
            if isinstance(self.product, OverlapProduct):
                return excitations.OverlapEngine(engine, product.parameters)
            return _Mapped(engine, product, self.multiple[1])
        if self.layers is None:
            from qopt.simulate.circuits import CircuitEngine  # noqa: PLC0415 - it brings Aer

            return CircuitEngine(self.circuit, self.parameters, self.hamiltonian, threads=threads)
        structure = self.layers.structure
        fitting = threads_that_fit(structure, self.hamiltonian, threads)
        return _Affine(qaoa.QaoaEngine(structure.cost, structure.layers, threads=fitting), self.layers, *self.multiple)


def choose(
    circuit: QuantumCircuit,
    parameters: Sequence[str],
    hamiltonian: SparsePauliOp,
    product: ExcitationProduct | OverlapProduct | None = None,
) -> Choice:
    """The fastest way there is.

    Args:
        circuit: Of gates alone, but for final measurements.
        parameters: Names of the circuit's parameters in the order in which points are written.
        hamiltonian: On as many qubits.
        product: What the circuit is said to be made from; where it makes another one, or another Hamiltonian, it is left aside.

    Raises:
        InputError: If the circuit has parameters that aren't named, or is not made of gates alone.
    """
    constant = None if product is None else product.constant_of(circuit, parameters, hamiltonian)
    if constant is not None:
        return Choice(circuit, parameters, hamiltonian, None, (1.0, constant), product)
    diagonal = Diagonal.from_operator(hamiltonian)
    layers = None if diagonal is None else alternating_layers(circuit, parameters)
    multiple = None if diagonal is None or layers is None else diagonal.multiple_of(layers.structure.cost)
    return Choice(circuit, parameters, hamiltonian, layers if multiple else None, multiple or (1.0, 0.0))


def _of_states(product: ExcitationProduct | OverlapProduct) -> ExcitationProduct:
    return product.product if isinstance(product, OverlapProduct) else product


class _Affine:
    """QAOA whose angles are affine in a circuit's parameters, and whose energy is `factor * cost + constant`."""

    def __init__(self, engine: QaoaEngine, layers: Recognised, factor: float, constant: float) -> None:
        self.name = engine.name
        self._engine = engine
        self._layers = layers
        self._factor = factor
        self._constant = constant

    def energies(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._factor * self._engine.energies(self._layers.angles(points)) + self._constant

    def gradient(self, point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        energies, gradients = self.gradients(point[None, :])
        return float(energies[0]), gradients[0]

    def gradients(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        energies, slopes = self._engine.gradients(self._layers.angles(points))
        return self._factor * energies + self._constant, self._factor * (slopes @ self._layers.weights)

    def samples(self, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        return self._engine.samples(self._layers.angles(points), shots, rng)


class _Mapped:
    """An engine for excitations whose samples are read as basis states of qubits."""

    def __init__(self, engine: ExcitationEngine, product: ExcitationProduct, constant: float) -> None:
        self.name = engine.name
        self._engine = engine
        self._mapping = product.mapping
        self._constant = constant

    def energies(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._engine.energies(points) + self._constant

    def gradient(self, point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        energy, slopes = self._engine.gradient(point)
        return energy + self._constant, slopes

    def gradients(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        energies, slopes = self._engine.gradients(points)
        return energies + self._constant, slopes

    def samples(self, points: NDArray[np.float64], shots: int, rng: np.random.Generator) -> NDArray[np.int64]:
        determinants = self._engine.samples(points, shots, rng)
        return self._mapping.encode(determinants.reshape(-1)).reshape(determinants.shape)
