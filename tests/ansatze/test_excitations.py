"""Lists of excitations: how many there are, in which order, and what is none."""

from __future__ import annotations

import pytest

from qopt.ansatze.excitations import Excitation, kupccgsd, uccsd
from qopt.errors import InputError


@pytest.mark.parametrize(
    ("norb", "electrons", "singles", "doubles"),
    [
        (2, (1, 1), 2, 1),
        (4, (2, 2), 8, 18),
        (6, (2, 2), 16, 76),
        (7, (3, 3), 24, 180),
        (7, (5, 5), 20, 120),
        (3, (2, 1), 4, 4),
        (2, (2, 2), 0, 0),
    ],
)
def test_uccsd_has_a_parameter_for_every_single_and_double(norb: int, electrons: tuple[int, int], singles: int, doubles: int) -> None:
    """The counts are those of qiskit-nature's UCCSD, and every excitation has the next parameter."""
    excitations = uccsd(norb, electrons)
    assert [len(excitation.created) for excitation in excitations] == [1] * singles + [2] * doubles
    assert [excitation.parameter for excitation in excitations] == list(range(singles + doubles))


def test_uccsd_is_in_the_order_of_pairs_of_singles() -> None:
    """H4: singles, then for each single the doubles with later ones, as qiskit-nature 0.8 lists them."""
    moves = [(excitation.annihilated, excitation.created) for excitation in uccsd(4, (2, 2))]
    assert moves[:8] == [((0,), (2,)), ((0,), (3,)), ((1,), (2,)), ((1,), (3,)), ((4,), (6,)), ((4,), (7,)), ((5,), (6,)), ((5,), (7,))]
    assert moves[8:14] == [
        ((0, 1), (2, 3)),
        ((0, 4), (2, 6)),
        ((0, 4), (2, 7)),
        ((0, 5), (2, 6)),
        ((0, 5), (2, 7)),
        ((0, 4), (3, 6)),
    ]
    assert moves[-1] == ((4, 5), (6, 7))


@pytest.mark.parametrize("repetitions", [1, 3])
@pytest.mark.parametrize("norb", [2, 5])
def test_kupccgsd_has_its_number_of_parameters(norb: int, repetitions: int) -> None:
    """There are norb (norb - 1) parameters for each repetition; singles of both spins share theirs."""
    excitations = kupccgsd(norb, repetitions)
    assert {excitation.parameter for excitation in excitations} == set(range(repetitions * norb * (norb - 1)))
    assert len(excitations) == repetitions * 3 * norb * (norb - 1) // 2
    singles = [excitation for excitation in excitations if len(excitation.created) == 1]
    for alpha, beta in zip(singles[::2], singles[1::2], strict=True):
        assert (alpha.parameter, alpha.created[0] + norb, alpha.annihilated[0] + norb) == (beta.parameter, *beta.created, *beta.annihilated)


@pytest.mark.parametrize(
    ("created", "annihilated"), [((), ()), ((1, 2), (0,)), ((2, 2), (0, 1)), ((1, 2), (0, 0)), ((0, 1), (1, 0)), ((-1,), (0,))]
)
def test_what_is_no_excitation_is_refused(created: tuple[int, ...], annihilated: tuple[int, ...]) -> None:
    """Electrons aren't made, moved twice, or left where they are."""
    with pytest.raises(InputError):
        Excitation(created, annihilated, 0)


def test_no_repetitions_are_refused() -> None:
    """An ansatz has at least one layer."""
    with pytest.raises(InputError, match="k is 0"):
        kupccgsd(4, 0)
