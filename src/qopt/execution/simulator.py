"""How Aer simulates: the options of a simulator by name, what they exclude, and where they act."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from qiskit_aer import AerSimulator

from qopt.errors import InputError

Method: TypeAlias = Literal["automatic", "statevector", "density_matrix", "matrix_product_state"]

WIDEST = 28
"""Qubits: a statevector of 4 GiB, and a probability and a diagonal beside it."""

_CHAIN: Method = "matrix_product_state"


@dataclass(frozen=True)
class Simulator:
    """Options of Aer. All but `device` and `threads` belong to what a run is; those two change the last digits at most.

    Attributes:
        method: `statevector`; `density_matrix`, which has noise without random trajectories and takes the square of the memory;
            `matrix_product_state`, whose cost grows with entanglement and not with the number of qubits; `automatic` is the statevector
            without noise, and with a device's noise what Aer chooses.
        device: `CPU`, or `GPU` where the installed Aer has one.
        precision: `double`, or `single` for half of the memory.
        threads: Of one simulation; None is one below 20 qubits and all cores from there on. The exact engine takes them too, by default all
            cores.
        max_bond_dimension: Of a matrix product state, beyond which it is truncated; None is no limit.
        truncation: The sum of squared Schmidt coefficients that a matrix product state may drop at a bond; None is Aer's default.
    """

    method: Method = "automatic"
    device: Literal["CPU", "GPU"] = "CPU"
    precision: Literal["double", "single"] = "double"
    threads: int | None = None
    max_bond_dimension: int | None = None
    truncation: float | None = None

    def __post_init__(self) -> None:
        """Refuse what excludes each other.

        Raises:
            InputError: With the key that is wrong.
        """
        chain = self.method == _CHAIN
        for key in ("max_bond_dimension", "truncation"):
            if getattr(self, key) is not None and not chain:
                message = f"{key} is for matrix product states, but method is {self.method}: set it to {_CHAIN}, or leave {key} out"
                raise InputError(message, ("simulator", key))
        for key, value in (("precision", "single"), ("device", "GPU")):
            if chain and getattr(self, key) == value:
                message = f"{key} is {value}, but Aer computes a {_CHAIN} on the CPU in double precision: leave {key} out"
                raise InputError(message, ("simulator", key))
        if self.threads is not None and self.threads < 1:
            message = f"threads is {self.threads}, expected 1 or more"
            raise InputError(message, ("simulator", "threads"))

    @property
    def widest(self) -> int | None:
        """The most qubits whose state fits in 4 GiB; None where there is no such number."""
        return {"density_matrix": WIDEST // 2, _CHAIN: None}.get(self.method, WIDEST)

    @property
    def numbers(self) -> dict[str, Any]:
        """What was said that changes numbers, as plain data: what a run's identity records; empty where nothing was."""
        plain, default = asdict(self), asdict(Simulator())
        return {key: plain[key] for key in ("method", "precision", "max_bond_dimension", "truncation") if plain[key] != default[key]}

    @property
    def name(self) -> str:
        """What is added to the name of what answers: ` by matrix_product_state`."""
        said = [str(self.numbers[key]) for key in ("method",) if key in self.numbers]
        said += [f"in {self.precision} precision"] if self.precision == "single" else []
        said += ["on the GPU"] if self.device == "GPU" else []
        return f" ({', '.join(said)})" if said else ""

    def options(self, *, noisy: bool) -> dict[str, Any]:
        """Aer's own words for them, without threads.

        Args:
            noisy: Whether the simulator has a device's noise.

        Raises:
            InputError: If a GPU is asked for that the installed Aer doesn't have.
        """
        said: dict[str, Any] = {}
        if self.method != "automatic" or not noisy:
            said["method"] = "statevector" if self.method == "automatic" else self.method
        if self.precision != "double":
            said["precision"] = self.precision
        if self.device == "GPU":
            if "GPU" not in AerSimulator().available_devices():
                message = "device is GPU, but the installed qiskit-aer has none: install qiskit-aer-gpu in its place, or leave it out"
                raise InputError(message, ("simulator", "device"))
            said["device"] = self.device
        if self.max_bond_dimension is not None:
            said["matrix_product_state_max_bond_dimension"] = self.max_bond_dimension
        if self.truncation is not None:
            said["matrix_product_state_truncation_threshold"] = self.truncation
        return said
