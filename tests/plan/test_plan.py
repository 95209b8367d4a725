"""A plan says what the run then takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qopt.assemble import spec_of
from qopt.config import parse_config, read_config
from qopt.errors import InputError
from qopt.plan import Plan, plan
from qopt.planning.calibration import SAFETY
from qopt.runner import execute

ROOT = Path(__file__).parents[2]
RING = """
problem: {type: maxcut, graph: {edges: [[0, 1], [1, 2], [2, 3], [3, 0]]}}
ansatz: {type: qaoa, layers: 1}
objective: {type: sampled, shots: 1000}
optimizer: {type: spsa, iterations: 3}
execution: {mode: auto, backend: fake_manila}
"""


def planned(text: str = RING, *lines: str) -> Plan:
    """The plan of a config with more lines in it."""
    return plan(parse_config("\n".join([text, *lines]), ROOT / "configs" / "ring.yaml"), ROOT)


def test_jobs_points_pubs_and_shots_are_those_of_the_run() -> None:
    """SPSA's calibration of 20 points, three steps of two, and eight candidates twice as PUBs of their own."""
    made = planned()
    assert (made.jobs, made.points, made.circuits, made.pubs, made.shots) == (5, 42, 42, 6, 42_000)
    assert (made.least_jobs, made.most_jobs, made.complete) == (5, 5, True)


def test_every_commuting_group_is_a_pub_and_a_circuit() -> None:
    """H2 on two qubits is measured in two bases."""
    loaded = read_config(ROOT / "configs" / "h2.yaml", ["optimizer={type: none}", "objective.shots=100", "execution.backend=fake_manila"])
    made = plan(loaded, ROOT)
    assert made.circuit.primitive == "Estimator"
    assert (made.circuit.groups, made.jobs, made.points, made.circuits, made.pubs, made.shots) == (2, 1, 2, 4, 4, 400)


def test_qpu_time_is_the_documented_formula_for_every_job() -> None:
    """Two seconds a job, and for every shot the circuit and the repetition delay of FakeManila."""
    made = planned()
    assert made.seconds == pytest.approx(2.0 * made.jobs + (250e-6 + made.circuit.seconds) * made.shots)
    assert made.upper == SAFETY * made.seconds


def test_a_plan_is_the_same_every_time() -> None:
    """Nothing in it depends on the day."""
    text = RING.replace("{type: spsa, iterations: 3}", "{type: scipy, method: COBYLA}")
    assert planned(text) == planned(text)


@pytest.mark.parametrize("budget", ["evaluations: 100", "evaluations: 24", "shots: 30000"])
def test_the_run_takes_what_its_plan_said(budget: str, tmp_path: Path) -> None:
    """As many jobs, points and shots, whether the optimizer or a budget ends it."""
    loaded = parse_config(f"{RING}budget: {{{budget}}}", ROOT / "configs" / "ring.yaml")
    made, result = plan(loaded, ROOT), execute(spec_of(loaded, ROOT), tmp_path)
    assert (made.jobs, made.shots) == (result.jobs, result.shots)
    assert made.points == result.shots / 1000


@pytest.mark.parametrize("qpu", [30, 45, 90])
def test_a_budget_of_qpu_time_is_kept(qpu: int) -> None:
    """The optimizer is stopped early enough for the final measurement, which itself takes fewer candidates."""
    made = planned(RING.replace("iterations: 3", "iterations: 300"), f"budget: {{qpu: {qpu}s}}")
    assert 1 < made.jobs < 100
    assert made.seconds <= qpu


@pytest.mark.parametrize(("budget", "said"), [("qpu: 5s", "of QPU time, expected 26 s or more"), ("shots: 100", "expected 3000 or more")])
def test_a_budget_that_no_run_fits_is_said_and_the_rest_is_planned(budget: str, said: str) -> None:
    """As if there were none, so that the plan shows what one has to hold."""
    small, free = planned(RING, f"budget: {{{budget}}}"), planned()
    assert any(said in note for note in small.notes)
    assert (small.jobs, small.shots, small.seconds) == (free.jobs, free.shots, free.seconds)


def test_a_sweep_is_the_sum_of_its_runs() -> None:
    """Two seeds are two runs, whose jobs are independent: a Batch."""
    one, two = planned(), planned(RING, "sweep: {axes: {seed: [0, 1]}}")
    assert two.runs == 2
    assert (two.jobs, two.points, two.shots) == (2 * one.jobs, 2 * one.points, 2 * one.shots)
    assert two.decision.mode == "batch"


def test_a_landscape_s_jobs_do_not_depend_on_each_other() -> None:
    """200 points are four jobs and a final one: a Batch."""
    made = planned(RING, "sweep: {axes: {gamma_1: {from: 0, to: 1, points: 20}, beta_1: {from: 0, to: 1, points: 10}}}")
    assert made.jobs == 5
    assert made.decision.mode == "batch"


def test_a_session_s_time_to_live_is_not_that_of_single_jobs() -> None:
    """Single jobs are held up by the limit of submissions, and outlive nothing."""
    made = planned(RING.replace("iterations: 3", "iterations: 30").replace("shots: 1000", "shots: 100"))
    session, _, job = made.modes
    assert job.wall > session.wall
    assert {limit.value for limit in made.limits if limit.name == "Session or Batch"} == {session.wall}


def test_the_open_plan_has_no_session() -> None:
    """Where a paid plan would open one, it gets a Batch."""
    made = planned(RING.replace("shots: 1000", "shots: 4000"))
    assert made.decision.mode == "session"
    assert made.open_decision.mode == "batch"


def test_a_wide_problem_is_planned_though_nobody_can_simulate_it() -> None:
    """Forty qubits of a device with 156, on an invented landscape, and the plan says so."""
    edges = [[index, (index + 1) % 40] for index in range(40)]
    text = RING.replace("[[0, 1], [1, 2], [2, 3], [3, 0]]", json.dumps(edges)).replace("fake_manila", "ibm_fez")
    made = planned(text, "transpile: {level: 1, seeds: 1}")
    assert made.circuit.qubits >= 40
    assert made.jobs == 5
    assert any("invented landscape" in note for note in made.notes)


def test_what_does_not_fit_is_said() -> None:
    """A hundred million executions are too many for a Sampler, and too much for the open plan."""
    made = planned(RING.replace("shots: 1000", "shots: 5000000"))
    assert {limit.name for limit in made.limits if not limit.fits} >= {"open plan, 28 days", "most executions"}


def test_an_exact_objective_takes_no_qpu() -> None:
    """It is refused, with what to add."""
    with pytest.raises(InputError, match=r"objective\.type=sampled"):
        planned(RING.replace("{type: sampled, shots: 1000}", "{type: exact}"))


def test_what_is_no_backend_is_refused_with_its_key() -> None:
    """As by a run."""
    with pytest.raises(InputError) as caught:
        planned(RING.replace("fake_manila", "fake_manilla"))
    assert caught.value.where == ("execution", "backend")


def test_a_plan_can_be_read_by_programs() -> None:
    """JSON has everything, and says of every limit whether it is kept."""
    made = planned()
    read = json.loads(json.dumps(made.to_json()))
    assert read["decision"] == {"mode": made.decision.mode, "reason": made.decision.reason}
    assert [limit["fits"] for limit in read["limits"]] == [limit.fits for limit in made.limits]
    assert read["circuit"]["qubits"] == 4
