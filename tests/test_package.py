"""The package as such: what is installed, what may import what, what the sources must not contain, and the files CI is made of."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import qopt

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "qopt").rglob("*.py"))
INSTALLED = Path(qopt.__file__).parent
DISTRIBUTION = "qopt-vqa"

PERMISSIVE = re.compile(r"\b(MIT|BSD|0BSD|Apache|PSF|PSFL|Python Software Foundation|Zlib|CC0)\b")
"""Licences that ask for no more than to be named; NumPy's own expression names those of the parts it bundles too."""


def _direct_dependencies() -> list[str]:
    requirements = metadata.requires(DISTRIBUTION) or []
    return [re.split(r"[^\w.-]", requirement)[0] for requirement in requirements if "extra ==" not in requirement]


def _licences(name: str) -> list[str]:
    """What a distribution's metadata says, the most exact statement first: expression, classifiers, free text."""
    fields = metadata.metadata(name)
    expression = fields.get("License-Expression")
    if expression:
        return re.split(r" AND ", expression)
    classifiers = [text for text in fields.get_all("Classifier", []) if text.startswith("License ::")]
    return classifiers or [fields.get("License", "")]


def test_dependencies_are_permissive() -> None:
    """Every direct dependency is under an MIT, BSD, Apache or PSF licence."""
    licences = [(name, licence) for name in _direct_dependencies() for licence in _licences(name)]
    assert [(name, licence) for name, licence in licences if not PERMISSIVE.search(licence)] == []


def test_dependencies_are_found() -> None:
    """The direct dependencies that the test above goes through are those of pyproject.toml."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert set(map(str.lower, _direct_dependencies())) == {requirement.partition(">=")[0].lower() for requirement in wanted}


def test_everything_is_installed() -> None:
    """Every file below src/qopt that is not a cache is part of the installed package, data and py.typed included."""
    source = ROOT / "src" / "qopt"
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert Path("py.typed") in wanted
    assert wanted <= {path.relative_to(INSTALLED) for path in INSTALLED.rglob("*")}


def test_version_is_the_distributions() -> None:
    """`qopt.__version__` is the version of the distribution that is installed."""
    assert qopt.__version__ == metadata.version(DISTRIBUTION)


def test_command_is_installed() -> None:
    """Installing the distribution installs the command `qopt`."""
    (command,) = metadata.entry_points(group="console_scripts", name="qopt")
    assert command.value == "qopt.cli:main"


@pytest.mark.parametrize("module", ["qopt", "qopt.cli", "qopt.config", "qopt.errors", "qopt.journal", "qopt.types"])
def test_light_modules_stay_light(module: str) -> None:
    """Help, listing and checking a config must answer at once: these modules import nothing heavy."""
    heavy = {"matplotlib", "networkx", "qiskit", "qiskit_aer", "qiskit_ibm_runtime", "scipy"}
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(json.loads(done.stdout))


FORBIDDEN_IMPORTS = {"cPickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
FORBIDDEN_CALLS = {"compile", "eval", "exec", "os.popen", "os.system", "yaml.full_load", "yaml.unsafe_load"}
SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}


def _breaches(source: str) -> list[str]:
    """What in a source could run code from data: each as `line: what`."""
    tree = ast.parse(source)
    safe = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_safe_loader(node)} | SAFE_LOADERS
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] in FORBIDDEN_IMPORTS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_IMPORTS:
            found.append((node.lineno, str(node.module)))
        elif isinstance(node, ast.Call):
            found += [(node.lineno, what) for what in _breaches_of_call(node, safe)]
    return [f"{line}: {what}" for line, what in found]


def _is_safe_loader(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split(".")[-1] in SAFE_LOADERS for base in node.bases)


def _breaches_of_call(node: ast.Call, safe: set[str]) -> list[str]:
    name = ast.unparse(node.func)
    found = [name] if name in FORBIDDEN_CALLS else []
    if name in {"yaml.load", "yaml.load_all"}:
        loaders = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "Loader")]
        found += [] if [loader for loader in loaders if ast.unparse(loader).split(".")[-1] in safe] else [name]
    switched_on = {keyword.arg for keyword in node.keywords if ast.unparse(keyword.value) == "True"}
    return found + [f"{option}=True" for option in ("allow_pickle", "shell") if option in switched_on]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_no_code_comes_from_data(path: Path) -> None:
    """No source unpickles, evaluates, starts a shell or loads YAML with anything but the safe loader."""
    assert _breaches(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from dill import loads",
        "eval(text)",
        "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
    ],
)
def test_code_from_data_is_noticed(source: str) -> None:
    """The test above sees each way to get code out of data."""
    assert len(_breaches(source)) == 1


@pytest.mark.parametrize("source", ["yaml.load(text, Loader=yaml.SafeLoader)", "class L(yaml.SafeLoader): ...\nyaml.load(text, L)"])
def test_safe_loading_is_let_through(source: str) -> None:
    """The safe loader, or a subclass of it, is no breach."""
    assert _breaches(source) == []


def _script(name: str) -> str:
    command = [sys.executable, str(ROOT / ".ci" / name)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_lowest_versions_are_in_step() -> None:
    """`.ci/lowest.txt` holds the lower bounds of pyproject.toml."""
    assert (ROOT / ".ci" / "lowest.txt").read_text(encoding="utf-8") == _script("lowest.py")


def test_readme_has_its_two_commands() -> None:
    """CI finds in the README one command that runs a config and one that runs the tests."""
    run, test = _script("readme_commands.py").splitlines()
    assert "python -m qopt run" in run
    assert "pytest" in test
