"""What a config is refused with, word by word: these lines are the interface that most users meet first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qopt.config import ConfigError, parse_config

OF_EXECUTION = "mode, backend, primitives, instance, region, min_qubits, on_session_end, waiting or simulator"
GOOD = "problem: {type: maxcut, graph: g.edges}\n"
FILE = Path("a.yaml")

ONE_LINE = {
    "empty file": ("", "a.yaml:1:1: problem: this key is missing: what is optimized, such as {type: maxcut, graph: my.edges}"),
    "list at the top": (
        "- 1",
        "a.yaml:1:1: expected a mapping of keys to values, such as `problem: {type: maxcut, graph: my.edges}`",
    ),
    "second document": (
        GOOD + "---\nseed: 1",
        "a.yaml:2:1: a second document begins here, expected one: put it into a file of its own",
    ),
    "control character": ("a: \x01", r"a.yaml:1:4: got the character '\x01', expected printable text"),
    "escaped control character": (
        GOOD + 'name: "a\\0"',
        r"a.yaml:2:7: name: got text with the character '\x00', expected printable text",
    ),
    "too deep": ("[" * 500, "a.yaml:1:33: more than 32 levels deep"),
    "too long": (
        "#" * 1_000_001,
        "a.yaml:1:1: the text has more than 1,000,000 bytes: put large data into a file of its own and name it here",
    ),
    "alias": (GOOD + "seed: *a", "a.yaml:2:7: seed: got the alias *a, expected the value itself: aliases are not read"),
    "anchor": (GOOD + "seed: &a 1", "a.yaml:2:7: seed: got the anchor &a, expected none: aliases are not read"),
    "tag": (
        GOOD + "name: !!python/object/apply:os.system ['id']",
        "a.yaml:2:7: name: got the tag !!python/object/apply:os.system, expected plain YAML: tags are not read",
    ),
    "key that is no text": (
        GOOD + "? [a]\n: 1",
        "a.yaml:2:3: got a mapping, a list or an alias as a key, expected plain text",
    ),
    "duplicate key": (GOOD + "seed: 1\nseed: 2", "a.yaml:3:1: seed: duplicate key 'seed', first on line 2: keep one"),
    "not a number": (
        GOOD + "seed: .nan",
        "a.yaml:2:7: seed: got .nan, expected a finite number of at most 30 digits",
    ),
    "overflow": (
        GOOD + "budget: {wall: 1e999}",
        "a.yaml:2:16: budget.wall: got 1e999, expected a finite number of at most 30 digits",
    ),
    "credential": (
        GOOD + "execution: {token: secret}",
        (
            "a.yaml:2:13: execution.token: credentials are never read from a config, which is copied and shared: remove this key, "
            "and set QISKIT_IBM_TOKEN in the environment or save the account once with QiskitRuntimeService.save_account"
        ),
    ),
    "missing key": (
        "problem:\n  type: operator",
        "a.yaml:2:3: problem.file: this key is missing: a JSON file of Pauli terms, relative to the config's folder",
    ),
    "missing type": (
        "problem: {graph: g}",
        "a.yaml:1:10: problem.type: this key is missing: expected maxcut, molecule, tfim, heisenberg, operator or path/to/file.py:Class",
    ),
    "unknown key": (
        GOOD + "execution:\n  bakend: aer",
        f"a.yaml:3:3: execution.bakend: unknown key, expected {OF_EXECUTION}; did you mean 'backend'?",
    ),
    "bond dimension without a chain": (
        GOOD + "execution: {simulator: {max_bond_dimension: 8}}",
        (
            "a.yaml:2:24: execution.simulator: got the keys max_bond_dimension, expected max_bond_dimension and truncation with "
            "matrix_product_state alone"
        ),
    ),
    "a precision that there is not": (
        GOOD + "execution: {simulator: {precision: half}}",
        "a.yaml:2:36: execution.simulator.precision: got text 'half', expected double or single",
    ),
    "private jobs": (
        GOOD + "execution: {private: true}",
        "a.yaml:2:13: execution.private: a private job's results can be read once, and a run that goes on reads them again: leave it out",
    ),
    "private jobs elsewhere": (
        GOOD + "mitigation: {private: true}",
        "a.yaml:2:14: mitigation.private: a private job's results can be read once, and a run that goes on reads them again: leave it out",
    ),
    "unknown sequence": (
        GOOD + "mitigation: {dynamical_decoupling: {sequence_type: XY8}}",
        "a.yaml:2:52: mitigation.dynamical_decoupling.sequence_type: got text 'XY8', expected XX, XpXm or XY4; did you mean 'XY4'?",
    ),
    "noise that shrinks": (
        GOOD + "mitigation: {zne: {noise_factors: [0.5, 1]}}",
        "a.yaml:2:36: mitigation.zne.noise_factors.0: got 0.5, expected 1.0 or more",
    ),
    "two who choose the qubits": (
        GOOD + "transpile: {initial_layout: [0, 1], layout: reported-errors}",
        "a.yaml:2:12: transpile: got the keys initial_layout, layout, expected initial_layout or layout: reported-errors, not both",
    ),
    "neither auto nor a switch": (
        GOOD + "transpile: {fractional_gates: maybe}",
        "a.yaml:2:31: transpile.fractional_gates: got text 'maybe', expected auto, true or false",
    ),
    "key in the wrong place": (
        GOOD + "execution: {shots: 3}",
        f"a.yaml:2:13: execution.shots: unknown key, expected {OF_EXECUTION}; it belongs to objective, sqd or budget",
    ),
    "key of another type": (
        GOOD + "ansatz: {type: qaoa, reps: 3}",
        "a.yaml:2:22: ansatz.reps: unknown key, expected type or layers; it belongs to type hardware-efficient",
    ),
    "unknown type": (
        "problem: {type: maxcutt}",
        (
            "a.yaml:1:17: problem.type: got text 'maxcutt', expected maxcut, molecule, tfim, heisenberg, operator or "
            "path/to/file.py:Class; did you mean 'maxcut'?"
        ),
    ),
    "type without a mapping": ("problem: maxcut", "a.yaml:1:10: problem: got text 'maxcut', expected {type: maxcut}"),
    "unknown choice": (
        GOOD + "execution: {mode: sesion}",
        "a.yaml:2:19: execution.mode: got text 'sesion', expected session, batch, job or auto; did you mean 'session'?",
    ),
    "choice in another case": (
        GOOD + "optimizer: {type: scipy, method: cobyla}",
        (
            "a.yaml:2:34: optimizer.method: got text 'cobyla', expected COBYLA, COBYQA, Nelder-Mead, Powell, L-BFGS-B, SLSQP, BFGS, CG, "
            "TNC or trust-constr; did you mean 'COBYLA'?"
        ),
    ),
    "fraction for a whole number": (GOOD + "seed: 1.5", "a.yaml:2:7: seed: got 1.5, expected a whole number"),
    "truth value for a number": (
        GOOD + "objective: {type: sampled, shots: true}",
        "a.yaml:2:35: objective.shots: got true, expected a whole number",
    ),
    "number in quotes": (
        GOOD + "seed: '4'",
        "a.yaml:2:7: seed: got text '4', expected a whole number: remove the quotes or the leading zero",
    ),
    "octal or decimal": (
        GOOD + "seed: 010",
        "a.yaml:2:7: seed: got text '010', expected a whole number: remove the quotes or the leading zero",
    ),
    "number for text": (GOOD + "name: 12", "a.yaml:2:7: name: got 12, expected text: put it in quotes"),
    "out of range": (
        GOOD + "objective: {type: sampled, cvar: 0}",
        "a.yaml:2:34: objective.cvar: got 0, expected more than 0.0",
    ),
    "name": (
        GOOD + "name: ../x",
        (
            "a.yaml:2:7: name: got text '../x', expected 1 to 80 letters, digits, '.', '_' and '-' that don't begin with '.': "
            "it names a folder"
        ),
    ),
    "duration": (
        GOOD + "budget: {wall: 10x}",
        "a.yaml:2:16: budget.wall: got text '10x', expected a number of seconds, or text such as 90s, 10m, 2h or 1h30m",
    ),
    "edge": (
        "problem: {type: maxcut, graph: {edges: [[0, 1], [1]]}}",
        (
            "a.yaml:1:49: problem.graph.edges.1: got a list of 1, expected [u, v] or [u, v, weight], "
            "with names or integers for nodes and a number for the weight"
        ),
    ),
    "graph of two kinds": (
        "problem: {type: maxcut, graph: {edges: [[0, 1]], networkx: petersen}}",
        "a.yaml:1:32: problem.graph: got the keys edges, networkx, expected exactly one of the keys edges, networkx and regular",
    ),
    "graph of no kind": (
        "problem: {type: maxcut, graph: 3}",
        (
            "a.yaml:1:32: problem.graph: got 3, expected the path of a graph file, {edges: [[u, v, weight], ...]}, {networkx: NAME} "
            "or {regular: {n: N, degree: D, seed: S}}"
        ),
    ),
    "layout": (
        GOOD + "transpile: {initial_layout: [1, 1]}",
        "a.yaml:2:29: transpile.initial_layout: got a list of 2, expected qubits that differ",
    ),
    "axis": (
        GOOD + "sweep: {axes: {seed: 3}}",
        "a.yaml:2:22: sweep.axes.seed: got 3, expected a list of values or {from: A, to: B, points: N}",
    ),
    "axis without values": (
        GOOD + "sweep: {axes: {seed: []}}",
        "a.yaml:2:22: sweep.axes.seed: got an empty list, expected at least one entry",
    ),
    "value of an axis": (
        GOOD + "sweep: {axes: {seed: [[1]]}}",
        "a.yaml:2:23: sweep.axes.seed.0: got a list of 1, expected a number, text, true or false",
    ),
    "form of a custom type": (
        "problem: {type: os:system}",
        (
            "a.yaml:1:17: problem.type: got text 'os:system', expected path/to/file.py:Name, "
            "with one colon between a Python file and the name of something in it"
        ),
    ),
    "absolute custom type": (
        "problem: {type: /a/b.py:C}",
        (
            "a.yaml:1:17: problem.type: got text '/a/b.py:C', expected a path relative to the config's folder: "
            "code is only loaded from below the working directory"
        ),
    ),
    "no or false": (
        "problem: {type: x.py:C, weighted: no}",
        (
            "a.yaml:1:35: problem.weighted: got no without quotes, which some read as text and some as a truth value: "
            "write true, false or quotes"
        ),
    ),
}


def refusal(text: str, *overrides: str, file: Path = FILE) -> str:
    """The message that a config is refused with."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, file, overrides)
    return str(caught.value)


@pytest.mark.parametrize("kind", ONE_LINE)
def test_each_kind_of_mistake_has_its_line(kind: str) -> None:
    """One mistake gives one line: its place, its key, what was got, what was expected, what to do."""
    text, message = ONE_LINE[kind]
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: [", "a.yaml:2:1: not YAML ("), ("a:\n\tb: 1", "a.yaml:2:1: not YAML ("), ("a: b: c", "a.yaml:1:5: not YAML (")],
)
def test_broken_syntax_is_placed(text: str, place: str) -> None:
    """A text that is no YAML is refused where it breaks; the words are those of the installed libyaml."""
    assert refusal(text + "\n").startswith(place)


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    """Mistakes of the text, of keys, of values and of overrides are told together, the command line last."""
    text = "seed: x\nproblem:\n  graph: 3\n  grpah: 4\n  type: maxcut\nbudget: {shots: 0, shots: 1}\nname: &a b\n"
    lines = refusal(text, "optimizer.type=scpy", "execution.mode").splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "a.yaml:1:7",
        "a.yaml:3:10",
        "a.yaml:4:3",
        "a.yaml:6:17",
        "a.yaml:6:20",
        "a.yaml:7:7",
        "command line",
        "command line",
    ]


def test_a_text_that_nests_without_end_is_refused() -> None:
    """By qopt's own limit, or by the one that newer releases of the YAML reader have."""
    assert re.fullmatch(r"a\.yaml:1:\d+: (more than 32 levels deep|not YAML \(exceeded maximum nesting depth\))", refusal("[" * 100_000))


def test_a_flood_of_mistakes_is_cut_short() -> None:
    """Thousands of mistakes don't fill the terminal, but all are counted."""
    text = GOOD + "".join(f"key{number}: 1\n" for number in range(200))
    assert refusal(text).splitlines()[-1] == "... and 150 more"
    assert len(refusal(text).splitlines()) == 51


def test_a_path_in_a_variable_that_is_named_like_a_credential_is_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    """A config may lead to the folder that holds a file of credentials."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/home/somebody/graphs")
    text = "problem: {type: maxcut, graph: /home/somebody/graphs/ring.edges}"
    assert parse_config(text, Path("a.yaml")).config.problem.graph == "/home/somebody/graphs/ring.edges"


@pytest.mark.parametrize("text", [GOOD + "execution: {token: canary}", GOOD + "token: [canary]\nname: [token: canary]"])
def test_a_credential_is_not_repeated(text: str) -> None:
    """A token that was written into a config by mistake does not reach the terminal or a log."""
    assert "canary" not in refusal(text, "api-key=canary")


def test_a_name_is_taken_from_the_file() -> None:
    """Where there is no name, that of the file is used, and refused where it can't name a folder."""
    assert parse_config(GOOD, Path("x/fine.yaml")).config.name == "fine"
    assert refusal(GOOD, file=Path("x/not fine.yaml")).startswith("x/not fine.yaml:1:1: name: got text 'not fine', expected 1 to 80")


@pytest.mark.parametrize("name", [".hidden", "CON", "nul.txt", "a/b", "a b", "x" * 81, "\uff4e\uff41", "..", "''"])
def test_names_that_are_no_folders_are_refused(name: str) -> None:
    """A name can neither leave the folder of runs nor be special to an operating system."""
    assert ": name: got " in refusal(GOOD + f"name: {name}")
