"""Starts against literature values, through the circuit that a run would send, and their invariances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector

from qopt.ansatze import qaoa
from qopt.errors import InputError
from qopt.objective import Exact
from qopt.problems.spins import TransverseFieldIsing, ring
from qopt.simulate import choose
from qopt.spec import specify
from qopt.starts import annealing, fixed_angles, interp, ramp, random_start, zeros

if TYPE_CHECKING:
    from qopt.types import Point

GRAPHS = json.loads((Path(__file__).parents[1] / "data" / "qaoa_small_graphs.json").read_text(encoding="utf-8"))
TABLE = json.loads((Path(__file__).parents[2] / "src" / "qopt" / "starts" / "fixed_angles.json").read_text(encoding="utf-8"))["degrees"]
CUBIC = ("petersen", "k4", "cubic_12")


def maxcut(edges: list[list[int]], weight: float = 1.0) -> SparsePauliOp:
    """Minus the cut, with equal weights."""
    terms = [("ZZ", edge, weight / 2) for edge in edges]
    return SparsePauliOp.from_sparse_list([*terms, ("", [], -weight * len(edges) / 2)], num_qubits=1 + max(map(max, edges)))


def expected(hamiltonian: SparsePauliOp, point: Point) -> float:
    """Minus the energy of the QAOA state."""
    ansatz = qaoa(hamiltonian, len(point) // 2)
    state = Statevector(ansatz.circuit.assign_parameters(dict(zip(ansatz.parameters, point.tolist(), strict=True))))
    return -float(np.real(state.expectation_value(hamiltonian)))


@pytest.mark.parametrize("name", CUBIC)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_fixed_angles_reach_the_known_cut(name: str, layers: int) -> None:
    """At the published angles the circuit's expected cut is the known one to nine digits, so sign, factor and order are right."""
    hamiltonian = maxcut(GRAPHS[name]["edges"])
    assert expected(hamiltonian, fixed_angles(hamiltonian, layers)) == pytest.approx(GRAPHS[name]["fixed"][str(layers)], rel=1e-9)


def test_the_other_sign_of_gamma_is_the_known_wrong_value() -> None:
    """The commonest silent bug has a value of its own, which shows that the test above can tell."""
    hamiltonian = maxcut(GRAPHS["petersen"]["edges"])
    assert expected(hamiltonian, fixed_angles(hamiltonian, 1) * [-1, 1]) == pytest.approx(GRAPHS["petersen"]["wrong_sign"], abs=1e-6)


def test_a_ring_gets_the_best_angles_of_one_layer() -> None:
    """Below the table's degrees the rescaled gamma is arctan(1/sqrt(d - 1)), which for a ring is pi/4 and reaches the best cut, 3/4."""
    hamiltonian = maxcut(GRAPHS["ring_8"]["edges"])
    assert expected(hamiltonian, fixed_angles(hamiltonian, 1)) == pytest.approx(GRAPHS["ring_8"]["optimal"]["1"], abs=1e-5)


@pytest.mark.parametrize("layers", [2, 3])
def test_a_ring_is_near_its_best_at_more_layers(layers: int) -> None:
    """Transfer from degree 3 to a ring loses less than 5 % of the best cut."""
    hamiltonian = maxcut(GRAPHS["ring_8"]["edges"])
    assert expected(hamiltonian, fixed_angles(hamiltonian, layers)) > 0.95 * GRAPHS["ring_8"]["optimal"][str(layers)]


def test_single_edges_are_cut_for_certain() -> None:
    """A mean degree of 1, where arctan(1/sqrt(d - 1)) is pi/2, gives the exact angles of an edge."""
    hamiltonian = maxcut([[0, 1], [2, 3]])
    assert expected(hamiltonian, fixed_angles(hamiltonian, 1)) == pytest.approx(2.0, abs=1e-5)


@given(weight=st.floats(1e-3, 1e3))
@pytest.mark.parametrize("start", [fixed_angles, ramp])
def test_a_change_of_units_changes_nothing(start: object, weight: float) -> None:
    """All weights times a factor: gamma over the factor, the same beta, the same state."""
    edges = GRAPHS["k4"]["edges"]
    unit, scaled = start(maxcut(edges), 2), start(maxcut(edges, weight), 2)  # type: ignore[operator]
    assert scaled * [weight, weight, 1, 1] == pytest.approx(unit, rel=1e-9)


def test_equal_weights_of_three_prepare_the_same_state() -> None:
    """The rescaled angles cut three times as much weight."""
    edges = GRAPHS["petersen"]["edges"]
    heavy = maxcut(edges, 3.0)
    assert expected(heavy, fixed_angles(heavy, 2)) == pytest.approx(3 * GRAPHS["petersen"]["fixed"]["2"], rel=1e-9)


@pytest.mark.parametrize("degree", sorted(TABLE, key=int))
def test_regular_graphs_get_the_published_angles(degree: str) -> None:
    """On a complete graph of d + 1 nodes every depth of the table comes out digit by digit."""
    nodes = int(degree) + 1
    hamiltonian = maxcut([[u, v] for u in range(nodes) for v in range(u + 1, nodes)])
    for layers, entry in enumerate(TABLE[degree], start=1):
        assert fixed_angles(hamiltonian, layers) == pytest.approx([*entry["gamma"], *entry["beta"]], rel=1e-12)


def test_degrees_beyond_the_table_are_rescaled_from_its_largest() -> None:
    """A complete graph of 20 nodes has degree 19: gamma is smaller than at 11 by the ratio of arctan(1/sqrt(d - 1))."""
    hamiltonian = maxcut([[u, v] for u in range(20) for v in range(u + 1, 20)])
    factor = np.arctan(1 / np.sqrt(18)) / np.arctan(1 / np.sqrt(10))
    assert fixed_angles(hamiltonian, 1) == pytest.approx([TABLE["11"][0]["gamma"][0] * factor, TABLE["11"][0]["beta"][0]])


def test_depths_beyond_the_table_go_on_rising() -> None:
    """INTERP carries the deepest published angles on: 12 layers cut no less than 11 on the Petersen graph, within half a percent."""
    hamiltonian = maxcut(GRAPHS["petersen"]["edges"])
    deepest, deeper = (expected(hamiltonian, fixed_angles(hamiltonian, layers)) for layers in (11, 12))
    assert deeper > 0.995 * deepest


def test_a_ramp_is_better_than_chance_and_better_the_deeper() -> None:
    """On the Petersen graph (7.5 of 12 by chance) the linear ramp improves with its depth, and 10 layers cut above 85 % of the best."""
    hamiltonian = maxcut(GRAPHS["petersen"]["edges"])
    cuts = [expected(hamiltonian, ramp(hamiltonian, layers)) for layers in (1, 3, 10)]
    assert 7.5 < cuts[0] < cuts[1] < cuts[2]
    assert cuts[2] > 0.85 * 12


def test_a_ramp_is_that_of_its_paper() -> None:
    """Gamma ends at 0.6 and beta begins at 0.3 for the Hamiltonian divided by its largest coefficient."""
    assert ramp(SparsePauliOp(["ZZ", "ZI", "II"], [2.0, -0.5, 9.0]), 3) == pytest.approx([0.1, 0.2, 0.3, 0.3, 0.2, 0.1])


@given(angles=st.lists(st.floats(-3, 3), min_size=1, max_size=5), more=st.integers(0, 5))
def test_interp_keeps_the_ends_and_the_range(angles: list[float], more: int) -> None:
    """The first and last angle stay, everything else lies between the smallest and the largest, and no new layer changes nothing."""
    point = np.array([*angles, *angles[::-1]])
    gammas, betas = np.split(interp(point, len(angles) + more), 2)
    assert gammas[[0, -1]] == pytest.approx([angles[0], angles[-1]])
    assert betas == pytest.approx(gammas[::-1])
    assert gammas.min() >= min(angles) - 1e-12
    assert gammas.max() <= max(angles) + 1e-12
    assert len(gammas) == len(angles) + more


def test_interp_by_hand() -> None:
    """From two to three layers the middle angle is the mean of both: (1/2) u_1 + (1/2) u_2."""
    assert interp(np.array([1.0, 3.0, 0.4, 0.2]), 3).tolist() == pytest.approx([1.0, 2.0, 3.0, 0.4, 0.3, 0.2])


def test_interp_does_not_shorten() -> None:
    """Fewer layers than there are can't be had."""
    with pytest.raises(InputError, match="3 layers") as refusal:
        interp(np.zeros(6), 2)
    assert refusal.value.where == ("layers",)


def test_a_random_start_follows_its_generator() -> None:
    """The same generator gives the same angles, another seed gives others, all within -pi .. pi."""
    first, second, other = (random_start(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.tolist() == second.tolist()
    assert first.tolist() != other.tolist()
    assert np.abs(first).max() <= np.pi
    assert np.abs(first).max() > 2


def test_zeros_are_zeros() -> None:
    """As many as asked for."""
    assert zeros(3).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("start", [fixed_angles, ramp])
def test_hamiltonians_with_x_are_refused(start: object) -> None:
    """Both are for QAOA's Hamiltonians of I and Z alone."""
    with pytest.raises(InputError, match="X or Y"):
        start(SparsePauliOp(["XX", "ZZ"]), 1)  # type: ignore[operator]


@pytest.mark.parametrize(("labels", "found"), [(["ZI", "IZ"], "no ZZ"), (["ZZI", "ZZZ"], "products of 3 Z")])
def test_fixed_angles_need_pairs(labels: list[str], found: str) -> None:
    """The table is for couplings of pairs, and the refusal names the ramp."""
    with pytest.raises(InputError, match=f"{found}.*ramp"):
        fixed_angles(SparsePauliOp(labels), 1)


def test_a_constant_has_no_ramp() -> None:
    """There is nothing to scale by."""
    with pytest.raises(InputError, match="constant"):
        ramp(SparsePauliOp(["II"]), 2)


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_annealing_switches_on_all_groups_but_the_last(layers: int) -> None:
    """Layer by layer, group by group: the last group turns by half a radian in every layer, the others by growing shares of that."""
    groups = 3
    scales = (0.5, 0.25, 2.0) * layers
    point = annealing(scales, layers)
    assert point.shape == (groups * layers,)
    turned = (point / np.array(scales)).reshape(layers, groups)
    assert turned[:, -1] == pytest.approx(0.5)
    share = 0.5 * (np.arange(layers) + 0.5) / layers
    np.testing.assert_allclose(turned[:, :-1], np.repeat(share[:, None], 2, axis=1), rtol=1e-14)


@pytest.mark.parametrize("layers", [1, 4])
def test_annealing_begins_a_spin_ring_lower_than_chance(layers: int) -> None:
    """It is what a run takes where nothing is said: lower than the mean of random points, and than the circuit's own beginning."""
    problem = TransverseFieldIsing(ring(8))
    spec = specify(problem, ansatz=problem.ansatz(layers), objective=Exact())
    ansatz = spec.ansatz
    assert ansatz.scales is not None
    np.testing.assert_array_equal(spec.start, annealing(ansatz.scales, layers))
    assert "start: terms switched on slowly, as in annealing" in spec.notes
    engine = choose(ansatz.circuit, ansatz.parameters, problem.hamiltonian()).engine()
    chance = np.random.default_rng(1).uniform(-np.pi, np.pi, (40, len(ansatz.parameters)))
    begun = engine.energies(spec.start[None, :])[0]
    assert begun < engine.energies(chance).mean() - 3.0
    assert begun < engine.energies(np.zeros((1, len(ansatz.parameters))))[0]
