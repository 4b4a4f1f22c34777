"""Files about something else than access, in a folder of policies and templates.

In: a JSON or YAML file. Out: whether it certainly says nothing of access (a build, a package, a workload). Guarantee: a
file that cannot be read is about access, and so is one that has a member that a policy, plan, snapshot or output of the
AWS CLI has, or a text that is the type of a resource or JSON. What no input may have (comments in JSON, tags and
several documents in YAML) is read over for this question alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from verifier.inputs.snapshot.parts import SNAPSHOT
from verifier.inputs.text.files import OUTPUTS, SUFFIXES, Files, TemplateOfAnotherTool
from verifier.inputs.text.key_places import may_make_keys
from verifier.inputs.text.nodes import Members, Node, Scalar, nodes_in
from verifier.syntax.diagnostic import InputError

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
