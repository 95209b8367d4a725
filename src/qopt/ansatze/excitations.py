"""Lists of fermionic excitations: what UCC ansatzes consist of, as plain data. What they do to a state lives in `simulate.excitations`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

from qopt.errors import InputError


@dataclass(frozen=True)
class Excitation:
    """The factor `exp(angle (T - T^dag))` of an ansatz, with `angle = coefficient * point[parameter]`.

    `T = a^dag_{created[0]} a^dag_{created[1]} .. a_{annihilated[1]} a_{annihilated[0]}`: creators from left to right, annihilators from
    right to left, so `created[i]` takes the electron of `annihilated[i]`, and two tuples swapped in step are the same T. Spin orbitals are
    numbered blockwise: alpha from 0 to norb - 1, beta from norb to 2 norb - 1. Under the Jordan-Wigner mapping spin orbital i is qubit i,
    and `a_i` has the parity of the spin orbitals below i as its sign.

    An ansatz is the product `.. exp(angle_1 (T_1 - T_1^dag)) exp(angle_0 (T_0 - T_0^dag)) |reference>`: the first excitation acts first.

    Attributes:
        created: Spin orbitals that gain an electron.
        annihilated: As many spin orbitals that lose one.
        parameter: Which entry of the point; several excitations may share one.
        coefficient: The angle in radians for each unit of the parameter.

    Raises:
        InputError: If the tuples have unequal lengths, none or repeated entries, or hold the same spin orbitals: then `T - T^dag` is 0.
    """

    created: tuple[int, ...]
    annihilated: tuple[int, ...]
    parameter: int
    coefficient: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no excitation."""
        sets = set(self.created), set(self.annihilated)
        if len(self.created) != len(self.annihilated) or not len(sets[0]) == len(sets[1]) == len(self.created) > 0 or sets[0] == sets[1]:
            raise InputError(
                f"the excitation from {self.annihilated} to {self.created} does nothing or doesn't conserve electrons, expected "
                "as many spin orbitals on both sides, each once, and not the same"
            )
        if min(*sets[0], *sets[1], self.parameter) < 0:
            raise InputError(f"{self} has a negative number, expected spin orbitals and parameters counted from 0")


def uccsd(norb: int, electrons: tuple[int, int]) -> tuple[Excitation, ...]:
    """All spin-conserving singles and doubles from the Hartree-Fock determinant, each with a parameter of its own.

    Singles come first, alpha before beta, by occupied and then by virtual orbital. Doubles are pairs of singles in that order: for each
    single all later ones that with it make a new set of orbitals, so alpha-alpha and alpha-beta alternate and beta-beta comes last.
    In one Trotter step the order matters: at a minimum by some percent of the distance to the exact energy.

    Args:
        norb: Spatial orbitals.
        electrons: Of spin alpha and beta; they fill the lowest orbitals.

    References:
        Peruzzo et al. 2014, arXiv:1304.3061; Romero et al. 2018, arXiv:1701.02691; order effects: Grimsley et al. 2020, arXiv:1910.10329.
    """
    singles = [
        (shift + occupied, shift + virtual)
        for shift, count in ((0, electrons[0]), (norb, electrons[1]))
        for occupied, virtual in product(range(count), range(count, norb))
    ]
    doubles = [
        ((a, b), (i, j))
        for (i, a), (j, b) in combinations(singles, 2)
        # Of the two ways to pair up two electrons of one spin with two virtuals, the one in ascending order.
        if i != j and a != b and ((i < norb) != (j < norb) or a < b)
    ]
    moves = [*(((a,), (i,)) for i, a in singles), *doubles]
    return tuple(Excitation(created, annihilated, parameter) for parameter, (created, annihilated) in enumerate(moves))


def kupccgsd(norb: int, k: int = 1) -> tuple[Excitation, ...]:
    """Generalised pair doubles and spin-summed generalised singles, k times: `norb (norb - 1)` parameters for each layer.

    Within a layer the pair doubles (p alpha, p beta) to (q alpha, q beta) act first, by p and then by q > p, so that the singles turn
    the orbitals of the pairs; then the singles p to q in the same order, alpha and beta with one parameter.

    Args:
        norb: Spatial orbitals.
        k: The number of layers.

    References:
        Lee, Huggins, Head-Gordon, Whaley 2019, arXiv:1810.02327.
    """
    if k < 1:
        raise InputError(f"k is {k}, expected 1 layer or more")
    pairs = list(combinations(range(norb), 2))
    excitations = []
    for layer in range(k):
        first = 2 * layer * len(pairs)
        for parameter, (p, q) in enumerate(pairs, first):
            excitations.append(Excitation((q, q + norb), (p, p + norb), parameter))
        for parameter, (p, q) in enumerate(pairs, first + len(pairs)):
            excitations += [Excitation((q + shift,), (p + shift,), parameter) for shift in (0, norb)]
    return tuple(excitations)
