"""What is evaluated of `.tf` files, held against the real Terraform: random expressions, some parts of which the
evaluator is not told, and random folders with variables, a module and override files. `tools/terraform_agreement.py`
asks about many more."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from tests.inputs.console import FAILED, needs_terraform, real_values
from tests.inputs.hcl_agreement import expressions, folders
from tests.inputs.hcl_expressions import KNOWN
from tests.inputs.hcl_laws import our_value, stands_for, tells
from verifier.inputs.terraform.hcl_calls import OF_ONE, OF_SEVERAL
from verifier.inputs.terraform.hcl_evaluator import FORMS

SEED, EXPRESSIONS, FOLDERS = 14, 600, 3


@needs_terraform
def test_expressions() -> None:
    counts: Counter[str] = Counter()
    assert list(expressions(SEED, EXPRESSIONS, counts)) == []
    assert counts["all"] > EXPRESSIONS / 5 and counts["part"] > EXPRESSIONS / 30 and counts["fails"] > EXPRESSIONS / 30


@needs_terraform
def test_folders() -> None:
    counts: Counter[str] = Counter()
    assert list(folders(SEED, FOLDERS, counts)) == []
    assert counts["all"] > 30 * FOLDERS


EXACT = {
    "basename": '[basename("a/b-1"), basename("b")]',
    "lower": '[lower("A-b_C1"), lower("")]',
    "replace": '[replace("https://a/b/", "https://", ""), replace("a/b", "/", "+"), replace("aaa", "aa", "b")]',
    "split": '[split("/", "a//b"), split("::", "a"), split(",", "")]',
    "trimprefix": '[trimprefix("aab", "a"), trimprefix("ab", ""), trimprefix("ab", "b")]',
    "trimspace": '[trimspace(" a b \\n\\t"), trimspace("")]',
    "trimsuffix": '[trimsuffix("abb", "b"), trimsuffix(true, "e")]',
    "upper": 'upper("a-B_c1")',
    "coalesce": 'coalesce(null, "", "a")',
    "compact": 'compact(["a", "", null, 1])',
    "concat": 'concat(["a"], local.list, [true])',
    "contains": (
        '[contains(["a", "b"], "b"), contains(local.set, "z"), contains([1, true], "1"), contains([1, true], true), '
        'contains([], "a"), contains(toset(["a"]), "a"), contains(["a", null], "a"), contains(["1", "2"], 1), '
        "contains(tolist([1, 2]), 2)]"
    ),
    "distinct": 'distinct(["b", "a", "b"])',
    "element": '[element(["a", "b"], 3), element(local.tuple, 1)]',
    "flatten": 'flatten([["a", [true]], local.set, 1])',
    "format": 'format("%s-%s-%s", "a", 1.50, true)',
    "formatlist": (
        '[formatlist("a-%s", ["x", 1]), formatlist("%s-%s-%s", local.set, "y", ["1", true]), formatlist("a-%s", [])]'
    ),
    "join": 'join("-", [1, "a", true])',
    "jsondecode": """jsondecode("{\\"b\\": [1, \\"\\\\u00e9\\", null, true, -5, 0], \\"a\\": {}, \\"c\\": []}")""",
    "jsonencode": 'jsonencode({ b = local.set, a = "<&>" })',
    "keys": "keys(local.object)",
    "length": "length(local.set)",
    "lookup": 'lookup(local.object, "z", "d")',
    "merge": "merge(local.object, null, { a = 2 })",
    "sensitive": 'sensitive("a")',
    "tolist": "tolist(local.set)",
    "toset": 'toset(["b", "a", "b"])',
    "tostring": "[tostring(1.50), tostring(true), tostring(null)]",
    "try": 'try({ a = 1 }.z, "d")',
    "values": "values(local.object)",
    "yamldecode": """yamldecode("a: [b-1, \\"yes\\", 444455556666, true, ~]\\nc: &x\\n  d: |\\n    e\\nf: *x\\n")""",
    "string": '"a${1.50}$${x}%%{y}\\u00e9"',
    "heredoc_template": "<<EOT\n  a ${local.word}\n \n  $${x}\nEOT",
    "heredoc_template_trim": "<<-EOT\n    a\n \n      b\n  EOT",
    "int_lit": "0012",
    "float_lit": "1.50",
    "literal_value": "[null, true, false]",
    "tuple": '[1, "a", [null]]',
    "object": '{ "a" = 1, (local.word) = 2, 3 = "x", true = false }',
    "for_tuple_expr": (
        '[[for k, v in local.set : k], [for k, v in ["a"] : k], [for k, v in local.object : k if v != "x"]]'
    ),
    "for_object_expr": (
        "[{ for k, v in local.object : k => v }, { for s in local.set : s => [s] }, { for n, x in [1] : n => x if "
        "x > 0 }]"
    ),
    "identifier": "[for x in [1] : x]",
    "get_attr_expr_term": "[local.object.a, { a = 1 }.a]",
    "index_expr_term": '[local.tuple[1], local.tuple["0"], local.object["a"], { 1 = "x" }[1]]',
    "attr_splat_expr_term": '[[{ a = { b = 1 } }, { a = { b = "c" } }].*.a.b, [].*.a, local.tuple.*]',
    "full_splat_expr_term": '[[{ a = 1 }, { a = "b" }][*].a, local.list[*], [for x in [[{ a = 2 }]] : x[*].a]]',
    "conditional": (
        '[true ? 1 : 2, "true" ? "a" : null, false ? null : ["b"], true ? toset(["b", "a"]) : toset([]), '
        'false ? toset(["a"]) : toset([]), true ? toset([]) : local.set]'
    ),
    "binary_op": (
        '[1 == "1", "1" == 1, null == "", 10 > 9, "10" <= 9, true && false, true || !true, 1.0 == 1, "a" != "b"]'
    ),
    "unary_op": '[!true, !"false"]',
    "function_call": '[length([]), length("ab c"), jsonencode(["a", "b\\"c"]), jsonencode("a")]',
}
"""An expression of each kind that is evaluated, of which everything is known."""
ELSEWHERE = {
    **dict.fromkeys(("endswith", "one", "startswith"), "newer than this Terraform"),
    "nonsensitive": "fails in it of what is not sensitive",
}
"""What tests/inputs/test_terraform_language.py and test_terraform_files.py have cases of."""


SCALARS = """
a y n yes No ON off TRUE True true FALSE null Null NULL ~ nan inf + - = . 0 -0 00 012 0o14 0b11 0x1F
1_000 1. .5 1.5 1e3 12e03 1.5e-3 -7 +7 444455556666 012345678901 999999999999999 1234567890123456 1:30 12:30:45
2012-10-17 2012-10-17T00:00:00Z 10.0.0.0/16 eu-west-1 arn:aws:iam::111122223333:root alias/a *.b a#b a:b 1234abcd 1e 0x
e3 'yes' "012" "\\u0041" 'it''s' [a,b] {a: 1} @a %a `a` a,b a[0] |a >a "" '' a! !a !!str 1 <<
"""


@needs_terraform
def test_yaml_is_what_terraform_takes_it_for(tmp_path: Path) -> None:
    texts = [f"a: {scalar}\nb: [{scalar}]\n" for scalar in SCALARS.split()]
    texts += [
        "a: 1\na: 2\n",
        "1: a\n",
        "yes: a\n",
        "{a: 1, b}",
        "- a\n- b: c\n  d: e\n",
        "a: >-\n  b\n\n  c\nd: |+\n  e\n\n",
    ]
    texts += [
        "a: &x [1]\nb: *x\n",
        "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
        "",
        "a",
        "--- a\n",
        "--- a\n--- b\n",
        "a: b\n\tc: d\n",
    ]
    expressions = [f"yamldecode({json.dumps(text)})" for text in texts]
    found = [our_value(text, KNOWN) for text in expressions]
    real = real_values(tmp_path, expressions, KNOWN)
    wrong = [
        text
        for text, ours, value in zip(texts, found, real, strict=True)
        if tells(ours) == "all" and (value is FAILED or not stands_for(ours, value))
    ]
    assert wrong == []
    assert sum(tells(ours) == "all" for ours in found) > len(texts) / 4


@needs_terraform
def test_each_operation_and_function_is_evaluated(tmp_path: Path) -> None:
    assert EXACT.keys() | ELSEWHERE.keys() == {*FORMS, *OF_ONE, *OF_SEVERAL, "try"}
    found = [our_value(f"({text}\n)", KNOWN) for text in EXACT.values()]
    real = real_values(tmp_path, [f"({text}\n)" for text in EXACT.values()], KNOWN)
    for name, ours, value in zip(EXACT, found, real, strict=True):
        assert value is not FAILED and tells(ours) == "all" and stands_for(ours, value), name


def test_the_table_has_the_law_of_each() -> None:
    """docs/terraform.md: of each function what its docstring says."""
    page = (Path(__file__).parents[2] / "docs" / "terraform.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page.split("| function | its law |")[1], re.MULTILINE))
    laws = {name: function.__doc__ for name, function in (OF_ONE | OF_SEVERAL).items()}
    assert {name: table.get(name) for name in laws} == {
        name: " ".join((law or "").split()) for name, law in laws.items()
    }
    assert {*table} == {*laws, "try"}
