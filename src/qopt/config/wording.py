"""What the models refuse, in words: what was got, what was expected, what was perhaps meant. No reading, no files."""

from __future__ import annotations

import ast
import difflib
import functools
import inspect
from typing import TYPE_CHECKING, Any

from qopt.config import execution, mitigation, models, molecules
from qopt.config.document import Node, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from qopt.config.model import Model
    from qopt.errors import Where

_LONGEST = 40
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "list_type": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
}
_MODULES = (models, molecules, execution, mitigation)
"""Where the models are."""
_PARTS: dict[str, tuple[type[Model], ...]] = {
    "problem": (models.MaxCut, molecules.Molecule, molecules.TransverseFieldIsing, molecules.Heisenberg, models.Operator),
    "problem.graph": (models.InlineGraph,),
    "problem.graph.regular": (models.Regular,),
    "problem.active_space": (molecules.ActiveSpace,),
    "problem.lattice": (molecules.Lattice,),
    "ansatz": (
        models.QaoaAnsatz,
        models.HardwareEfficientAnsatz,
        molecules.UccsdAnsatz,
        molecules.KUpccgsdAnsatz,
        molecules.PairAnsatz,
        molecules.GivensAnsatz,
        molecules.HvaAnsatz,
        molecules.AdaptAnsatz,
        molecules.LucjAnsatz,
    ),
    "start": (models.FormulaStart, models.RandomStart, models.TrainedStart, models.ValuesStart, models.RunStart),
    "objective": (models.SampledObjective, models.ExpectationObjective, models.ExactObjective),
    "optimizer": (
        models.AutoOptimizer,
        models.NoOptimizer,
        models.ScipyOptimizer,
        models.SpsaOptimizer,
        models.ResponseSurfaceOptimizer,
        models.DifferentialEvolutionOptimizer,
    ),
    "excited_states": (molecules.ExcitedStates,),
    "sqd": (molecules.Sqd,),
    "execution": (execution.Execution,),
    "execution.waiting": (execution.Waiting,),
    "execution.simulator": (execution.Simulator,),
    "transpile": (execution.Transpile,),
    "mitigation": (mitigation.Mitigation,),
    "mitigation.dynamical_decoupling": (mitigation.DynamicalDecoupling,),
    "mitigation.twirling": (mitigation.Twirling,),
    "mitigation.measure_noise_learning": (mitigation.MeasureNoiseLearning,),
    "mitigation.zne": (mitigation.Zne,),
    "mitigation.pec": (mitigation.Pec,),
    "mitigation.layer_noise_learning": (mitigation.LayerNoiseLearning,),
    "budget": (execution.Budget,),
    "sweep": (models.Sweep,),
}


def refusal_of(error: ErrorDetails, root: Node) -> Refusal:
    """One refusal of the models, with its place in the tree.

    Args:
        error: From pydantic.
        root: The tree that was validated.
    """
    # Tags of unions are in angle brackets and are no keys of the file.
    path: Where = tuple(key for key in error["loc"] if not (isinstance(key, str) and key.startswith("<") and key.endswith(">")))
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    node = root.deepest(path)
    if kind == "missing":
        meaning = described(str(path[-1]))
        return Refusal(node.place, path, f"this key is missing{': ' + _lower(meaning) if meaning else ''}")
    if kind == "extra_forbidden":
        place = root.deepest(path[:-1]).keys.get(str(path[-1]), node.place)
        return Refusal(place, path, _unknown_key(str(path[-1]), path[:-1], root.deepest(path[:-1])))
    if kind == "unknown_type":
        return _unknown_type(error["msg"], path, node)
    if kind == "literal_error":
        names = [part.strip("' ") for part in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return Refusal(node.place, path, f"got {told(value)}, expected {listed(names)}{meant(value, names)}")
    if kind == "too_short":
        return Refusal(node.place, path, f"got {told(value)}, expected at least one entry")
    wanted = error["msg"] if kind == "expected" else _EXPECTED.get(kind, error["msg"]).format(**context)
    got = f"the keys {', '.join(map(str, value))}" if kind == "expected" and isinstance(value, dict) and value else told(value)
    return Refusal(node.place, path, f"got {got}, expected {wanted}{_advice(kind, value)}")


def ambiguous(root: Node) -> list[Refusal]:
    """Words without quotes that YAML 1.1 reads as true or false and YAML 1.2 as text, where either could be meant."""
    return [
        Refusal(
            node.place,
            path,
            f"got {node.value} without quotes, which some read as text and some as a truth value: write true, false or quotes",
        )
        for part in ("problem", "optimizer")
        if (child := root.child(part)) is not None
        for path, node in child.walk((part,))
        if node.bare and isinstance(node.value, str) and node.value.lower() in ("yes", "no", "on", "off")
    ]


def told(value: object) -> str:
    """A value in a few words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            short = value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "..."
            return f"text {short!r}"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list() | tuple():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return str(value)


def listed(names: list[str]) -> str:
    """`a, b or c`."""
    return " or ".join(([", ".join(names[:-1])] if names[:-1] else []) + names[-1:])


def meant(word: object, names: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or nothing where no name is near."""
    known = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(word)[:_LONGEST].casefold(), known, 1)
    return f"; did you mean {known[near[0]]!r}?" if near else ""


def described(key: str) -> str:
    """What a key that can't be left out means."""
    for name, fields in _docstrings().items():
        for field, item in _model(name).model_fields.items():
            if item.is_required() and (item.alias or field) == key:
                return fields.get(field, "")
    return ""


def json_schema() -> dict[str, Any]:
    """The JSON schema of a config, for editors."""
    schema = models.RunConfig.model_json_schema(by_alias=True)
    schema["required"].remove("name")
    texts = _docstrings()
    for name, part in {**schema["$defs"], "RunConfig": schema}.items():
        for field, text in texts.get(name, {}).items():
            item = _model(name).model_fields[field]
            part["properties"][item.alias or field]["description"] = text
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "A qopt run"}


@functools.cache
def _docstrings() -> dict[str, dict[str, str]]:
    """The text under each field of each model. Pydantic can collect it too, but does so at every start."""
    sources = [ast.parse(inspect.getsource(module)) for module in _MODULES]
    classes = [item for source in sources for item in source.body if isinstance(item, ast.ClassDef)]
    return {
        item.name: {
            field.target.id: text.value.value
            for field, text in zip(item.body, item.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
            if field.target.id in _model(item.name).model_fields
        }
        for item in classes
    }


def _model(name: str) -> type[Model]:
    found: type[Model] = next(getattr(module, name) for module in _MODULES if hasattr(module, name))
    return found


def _unknown_type(names: str, path: Where, node: Node) -> Refusal:
    choices = names.split(", ")
    written = node.child("type")
    if isinstance(node.value, dict) and written is None:
        return Refusal(node.place, (*path, "type"), f"this key is missing: expected {listed(choices)}")
    if written is None:
        hint = (
            f"{{type: {node.value}}}"
            if isinstance(node.value, str) and node.value in choices
            else f"a mapping such as {{type: {choices[0]}, ...}}"
        )
        return Refusal(node.place, path, f"got {told(node.data())}, expected {hint}")
    value = written.data()
    return Refusal(written.place, (*path, "type"), f"got {told(value)}, expected {listed(choices)}{meant(value, choices)}")


def _unknown_key(key: str, parent: Where, node: Node) -> str:
    reasons = [kind.refused[key] for kind in _PARTS.get(".".join(map(str, parent)), ()) if key in kind.refused]
    if reasons:
        return reasons[0]
    names = _keys(parent, node)
    wrong = f"unknown key, expected {listed(names)}"
    homes = (
        [] if key == "type" else [home for part, kinds in _PARTS.items() for home in _homes(key, part, kinds, ".".join(map(str, parent)))]
    )
    if key in models.RunConfig.model_fields and parent:
        homes.append("the top level")
    near = meant(key, names)
    return f"{wrong}{near}" if near or not homes else f"{wrong}; it belongs to {listed(homes)}"


def _homes(key: str, part: str, kinds: Iterable[type[Model]], parent: str) -> list[str]:
    """The part of the config that knows a key, or its types that do where the key is in this very part."""
    knowing = [kind for kind in kinds if key in _names(kind)]
    return [f"type {name}" for kind in knowing for name in _types(kind)] if part == parent else [part][: len(knowing)]


def _types(kind: type[Model]) -> tuple[str, ...]:
    """The values of `type` that lead to a model."""
    return getattr(getattr(kind.model_fields.get("type"), "annotation", None), "__args__", ())


def _keys(parent: Where, node: Node) -> list[str]:
    """The keys that a mapping can have."""
    if not parent:
        return _names(models.RunConfig)
    part = ".".join(map(str, parent))
    written = node.child("type")
    kinds = _PARTS.get(part, (models.Range,))
    for kind in kinds:
        if written is not None and written.value in _types(kind):
            return _names(kind)
    return _names(kinds[0])


def _names(kind: type[Model]) -> list[str]:
    return [item.alias or field for field, item in kind.model_fields.items()]


def _advice(kind: str, value: object) -> str:
    if isinstance(value, str) and kind in ("int_type", "float_type"):
        try:
            float(value.replace("_", ""))
        except ValueError:
            return ""
        return ": remove the quotes or the leading zero"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return ": put it in quotes"
    return ""


def _lower(text: str) -> str:
    return text[0].lower() + text[1:].rstrip(".")
