"""Excitations as signed pair rotations in a sector, stored as the product of an alpha and a beta part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from qopt.errors import InputError
from qopt.simulate.excitations.sector import split_spins, transitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qopt.ansatze.excitations import Excitation
    from qopt.simulate.excitations.sector import Ladder, Sector, Strings

    Part: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    Tables: TypeAlias = tuple[NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Rotations:
    """What the factors of an ansatz do to a state, as an `(n_alpha, n_beta)` array of real amplitudes.

    `T` takes each determinant to one other or to none, and back with the same sign, so `exp(angle (T - T^dag))` turns pairs of amplitudes
    (x, y) to `(cos x - sign sin y, cos y + sign sin x)`. The pairs of excitation k are all combinations of an alpha and a beta part:
    `state[sources[a], sources[b]]` with `state[targets[a], targets[b]]` and the sign `signs[a] signs[b]`, for a from `spans[k, 0]` up to
    `spans[k, 1]` and b from `spans[k, 2]` up to `spans[k, 3]`. Where a spin isn't excited its sources are its targets; where that holds
    for all beta strings, whole rows are turned without a look at the table, and `spans[k, 4]` is 1.

    Attributes:
        parameters: `(k,)`: which entry of a point turns each excitation.
        factors: `(k,)`: its angle for each unit of that entry, with the sign of the order of T's operators.
        spans: `(k, 5)`: first and last entry of the tables below, for the alpha and then for the beta part, and whether whole rows are
            turned. sources: Ranks of strings. targets: Ranks of the strings that T makes of them. signs: +1 or -1.
    """

    parameters: NDArray[np.int64]
    factors: NDArray[np.float64]
    spans: NDArray[np.uint64]
    sources: NDArray[np.uint32]
    targets: NDArray[np.uint32]
    signs: NDArray[np.float64]

    @property
    def tables(self) -> Tables:
        """Spans, sources, targets and signs, as the kernels take them."""
        return self.spans, self.sources, self.targets, self.signs

    def pairs(self, excitation: int, columns: int) -> NDArray[np.int64]:
        """Entries of a flat state that one excitation turns: `(2, m)` sources and targets, swapped where the sign is -1.

        Args:
            excitation: Which one.
            columns: The number of beta strings.
        """
        a, a_end, b, b_end, _ = (int(bound) for bound in self.spans[excitation])
        sources, targets = (
            (ranks[a:a_end, None].astype(np.int64) * columns + ranks[None, b:b_end]).reshape(-1) for ranks in (self.sources, self.targets)
        )
        positive = np.multiply.outer(self.signs[a:a_end], self.signs[b:b_end]).reshape(-1) > 0
        return np.where(positive, (sources, targets), (targets, sources))


def rotations(excitations: Sequence[Excitation], sector: Sector, start: int | None = None) -> Rotations:
    """The rotations of a list of excitations.

    Args:
        excitations: Each within the sector.
        sector: Where the state is.
        start: The entry of the state that all amplitude is in before the first excitation. Pairs of amplitudes that are still 0 at an
            excitation are left out of it, also of its backward sweep, since no earlier excitation looks at them. None keeps all pairs.

    Raises:
        InputError: If an excitation names a spin orbital that doesn't exist or doesn't conserve the electrons of each spin.
    """
    bases = sector.alpha, sector.beta
    if start is None:
        active = [np.ones(len(basis), dtype=np.bool_) for basis in bases]
    else:
        active = [np.arange(len(basis)) == place for basis, place in zip(bases, divmod(start, len(sector.beta)), strict=True)]
    tables = _Tables()
    spans, factors = np.empty((len(excitations), 5), dtype=np.uint64), np.empty(len(excitations))
    for index, excitation in enumerate(excitations):
        _check(excitation, sector.norb)
        *ladders, sign = split_spins(excitation.created, excitation.annihilated, sector.norb)
        for spin, (basis, ladder, strings) in enumerate(zip(bases, ladders, active, strict=True)):
            spans[index, 2 * spin : 2 * spin + 2] = tables.span(basis, ladder, strings)
        spans[index, 4] = not ladders[1] and spans[index, 3] - spans[index, 2] == len(sector.beta)
        factors[index] = sign * excitation.coefficient
    parameters = np.array([excitation.parameter for excitation in excitations], dtype=np.int64)
    return Rotations(parameters, factors, spans, *tables.joined())


class _Tables:
    """Parts of one spin, each stored once however many excitations share it."""

    def __init__(self) -> None:
        self._all: dict[tuple[int, Ladder], Part] = {}
        self._kept: dict[tuple[int, Ladder, bytes], tuple[int, int]] = {}
        self._parts: list[Part] = []
        self._length = 0

    def span(self, basis: Strings, ladder: Ladder, active: NDArray[np.bool_]) -> tuple[int, int]:
        """First and last entry of the part that touches active strings; what it leads to becomes active."""
        key = id(basis), ladder
        if key not in self._all:
            self._all[key] = transitions(basis, ladder)
        sources, targets, signs = self._all[key]
        used = active[sources] | active[targets]
        pattern = (*key, used.tobytes())
        if pattern not in self._kept:
            self._parts.append((sources[used], targets[used], signs[used]))
            self._kept[pattern] = self._length, self._length + int(used.sum())
            self._length = self._kept[pattern][1]
        active[sources[used]] = active[targets[used]] = True
        return self._kept[pattern]

    def joined(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64]]:
        """Sources, targets and signs of all parts one after the other."""
        sources, targets, signs = (np.concatenate([np.empty(0), *(part[i] for part in self._parts)]) for i in range(3))
        return sources.astype(np.uint32), targets.astype(np.uint32), signs


def _check(excitation: Excitation, norb: int) -> None:
    if max(excitation.created + excitation.annihilated) >= 2 * norb:
        raise InputError(f"{excitation} names a spin orbital beyond {2 * norb - 1}, the last one of {norb} orbitals")
    if sum(orbital < norb for orbital in excitation.created) != sum(orbital < norb for orbital in excitation.annihilated):
        raise InputError(f"{excitation} turns spins, expected as many created as annihilated of either spin")
