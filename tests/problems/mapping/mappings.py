"""The mappings that tests go through, and the same ones as oracles know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracles import encodings

from qopt.problems.mapping import Mapping, bravyi_kitaev, jordan_wigner, parity_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

MAPPINGS: dict[str, Callable[[int, tuple[int, int]], Mapping]] = {
    "jordan-wigner": lambda norb, _: jordan_wigner(norb),
    "parity": lambda norb, _: parity_mapping(norb),
    "parity, reduced": parity_mapping,
    "bravyi-kitaev": lambda norb, _: bravyi_kitaev(norb),
}


def slow(label: str, norb: int, electrons: tuple[int, int]) -> tuple[NDArray[np.int64], dict[int, int]]:
    """The matrix, and the bits of the qubits that are left out."""
    rows = encodings.matrix(label.split(",", maxsplit=1)[0], 2 * norb)
    alpha, beta = electrons
    return rows, {norb - 1: alpha % 2, 2 * norb - 1: (alpha + beta) % 2} if "reduced" in label else {}
