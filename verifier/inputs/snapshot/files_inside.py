"""Which files of a folder are inputs, and which are left.

In: a folder, and what was read of it. Out: its files. Guarantee: a JSON or YAML file that is not hidden is read, left
aside with a warning, counts as left (S1), or certainly says nothing of access (a build, a package, a workload). A file
that cannot be read is about access, and so is one that has a member that a policy, plan, snapshot or output of the AWS
CLI has, or a text that is the type of a resource or JSON. What no input may have (comments in JSON, tags and several
documents in YAML) is read over for this question alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from verifier.inputs.cloudformation import is_template
from verifier.inputs.policy_file import is_policy
from verifier.inputs.snapshot import organization as organization_members
from verifier.inputs.snapshot.parts import SNAPSHOT, is_snapshot
from verifier.inputs.terraform import may_be_terraform
from verifier.inputs.text.files import (
    CONFIGURATION,
    OUTPUTS,
    SUFFIXES,
    Files,
    TemplateOfAnotherTool,
    is_inside,
    shown_below,
)
from verifier.inputs.text.key_places import may_make_keys
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar, nodes_in
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import first_few, printable

FOLDERS = ("keys", "accounts", "organization")
DOCUMENTS = ("snapshot", "vpc-endpoints", "not-read")
"""How the folders and files of a snapshot are called."""
MANIFEST = "manifest.json"
_OF_INPUTS = re.compile(rf"""\b(?:Resources|Policy|Statement|Version|Id|{"|".join(SNAPSHOT)})\b|\\[uUx]|^\s*["'|>]""")
"""What the text of a template, a policy or a snapshot has: a member, an escape in its name, or that it is a text."""


def is_configuration(folder: Path) -> bool:
    """True iff a folder holds `.tf` files, and no plan made of them nor a snapshot."""
    if not any(folder.glob("*.tf")):
        return False
    found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
    return not any(
        path.stem in DOCUMENTS or may_be_terraform(path.read_text(encoding="utf-8", errors="ignore")) for path in found
    )


def files_by_themselves(folder: Path) -> list[Path]:
    """The JSON and YAML files in a folder that is no snapshot, and in folders below it; none for a snapshot. What is
    hidden is left aside. Raises `InputError` for a link to a folder, which could lead anywhere."""
    return [] if _has_parts(folder) else _data_below(folder)


def _has_parts(folder: Path) -> bool:
    """True iff something in a folder is called as a part of a snapshot is."""
    parts = {(name, True) for name in FOLDERS} | {(name, False) for name in DOCUMENTS}
    are_files = ((path, path.suffix.lower() in SUFFIXES) for path in folder.iterdir())
    return any((path.stem if is_file else path.name, not is_file) in parts for path, is_file in are_files)


def left_beside(folder: Path, files: Files) -> list[Path]:
    """The JSON and YAML files beside the parts of a snapshot that were not read, and have the members of such parts."""
    read = files.real_paths()
    beside = (path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES and path.is_file())
    left = [path for path in beside if os.path.realpath(path) not in read and not path.name.startswith(".")]
    parts = (*OUTPUTS, *SNAPSHOT, *organization_members.MEMBERS)
    held = [(path, _read(path)) for path in left] if _has_parts(folder) else []
    return [path for path, node in held if isinstance(node, Members) and node.has(*parts) and not _is_report(node)]


def _is_report(node: Members) -> bool:
    """True iff a document is a report of this program, which has members of a snapshot's names too."""
    return node.has("verifier") and node.has("format")


def _data_below(folder: Path) -> list[Path]:
    below = shown_below(folder)
    if (link := next((path for path in below if path.is_symlink() and path.is_dir()), None)) is not None:
        raise InputError.of(f"`{printable(str(link))}` is a link to a folder", hint="name that folder itself")
    return [path for path in below if path.suffix.lower() in SUFFIXES and not path.is_dir()]


def about_access(remarks: Remarks, files: Files, folder: Path, inside: Sequence[Path]) -> list[Path]:
    """Those of the files in a folder that may be about access; remarks on the others, and on what is in the folder and
    is no JSON or YAML, but may describe keys. Beside a plan the plan says that."""
    found = [path for path in inside if not is_about_others(files, path, folder)]
    if others := [files.name(path) for path in inside if path not in found]:
        message = f"files in this folder that say nothing of access are left aside ({first_few(others)})"
        remarks.warning(files.place(folder), message, hint="name the policies and templates instead, or their folders")
    left = [path for path in shown_below(folder) if path.suffix.lower() in (*CONFIGURATION, ".template")]
    if inside and left and not any(path.parent == folder and path.suffix == ".tf" for path in left):
        shown = first_few([files.name(path) for path in left])
        message = f"what is neither JSON nor YAML in this folder is not read ({shown})"
        hint = "name the folders of .tf files, and other templates, beside it"
        remarks.unread(files.place(folder), message, hint=hint)
    return found


def inputs_left(folder: Path, files: Files) -> list[Path]:
    """The inputs in a folder that were not read, nor named by a file that was; none if it may not be listed."""
    read = files.real_paths()
    try:
        inside = [file for file in _data_below(folder) if os.path.realpath(file) not in read]
    except (OSError, InputError):
        return []
    return [file for file in files.not_named(inside) if _is_input(_read(file, having=_OF_INPUTS))]


def _read(file: Path, having: re.Pattern[str] | None = None) -> Node | None:
    """What a file of JSON or YAML holds; `None` where it is neither, or its text does not have what is asked for."""
    files = Files()
    try:
        return files.node(file) if having is None or having.search(files.source(file).text) else None
    except InputError:
        return None


def _is_input(node: Node | None) -> bool:
    return _is_template_or_policy(node) or (
        isinstance(node, Members) and is_snapshot(node, among=True) and not _is_report(node)
    )


def _is_template_or_policy(node: Node | None) -> bool:
    return node is not None and (is_template(node) or is_policy(node))


def may_be_part(file: Path, folder: Path) -> bool:
    """True iff a file may be read as a part of a folder: one below it that has the name of a Terraform configuration's
    or of invariants, the place of a snapshot's, or the text of a policy, a template or a plan."""
    if not is_inside(file, folder):
        return False
    place, *_ = file.resolve().relative_to(folder.resolve()).with_suffix("").parts
    if file.suffix.lower() not in SUFFIXES:
        return file.suffix in (*CONFIGURATION, ".tfvars", ".inv")
    if place in (*FOLDERS, *DOCUMENTS, Path(MANIFEST).stem) and not is_configuration(folder):
        return True
    return _is_template_or_policy(_read(file)) or may_be_terraform(file.read_text(encoding="utf-8", errors="ignore"))


_OF_POLICIES = re.compile(r"\b(?:effect|statement)\b", re.IGNORECASE)
_OF_ACCESS = {
    *("effect", "statement", "resources", "resource", "module", "provider", "format_version", "resource_changes"),
    *(name.lower() for name in (*OUTPUTS, *SNAPSHOT, "TemplateBody", "Policy", "PolicyDocument", "Policies")),
    *("tagkey", "parameterkey", "grantid", "keyid", "aliasname", "targetid", "Fn::Transform".lower()),
}
"""Names of members, in small letters, by which a document may be about access, or a part of one that is."""
_OF_OBJECTS = {"module", "provider", *SNAPSHOT}
"""Those whose values are objects or lists, or name a file."""
_OF_AWS = re.compile(r"\s*(?:AWS::|\{|\[)", re.IGNORECASE)
"""How a text begins that may be about access: a type of a template, JSON."""

_GROUP = re.compile(r"""(?:^|[{,-])[ \t]*["']?apiVersion["']?[ \t]*:[ \t]*["']?([^\s"']+)""", re.MULTILINE)
_KIND = re.compile(r"""(?:^|[{,-])[ \t]*["']?kind["']?[ \t]*:""", re.MULTILINE)
_MEMBER = re.compile(r"^[ \t]*(?!#|\{\{)\S.*:", re.MULTILINE)
"""A line that is neither a comment nor a directive of a chart, and has a member."""
_DOCUMENT = re.compile(r"^---", re.MULTILINE)
_OWN_GROUP = re.compile(r"v[0-9a-z]+|(?:[a-z]+|(?:[a-z0-9-]+\.)+k8s\.io)/v[0-9a-z]+")
"""The API groups of Kubernetes itself: none has objects of AWS, as those of its extensions may.
[Kubernetes documentation: API Overview, API groups]"""
_IN_WORKLOADS = re.compile(r"\bstatement\b|AWS::|\\[uUxN]", re.IGNORECASE)
"""What the text of an object of Kubernetes has that may hold a policy or a template."""


def is_about_others(files: Files, file: Path, folder: Path) -> bool:
    """True iff a file in a folder is certainly about something else than access."""
    try:
        text = files.source(file).text
        if not text.strip() or may_make_keys(text):
            return False  # a command may have failed to write it; its own tool may make keys of it
        if _is_of_kubernetes(text):
            return _is_of_chart(file, folder) or not any(map(_is_of_aws, _nodes(files, file)))
        if _OF_POLICIES.search(text):
            return False
        inside = _nodes(files, file)
    except InputError:
        return False
    pairs = ((key.text.lower(), value) for node in inside if isinstance(node, Members) for key, value in node.pairs)
    return not any(_is_of_access(*pair) for pair in pairs) and not any(map(_is_of_aws, inside))


def _nodes(files: Files, file: Path) -> Sequence[Node]:
    """All values in a file. Raises `InputError` where it cannot be read, however loosely."""
    try:
        return list(nodes_in(files.node(file)))
    except TemplateOfAnotherTool:
        raise
    except InputError:
        return [node for document in files.loose_documents(file) for node in nodes_in(document)]


def _is_of_kubernetes(text: str) -> bool:
    """True iff a YAML text is of objects of Kubernetes itself, be it from a chart, and none of it may be a policy: what
    such objects call `resources`, `effect` or `policies` is their own."""
    documents = [part for part in _DOCUMENT.split(text) if _MEMBER.search(part)]
    groups = [_GROUP.findall(part) for part in documents if _KIND.search(part)]
    is_own = all(found and all(map(_OWN_GROUP.fullmatch, found)) for found in groups)
    return 0 < len(groups) == len(documents) and is_own and not _IN_WORKLOADS.search(text)


def _is_of_chart(file: Path, folder: Path) -> bool:
    """True iff a file in a folder is a template of a Helm chart, which makes objects of Kubernetes."""
    above = file.relative_to(folder).parents
    charts = (folder / part.parent / "Chart.yaml" for part in above if part.name == "templates")
    return any(chart.is_file() for chart in charts)


def _is_of_aws(node: Node) -> bool:
    return isinstance(node, Scalar) and _OF_AWS.match(node.text) is not None


def _is_of_access(name: str, value: Node) -> bool:
    """True iff a member may be about access, by its name in small letters."""
    if name in _OF_OBJECTS and isinstance(value, Scalar):
        return value.text.lower().endswith(SUFFIXES)
    return name in _OF_ACCESS or (name.endswith("arn") and not name.endswith("yarn"))
