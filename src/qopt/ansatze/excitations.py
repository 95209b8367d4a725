"""Lists of fermionic excitations, as plain data: what UCC ansatzes, fabrics and pools of ADAPT-VQE consist of.

What they do to a state lives in `simulate.excitations`.
"""

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

    @property
    def name(self) -> str:
        """Such as `1,7 -> 5,11`: spin orbitals that lose and that gain an electron."""
        return f"{','.join(map(str, self.annihilated))} -> {','.join(map(str, self.created))}"

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


def puccd(norb: int, electrons: tuple[int, int]) -> tuple[Excitation, ...]:
    """Pair doubles from the doubly occupied orbitals of the Hartree-Fock determinant to the empty ones, each with a parameter of its own.

    They come by occupied and then by virtual orbital. Pairs are never broken, so the result depends on the orbitals: it is meant for
    small active spaces, or as the cheap part of something larger.

    Args:
        norb: Spatial orbitals.
        electrons: Of spin alpha and beta; they fill the lowest orbitals, and what is singly occupied takes no part.

    References:
        Henderson, Bulik, Stein, Scuseria 2014, arXiv:1410.6529 (pair coupled cluster doubles); Lee, Huggins, Head-Gordon, Whaley 2019,
        arXiv:1810.02327 (its unitary form).
    """
    moves = product(range(min(electrons)), range(max(electrons), norb))
    return tuple(Excitation((a, a + norb), (i, i + norb), parameter) for parameter, (i, a) in enumerate(moves))


def gate_fabric(norb: int, layers: int) -> tuple[Excitation, ...]:
    """Bricks on neighbouring orbitals, with `2 (norb - 1)` parameters for each layer: first even orbitals p with p + 1, then odd ones.

    A brick is a pair exchange, (p alpha, p beta) to (p + 1 alpha, p + 1 beta), and behind it a rotation of the two orbitals, the single
    p to p + 1 of both spins with one parameter. Both conserve the electrons of either spin and the total spin, and enough layers reach
    every state with the same. At all parameters 0 nearly all slopes are 0 too: begin somewhere else, at random.

    Args:
        norb: Spatial orbitals.
        layers: Each of all `norb - 1` bricks.

    References:
        Anselmetti, Wierichs, Gogolin, Parrish 2021, arXiv:2104.05695 (without the fixed rotations by pi).
    """
    if layers < 1:
        raise InputError(f"layers is {layers}, expected 1 or more")
    bricks = [*range(0, norb - 1, 2), *range(1, norb - 1, 2)] * layers
    excitations = []
    for brick, p in enumerate(bricks):
        excitations.append(Excitation((p + 1, p + 1 + norb), (p, p + norb), 2 * brick))
        excitations += [Excitation((p + 1 + shift,), (p + shift,), 2 * brick + 1) for shift in (0, norb)]
    return tuple(excitations)


def generalised(norb: int) -> tuple[Excitation, ...]:
    """All singles and doubles between any orbitals that conserve the electrons of either spin: a pool for ADAPT-VQE.

    Each comes once, since T and its adjoint give one factor, from the lower to the higher orbitals, with a parameter of its own. Singles
    come first, then doubles of spin alpha, of spin beta and of both; they may share an orbital between both sides, as a single that
    depends on the occupation of a third orbital. `uccsd` is the smaller pool: there all electrons come from the Hartree-Fock determinant.

    Args:
        norb: Spatial orbitals.

    References:
        Grimsley, Economou, Barnes, Mayhall 2019, arXiv:1812.11173; generalised: Nooijen 2000, Physical Review Letters 84, 2108.
    """
    alpha, beta = range(norb), range(norb, 2 * norb)
    sides: list[list[tuple[int, ...]]] = [
        [(p,) for p in alpha],
        [(p,) for p in beta],
        list(combinations(alpha, 2)),
        list(combinations(beta, 2)),
        list(product(alpha, beta)),
    ]
    moves = [move for same in sides for move in combinations(same, 2)]
    return tuple(Excitation(created, annihilated, parameter) for parameter, (annihilated, created) in enumerate(moves))
