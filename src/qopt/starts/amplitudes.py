"""From amplitudes of excitations to points: what starts by perturbation theory and by coupled cluster have in common."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from qopt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qopt.ansatze.excitations import Excitation
    from qopt.problems.integrals import Integrals
    from qopt.types import Point


def angles(integrals: Integrals, excitations: Sequence[Excitation], parameters: int, amplitude: Callable[[Excitation], float]) -> Point:
    """`(n,)` entries with which, to first order, every excitation has its amplitude.

    Excitations that don't lead from occupied to empty orbitals get 0, and a shared parameter gets the mean. Where an ansatz has the same
    excitation several times, as in layers, each gets its part.

    Args:
        integrals: Of which the lowest orbitals are occupied.
        excitations: The ansatz.
        parameters: How many entries a point has, n.
        amplitude: Of an excitation from occupied to empty orbitals, in radians; its coefficient is taken care of here.

    Raises:
        InputError: If an excitation has a spin orbital that the integrals lack, or a parameter that a point lacks.
    """
    norb = integrals.norb
    occupied = {spin * norb + orbital for spin, count in enumerate(integrals.electrons) for orbital in range(count)}
    repeated = Counter(_move(excitation) for excitation in excitations)
    sums, counts = np.zeros(parameters), np.zeros(parameters)
    for excitation in excitations:
        created, annihilated = excitation.created, excitation.annihilated
        if max(created + annihilated) >= 2 * norb or excitation.parameter >= parameters:
            raise InputError(f"{excitation} doesn't fit {norb} orbitals and {parameters} parameters")
        counts[excitation.parameter] += 1
        if occupied.issuperset(annihilated) and occupied.isdisjoint(created) and excitation.coefficient:
            share = excitation.coefficient * repeated[_move(excitation)]
            sums[excitation.parameter] += amplitude(excitation) / share
    return sums / np.maximum(counts, 1)


def _move(excitation: Excitation) -> tuple[frozenset[int], frozenset[int]]:
    return frozenset(excitation.created), frozenset(excitation.annihilated)
