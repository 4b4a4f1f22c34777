"""Habits that a reader relies on, seen in the sources themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.project.sources import tree_of
from verifier.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "verifier").rglob("*.py"))
ROOMS = sorted(path for path in (ROOT / "verifier").glob("*/__init__.py"))
QUIET = [path for path in SOURCES if "cli" not in path.parts and path.name != "__main__.py"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def speaks(tree: ast.AST) -> list[int]:
    """The lines that print, write to a standard stream, or end the process."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.Attribute | ast.Name) and _speaks(node)
    ]


def _speaks(node: ast.Call | ast.Attribute | ast.Name) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("print", "exit", "quit", "breakpoint", "input")
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in ("sys.exit", "sys.stdout", "sys.stderr", "os._exit")
    return node.id == "SystemExit"


@pytest.mark.parametrize("path", QUIET, ids=name)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    assert speaks(tree_of(path)) == []


def test_the_check_above_can_fail() -> None:
    for text in ("print(1)", "import sys\nsys.exit(1)", "import sys\nsys.stdout.write('')", "raise SystemExit(2)"):
        assert speaks(ast.parse(text))


@pytest.mark.parametrize("path", ROOMS, ids=name)
def test_a_room_says_what_comes_in_what_goes_out_and_what_it_guarantees(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path)) or ""
    assert [word for word in ("In:", "Out:", "Guarantee:") if word not in docstring] == []


EXACT = ("True iff ", "True only if ", "False only if ")
FORMS = (
    (r"verifier/", r"(bool|TypeGuard|TypeIs|_?Truth)\b", EXACT),
    (r"verifier/", r"Expression\b", EXACT),
    (r"verifier/evaluate/", r"RuleFinding\b", ("Holds iff ",)),
    (r"verifier/", r"(Answer|Proved)\b", ("Proved only if ", "Refuted only if ", "Refuted iff ")),
)
"""How docstrings begin, by the file and by what is returned."""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Those in classes too, but none in another function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            yield from functions(node)


def unclear(path: str, tree: ast.AST) -> list[str]:
    """The functions of which a docstring does not say in which directions what they return is true. Private ones may
    have none."""
    return [
        node.name
        for room, types, starts in FORMS
        for node in functions(tree)
        if re.match(room, path) and re.match(types, ast.unparse(node.returns) if node.returns else "")
        if ast.get_docstring(node) or not node.name.startswith("_")
        if not (ast.get_docstring(node) or "").startswith(starts)
    ]


def test_what_returns_a_truth_says_iff() -> None:
    """`True iff …`, not `Whether …`, which leaves open whether it may be false of what is so."""
    trees = {name(path): tree_of(path) for path in SOURCES}
    said = [ast.get_docstring(node) or "" for tree in trees.values() for node in functions(tree)]
    assert sum(docstring.startswith(EXACT) for docstring in said) > 600
    assert [docstring for docstring in said if docstring.startswith("Whether ")] == []
    assert [
        text
        for text in said
        if text.startswith("True iff ") and re.search("roughly|quick look|looks as if|sure to", text)
    ] == []
    assert {path: found for path, tree in trees.items() if (found := unclear(path, tree))} == {}
    returned = [ast.unparse(node.returns) for tree in trees.values() for node in functions(tree) if node.returns]
    assert all(any(re.match(types, one) for one in returned) for _, types, _ in FORMS)


@pytest.mark.parametrize(
    ("returns", "docstring"),
    [
        ("bool", ""),
        ("bool | None", "The value of a member."),
        ("Truth", "If it is so."),
        ("Expression", "The requests that do it."),
        ("RuleFinding | None", "What is so."),
        ("Answer", "That some request does."),
    ],
)
def test_a_truth_without_iff_is_seen(returns: str, docstring: str) -> None:
    tree = ast.parse(f"class A:\n  def f() -> {returns}:\n    {docstring!r}")
    assert unclear("verifier/evaluate/a.py", tree) == ["f"]


def test_a_truth_with_iff_is_clear() -> None:
    tree = ast.parse("def f() -> bool:\n  'True iff it is so.'\n  def g() -> bool:\n    pass")
    assert unclear("verifier/evaluate/a.py", tree) == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_has_at_most_350_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


FOLDERS = sorted({path.parent for path in SOURCES})


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_folder_has_at_most_26_modules(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= 26


READINGS = ("verifier.evaluate", "verifier.problem")
ALIKE = {
    "GRAMMAR": (("verifier.syntax.invariants", "verifier.syntax.policy"), "each language's grammar"),
    "START": (("verifier.syntax.invariants", "verifier.syntax.policy"), "the rules that texts in it begin with"),
    "Json": (
        (
            "verifier.bench.queries",
            "verifier.inputs.resources.resource",
            "verifier.inputs.terraform.json_text",
            "verifier.recheck.formula",
            "verifier.report.wire.values",
        ),
        "what `json` gives or takes, in rooms that do not know each other",
    ),
    "main": (("verifier.__main__", "verifier.cli"), "the program, which sets up the interpreter first"),
}
"""Public names that two modules may define: in which, and why. May become fewer, not more."""


def defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements at the top of a module define."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found = (part for target in targets for part in ast.walk(target))
            yield from (part.id for part in found if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from defined(node.body)
            yield from defined(getattr(node, "orelse", ()))


def in_several(modules: dict[str, ast.Module]) -> dict[str, tuple[str, ...]]:
    """The public names that several modules define, without what is alike on purpose: in the two readings, which are
    written apart, and functions of the command line that are called as their command is."""
    homes: dict[str, set[str]] = {}
    for own, tree in modules.items():
        for found in defined(tree.body):
            if not found.startswith("_") and not (own.startswith("verifier.cli.") and is_command(found)):
                homes.setdefault(found, set()).add(own)
    return {
        found: tuple(sorted(own))
        for found, own in homes.items()
        if len(own) > 1 and sorted(".".join(one.split(".")[:2]) for one in own) != [*READINGS]
    }


def is_command(function: str) -> bool:
    return function.replace("_", "-") in COMMANDS


def test_a_public_name_is_defined_in_one_module() -> None:
    found = in_several({module(path): tree_of(path) for path in SOURCES})
    assert found == {own: places for own, (places, _) in ALIKE.items()} and len(found) <= 4


def test_the_check_of_names_can_fail() -> None:
    texts = {
        "verifier.evaluate.a": "def one(): ...\nTWO: int = 1\n_own = 1",
        "verifier.problem.b": "one = 1\nif TWO:\n  TWO, _own = 1, 2",
        "verifier.cli.c": "def prove(): ...\nclass TWO: ...",
        "verifier.verify.d": "def prove(): ...",
    }
    every = ("verifier.cli.c", "verifier.evaluate.a", "verifier.problem.b")
    assert in_several({own: ast.parse(text) for own, text in texts.items()}) == {"TWO": every}


PUZZLES = frozenset(
    {"told", "asked", "concern", "elsewhere", "settled", "chosen", "remembered", "powers", "hearing", "judge"}
)
"""Names that said nothing of what they named."""


def puzzles(tree: ast.AST) -> set[str]:
    """The names that a module defines, of functions, classes, arguments and variables, which are puzzles."""
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    defined |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {name for name in defined if name.strip("_").lower() in PUZZLES}


def test_no_name_is_a_puzzle() -> None:
    found = {module(path): puzzles(tree_of(path)) for path in SOURCES}
    assert {name: names for name, names in found.items() if names} == {}
    assert puzzles(ast.parse("def _told(asked):\n    settled = 1\n    return told")) == {"_told", "asked", "settled"}


LATE = {
    "verifier/__main__.py": (1, "the interpreter is set up first"),
    "verifier/inputs/text/files.py": (1, "PyYAML is slow to import, and most inputs are JSON"),
    "verifier/inputs/loader.py": (2, "the readers of plans and templates are slow to import"),
    "verifier/runs/cluster.py": (1, "an optional extra"),
    "verifier/solve/engines.py": (2, "the other engines"),
    "verifier/solve/string_solvers.py": (1, "an optional extra"),
    "verifier/problem/facts/requests.py": (2, "questions about the tags of sessions, on which few others hang"),
}
"""Modules outside the command line that import something inside a function: with how many statements, and why."""


def imports_in(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The statements that import when they run, those inside functions among them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from imports_in(node)


def imported(tree: ast.AST) -> set[str]:
    """The names that a module imports, with their modules."""
    return {
        f"{node.module}.{name.name}" if isinstance(node, ast.ImportFrom) else name.name
        for node in imports_in(tree)
        for name in node.names
    }


def late_imports(tree: ast.AST) -> int:
    """How many statements import inside functions."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return len({statement for function in functions for statement in imports_in(function)})


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def circles(imports: dict[str, set[str]]) -> set[str]:
    """Modules that import themselves by way of others, and those between such: what is left when modules that nothing
    left imports, or that import nothing left, are taken away until there are none."""
    left = dict(imports)
    while True:
        used = {name for own in left.values() for name in own}
        kept = {name: own & left.keys() for name, own in left.items() if name in used and own & left.keys()}
        if len(kept) == len(left):
            return set(kept)
        left = kept


def test_imports_stand_at_the_top_but_for_a_reason() -> None:
    counted = {name(path): late_imports(tree_of(path)) for path in SOURCES if "cli" not in path.parts}
    assert {path: count for path, count in counted.items() if count} == {
        path: count for path, (count, _) in LATE.items()
    }
    assert (
        late_imports(
            ast.parse("import a\ndef f():\n  def g():\n    import b\n  from c import d\nif TYPE_CHECKING:\n  import e")
        )
        == 2
    )


def test_no_circle_of_imports() -> None:
    # The public API (verifier/__init__.py) stands beside the rooms, and uses all of them; they know its version.
    inside = [path for path in SOURCES if module(path) != "verifier"]
    names = {module(path): imported(tree_of(path)) for path in inside}
    imports = {
        own: {name if name in names else name.rpartition(".")[0] for name in found} - {own}
        for own, found in names.items()
    }
    assert circles(imports) == set()
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == {"b", "c"}


def test_the_types_have_few_exceptions_and_rules_and_formulas_none() -> None:
    excepted = [
        name(path) for path in SOURCES for line in path.read_text("utf-8").splitlines() if "type: " + "ignore" in line
    ]
    assert len(excepted) <= 10 and not [path for path in excepted if path.split("/")[1] in ("evaluate", "problem")]
