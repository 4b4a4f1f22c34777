"""The picture of docs/architecture.md, made from the imports, and the counts that tell how much there is to read.

    python tools/architecture.py [--write]

Out: the picture, the lines of what a verdict rests on and of what that is built on, the files that one proof enters,
the modules that `verifier.verify.prove` imports, the lines of the package.
With --write, the picture goes into docs/architecture.md. `tests/project/test_architecture.py` holds the page against
the code.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
    ]
}
ENTERED = """
import sys
from inspect import CO_OPTIMIZED
entered = set()
sys.setprofile(lambda frame, event, value: entered.add(frame.f_code) if event == "call" else None)
try:
    from verifier.cli import main
    main()
finally:
    sys.setprofile(None)
    # no bodies of classes
    functions = {code for code in entered if code.co_flags & CO_OPTIMIZED and not code.co_name.startswith("<")}
    own = {code for code in functions if "/verifier/" in code.co_filename}
    print(len({code.co_filename for code in own}), len(own), file=sys.stderr)
"""


def rooms() -> dict[str, set[str]]:
    """Each room, and each module beside them, with the others that it imports, but for imports for types alone."""
    graph = grimp.build_graph("verifier", exclude_type_checking_imports=True, cache_dir=None)
    names = graph.find_children("verifier")
    for name in names:
        if graph.find_children(name):
            graph.squash_module(name)
    return {name: graph.find_modules_directly_imported_by(name) & names - {name} for name in names}


def picture() -> str:
    """The imports between rooms as a Mermaid diagram; an import that others imply is left out."""
    apart = "verifier.garbage_collection"
    direct = {room: used - {apart} for room, used in rooms().items() if room != apart}
    reach: dict[str, set[str]] = {}
    for room in TopologicalSorter(direct).static_order():
        reach[room] = direct[room].union(*(reach[below] for below in direct[room]))
    lines = [
        f"    {room.removeprefix('verifier.')} --> {below.removeprefix('verifier.')}\n"
        for room in sorted(direct)
        for below in sorted(direct[room] - set().union(*(reach[other] for other in direct[room])))
    ]
    return "flowchart TD\n" + "".join(lines)


def listed(page: str, mark: str) -> dict[str, int]:
    """The files that the page's table under a mark names, with their lines. Raises ValueError: a name that no file
    has."""
    table = page.partition(f"<!-- {mark} -->")[2].partition("<!-- end -->")[0]
    found: dict[str, int] = {}
    for pattern in re.findall(r"`((?:verifier|grammar)/[^`]+)`", table):
        paths = sorted(ROOT.glob(pattern))
        if not paths:
            raise ValueError(f"no file is named {pattern}")
        found |= {
            str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in paths if path.is_file()
        }
    return found


def trusted(page: str) -> dict[str, int]:
    """The files that verdicts rest on, those about steps as well."""
    return listed(page, "trusted") | listed(page, "trusted of steps")


def entered() -> tuple[int, int]:
    """The files and functions of the package that proving one invariant of a policy with one statement enters."""
    with TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.json"
        policy.write_text(json.dumps({"Version": "2012-10-17", **POLICY}), encoding="utf-8")
        asked = ("prove", str(policy), "--account", "111122223333", "--builtin", "no-external-access", "--no-cache")
        run = subprocess.run(
            [sys.executable, "-c", ENTERED, *asked], cwd=ROOT, capture_output=True, text=True, check=True
        )
    files, functions = map(int, run.stderr.split()[-2:])
    return files, functions


def imported() -> int:
    """The modules of the package that importing `verifier.verify.prove` imports."""
    counted = "import sys, verifier.verify.prove; print(sum(name.startswith('verifier') for name in sys.modules))"
    return int(
        subprocess.run([sys.executable, "-c", counted], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    )


def sizes() -> tuple[int, int, int, int]:
    """The lines of the package: all, blank ones, those of docstrings, those that import."""
    lines, blank, described, importing = 0, 0, 0, 0
    for path in sorted((ROOT / "verifier").rglob("*.py")):
        text = path.read_text("utf-8")
        own = text.splitlines()
        lines, blank = lines + len(own), blank + sum(not line.strip() for line in own)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                importing += (node.end_lineno or node.lineno) - node.lineno + 1
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                described += sum(bool(line.strip()) for line in own[node.lineno - 1 : node.end_lineno])
    return lines, blank, described, importing


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the rooms, and count what docs/architecture.md counts.")
    parser.add_argument("--write", action="store_true", help="put the picture into docs/architecture.md")
    write = parser.parse_args().write
    page, drawn = PAGE.read_text("utf-8"), picture()
    if write:
        PAGE.write_text(PICTURE.sub(lambda _: drawn, page), encoding="utf-8")
    files, functions = entered()
    print(drawn)
    rests, steps, built_on = trusted(page), listed(page, "trusted of steps"), listed(page, "built on")
    print(
        f"{sum(rests.values())} lines in {len(rests)} files are what verdicts rest on, {sum(steps.values())} of "
        "them for steps alone"
    )
    print(f"{sum(built_on.values())} lines in {len(built_on)} files are what these are built on")
    print(
        f"one proof enters {functions} functions in {files} files; verifier.verify.prove imports {imported()} modules"
    )
    lines, blank, described, importing = sizes()
    rest = lines - blank - described - importing
    print(f"{lines} lines: {blank} blank, {described} of docstrings, {importing} of imports, {rest} others")


if __name__ == "__main__":
    main()
