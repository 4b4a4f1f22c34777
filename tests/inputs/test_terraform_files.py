"""The `.tf` files beside a plan: expressions are evaluated, places are lines of the files, and nothing is supposed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, new_role, plan, refers, write
from tests.inputs.test_terraform_documents import aws, data, statement
from tests.inputs.test_terraform_iam import role_policy
from tests.inputs.test_terraform_plan import PARTNER_ROLE, existing, key_policy, only_key
from verifier.inputs import load_estate
from verifier.inputs.terraform import hcl_tree
from verifier.inputs.terraform.hcl_calls import OF_ONE, OF_SEVERAL
from verifier.inputs.terraform.hcl_evaluator import Evaluator
from verifier.inputs.terraform.hcl_kinds import is_null
from verifier.inputs.terraform.hcl_tree import heredoc_parts, parse_expression, references, unescaped
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.estate import Estate, Key
from verifier.syntax.source import Source

APP = f"arn:aws:iam::{ACCOUNT}:role/app"
ROLE = 'resource "aws_iam_role" "app" {\n  name               = "app"\n  assume_role_policy = "{}"\n}\n'

LOCALS = """\
locals {
  admins = [aws_iam_role.app.arn, var.partner]
  named  = { app = aws_iam_role.app.arn }
  prefix = "arn:aws:iam::${data.aws_caller_identity.current.account_id}"
}
"""
KNOWN = """\
jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = ["arn:aws:iam::111122223333:root"] }, Action = "kms:*", Resource = ["*"] },
    ]
  })"""  # noqa: E501
INLINE = """\
resource "aws_iam_role_policy" "inline" {
  role   = aws_iam_role.app.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }]
  })
}
"""


def load(folder: Path, data: Json, **files: str) -> Estate:
    """The estate of a plan with `.tf` files beside it; `modules__key__main` is modules/key/main.tf."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".tf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_estate([write(folder, data)])


def principals(key: Key) -> list[tuple[list[str], bool]]:
    """For each statement of the key policy its principals, and whether it is in doubt."""
    assert key.policies is not None, key.unread
    return [([p.value for p in s.principals or ()], s.only_if is not None) for s in key.policies[0].statements]


def at(thing: Any) -> str:
    """The place of something, without the folder."""
    return str(thing.span).rsplit("/", 1)[1]


def key(policy: str, name: str = "k") -> str:
    """A key block whose policy is an expression."""
    return f'resource "aws_kms_key" "{name}" {{\n  description = "{name}"\n  policy = {policy}\n}}\n'


def a_statement(principal: str) -> str:
    """A statement as HCL."""
    return (
        f'{{ Sid = "S", Effect = "Allow", Principal = {{ AWS = {principal} }}, Action = "kms:Decrypt", Resource = '
        '"*" }'
    )


def recovered(folder: Path, principal: str, *names: str, more: str = "", **plan_: Any) -> list[tuple[list[str], bool]]:
    """The principals of a key whose policy is `jsonencode` of a statement with this principal, and refers to these
    names."""
    text = ROLE + more + key(f'jsonencode({{ Version = "2012-10-17", Statement = [{a_statement(principal)}] }})')
    resources = plan_.pop("resources", ())
    return principals(
        only_key(
            load(
                folder,
                plan(caller_identity(), new_key("k", refers(*names)), new_role("app"), *resources, **plan_),
                main=text,
            )
        )
    )


# -- what is recovered --


@pytest.mark.parametrize(
    ("principal", "names", "found"),
    [
        ("aws_iam_role.app.arn", ("aws_iam_role.app.arn",), [APP]),
        ('"${aws_iam_role.app.arn}"', ("aws_iam_role.app.arn",), [APP]),
        ('"${local.prefix}:role/${aws_iam_role.app.name}"', ("local.prefix", "aws_iam_role.app.name"), [APP]),
        ("[aws_iam_role.app.arn, var.partner]", ("aws_iam_role.app.arn", "var.partner"), [APP, PARTNER_ROLE]),
        ("concat([aws_iam_role.app.arn], [var.partner])", ("aws_iam_role.app.arn", "var.partner"), [APP, PARTNER_ROLE]),
        ("compact([aws_iam_role.app.arn, null, \"\"])", ("aws_iam_role.app.arn",), [APP]),
        ("toset([aws_iam_role.app.arn])", ("aws_iam_role.app.arn",), [APP]),
        ("[for r in [aws_iam_role.app.arn, var.partner] : r]", ("aws_iam_role.app.arn", "var.partner"),
            [APP, PARTNER_ROLE]),
        ('[for r in [aws_iam_role.app.arn, var.partner] : r if r != var.partner]',
            ("aws_iam_role.app.arn", "var.partner"), [APP]),
        ('var.partner == "x" ? "*" : aws_iam_role.app.arn', ("var.partner", "aws_iam_role.app.arn"), [APP]),
        ('!(var.partner == "x") && true ? aws_iam_role.app.arn : "*"', ("var.partner", "aws_iam_role.app.arn"), [APP]),
        ('var.nothing == null ? aws_iam_role.app.arn : "*"', ("var.nothing", "aws_iam_role.app.arn"), [APP]),
        ('join(":", ["arn:aws:iam:", "111122223333", "role/${aws_iam_role.app.name}"])', ("aws_iam_role.app.name",),
            [APP]),
        ('format("arn:aws:iam::%s:role/%s", "111122223333", aws_iam_role.app.name)', ("aws_iam_role.app.name",), [APP]),
        ("local.admins", ("local.admins",), [APP, PARTNER_ROLE]),
        ("local.admins[0]", ("local.admins",), [APP]),
        ("local.named.app", ("local.named",), [APP]),
        ('local.named["app"]', ("local.named",), [APP]),
        ("merge(local.named, { other = 1 }).app", ("local.named",), [APP]),
        ('jsondecode(jsonencode({ a = aws_iam_role.app.arn })).a', ("aws_iam_role.app.arn",), [APP]),
        ("(aws_iam_role.app.arn)", ("aws_iam_role.app.arn",), [APP]),
    ],
)  # fmt: skip
def test_expressions(tmp_path: Path, principal: str, names: tuple[str, ...], found: list[str]) -> None:
    more = LOCALS
    variables = {"partner": PARTNER_ROLE, "nothing": None}
    if principal.startswith(("merge", "jsondecode")):
        found_, doubt = recovered(tmp_path, principal, *names, more=more, variables=variables)[0]
        assert (found_, doubt) in ((found, False), (["*"], True))  # a member of a function's value need not be found
        return
    assert recovered(tmp_path, principal, *names, more=more, variables=variables) == [(found, False)]


@pytest.mark.parametrize(
    ("principal", "names", "says"),
    [
        ('replace(aws_iam_role.app.arn, "/a/", "b")', ("aws_iam_role.app.arn",), "aws_iam_role.app.arn"),
        ("aws_iam_role.gone.arn", ("aws_iam_role.gone.arn",), "aws_iam_role.gone.arn"),
        ("local.gone", ("local.gone",), "local.gone"),
        ("local.round", ("local.round",), "local.round"),
        ("[for r in local.gone : r]", ("local.gone",), "local.gone"),
        ('local.gone == "x" ? "*" : "111122223333"', ("local.gone",), "local.gone"),
        ('"%{ if true }x%{ endif }${aws_iam_role.app.arn}"', ("aws_iam_role.app.arn",), "aws_iam_role.app.arn"),
        ("aws_iam_role.app[*].arn", ("aws_iam_role.app",), None),
    ],
)
def test_u3_what_is_not_evaluated_is_in_doubt(
    tmp_path: Path, principal: str, names: tuple[str, ...], says: str | None
) -> None:
    found = recovered(tmp_path, principal, *names, more="locals {\n  round = local.round\n}\n")
    assert found == ([(["*"], True)] if says is not None else [([APP], False)])


def test_a_function_of_a_document_is_not_the_document(tmp_path: Path) -> None:
    text = (
        ROLE + key('replace(data.aws_iam_policy_document.d.json, "a", "b")') + document_block("[aws_iam_role.app.arn]")
    )
    resources = [
        caller_identity(),
        new_key("k", refers("data.aws_iam_policy_document.d.json")),
        new_role("app"),
        document(refers("aws_iam_role.app.arn")),
    ]
    assert only_key(load(tmp_path, plan(*resources), main=text)).policies is None


def test_a_heredoc(tmp_path: Path) -> None:
    policy = ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ' '"${aws_iam_role.app.arn}"}, "Action": "kms:*", "Resource": "*", "Condition": {"StringLike": ' '{"aws:username": "$${aws:username}"}}}]}')  # fmt: skip  # noqa: E501
    text = ROLE + key(f"<<-EOT\n    {policy}\n  EOT")
    found = only_key(
        load(
            tmp_path, plan(caller_identity(), new_key("k", refers("aws_iam_role.app.arn")), new_role("app")), main=text
        )
    )
    assert principals(found) == [([APP], False)]
    assert (
        found.policies is not None
        and found.policies[0].statements[0].conditions[0].values[0].value == "${aws:username}"
    )


def document(*identifiers: Json) -> Planned:
    """A data source that is read during apply, one statement for each expression of principals."""
    blocks = [statement(sid=f"S{n}", principals=aws(None)) for n in range(len(identifiers))]
    flags: list[Json] = [{"principals": [{"identifiers": [True]}]} for _ in identifiers]
    expressions: list[Json] = [
        {"sid": constant(f"S{n}"), "principals": [{"type": constant("AWS"), "identifiers": i}]}
        for n, i in enumerate(identifiers)
    ]
    return data(blocks, flags, expressions)


def document_block(*identifiers: str) -> str:
    """The same as HCL."""
    statements = "".join(
        f'  statement {{\n    sid = "S{n}"\n    actions = ["kms:Decrypt"]\n    resources = ["*"]\n    principals {{\n'
        f'      type        = "AWS"\n      identifiers = {who}\n    }}\n  }}\n'
        for n, who in enumerate(identifiers)
    )
    return f'data "aws_iam_policy_document" "d" {{\n{statements}}}\n'


def test_a_data_source(tmp_path: Path) -> None:
    text = (
        document_block("[aws_iam_role.app.arn]", '["${aws_iam_role.app.arn}/x"]')
        + ROLE
        + key("data.aws_iam_policy_document.d.json")
    )
    resources = [caller_identity(), new_key("k", refers("data.aws_iam_policy_document.d.json")), new_role("app")]
    found = only_key(
        load(tmp_path, plan(*resources, document(refers("aws_iam_role.app.arn"), refers("local.gone"))), main=text)
    )
    assert principals(found) == [([APP], False), (["*"], True)]
    assert found.policies is not None
    assert [at(s) for s in found.policies[0].statements] == ["main.tf:2:3", "main.tf:11:3"]
    assert [at(p) for p in found.policies[0].statements[0].principals or ()] == ["main.tf:8:22"]
    assert at(found) == "main.tf:25:1"
    assert found.supposed[1:] == ("the .tf files beside the plan are those that it was made from",)


def test_modules_keys_and_values(tmp_path: Path) -> None:
    child = (
        'variable "readers" {}\n'
        + key(f"jsonencode({{ Statement = {a_statement('var.readers')} }})", "this")
        + 'output "x" { value = aws_kms_key.this.arn }\n'
    )
    root = ROLE + (
        'module "key" {\n  source  = "./modules/key"\n  for_each = { a = aws_iam_role.app.arn }\n  readers = '
        "[each.value]\n}\n"
    )
    inner = new_key("this", refers("var.readers"), module='module.key["a"]')
    modules = {
        "key": {
            "source": "./modules/key",
            "expressions": {"readers": {"references": ["each.value"]}},
            "module": {"variables": {"readers": {}}},
        }
    }
    found = only_key(
        load(
            tmp_path,
            plan(caller_identity(), inner, new_role("app"), modules=modules),
            main=root,
            modules__key__main=child,
        )
    )
    assert (
        principals(found) == [([APP], False)]
        and at(found) == "main.tf:2:1"
        and "modules/key/main.tf" in str(found.span)
    )
    root = root.replace("  for_each = { a = aws_iam_role.app.arn }\n", "").replace("each.value", "aws_iam_role.app.arn")
    inner = new_key("this", refers("var.readers"), module="module.key")
    modules["key"]["expressions"] = {"readers": refers("aws_iam_role.app.arn")}
    found = only_key(load(tmp_path, plan(caller_identity(), inner, new_role("app"), modules=modules), main=root))
    assert principals(found) == [([APP], False)]


def test_each_value_and_count(tmp_path: Path) -> None:
    expression = f"jsonencode({{ Statement = {a_statement('each.value.arn')} }})"
    text = ROLE + key(expression).replace(
        "description", "for_each = { a = { arn = aws_iam_role.app.arn } }\n  description"
    )
    made = new_key("k", {"references": ["each.value.arn", "each.value"]}, index="a")
    assert principals(only_key(load(tmp_path, plan(caller_identity(), made, new_role("app")), main=text))) == [
        ([APP], False)
    ]
    text = ROLE.replace("{\n", "{\n  count = 2\n", 1) + key(
        f"jsonencode({{ Statement = {a_statement('aws_iam_role.app[count.index].arn')} }})"
    ).replace("description", "count = 2\n  description")
    roles = [new_role("app", index=n, after={"name": f"app{n}"}) for n in (0, 1)]
    keys = [new_key("k", {"references": ["aws_iam_role.app", "count.index"]}, index=n) for n in (0, 1)]
    estate = load(tmp_path, plan(caller_identity(), *keys, *roles), main=text)
    assert [principals(found) for found in estate.keys] == [[([f"{APP}{n}"], False)] for n in (0, 1)]


# -- places --


def test_a_known_policy_that_is_written_so_has_its_places_there(tmp_path: Path) -> None:
    written = KNOWN
    found = only_key(load(tmp_path, plan(caller_identity(), existing(new_key("k", key_policy()))), main=key(written)))
    assert found.policies is not None and at(found.policies[0].statements[0]) == "main.tf:6:7"
    other = key(written.replace("kms:*", "kms:Decrypt"))
    found = only_key(load(tmp_path, plan(caller_identity(), existing(new_key("k", key_policy()))), main=other))
    assert found.policies is not None and at(found.policies[0].statements[0]).startswith(
        "plan.json#aws_kms_key.k.policy:"
    )
    assert [a.value for a in found.policies[0].statements[0].actions or ()] == ["kms:*"]


def test_an_iam_policy_has_its_places_too(tmp_path: Path) -> None:
    one = role_policy("app")
    text = ROLE + INLINE
    estate = load(tmp_path, plan(caller_identity(), new_key("k"), new_role("app"), one), main=text)
    (role,) = estate.accounts[0].roles
    assert at(role) == "main.tf:1:1" and at(role.policies[0].statements[0]) == "main.tf:9:18"


def test_an_error_is_at_its_line(tmp_path: Path) -> None:
    from verifier.syntax.diagnostic import InputError

    text = ROLE + key(f"jsonencode({{ Statement = {a_statement('aws_iam_role.app.arn').replace('Sid', 'Sit')} }})")
    with pytest.raises(InputError) as caught:
        load(
            tmp_path, plan(caller_identity(), new_key("k", refers("aws_iam_role.app.arn")), new_role("app")), main=text
        )
    (error,) = caught.value.diagnostics
    assert error.rule == "L4" and at(error).startswith("main.tf:7:") and "Sit" in (error.line_text or "")


# -- files that do not go with the plan --


def test_files_that_refer_to_other_things_do_not_count(tmp_path: Path) -> None:
    """The plan says that the policy is made from a document; the file has been edited since."""
    text = ROLE + key(f"jsonencode({{ Statement = {a_statement('aws_iam_role.app.arn')} }})")
    found = only_key(
        load(tmp_path, plan(caller_identity(), new_key("k", refers("local.policy")), new_role("app")), main=text)
    )
    assert found.policies is None and len(found.supposed) == 1


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    estate = load(tmp_path, plan(caller_identity(), new_key("k")), main='resource "a" {')
    assert [w.message for w in estate.warnings] == [
        "python-hcl2 cannot read this file, so places in it are told by address"
    ]
    assert at(only_key(estate)).endswith("plan.json#aws_kms_key.k")
    for text in ("", "x = " + "[" * 3000 + "]" * 3000, "\x00", "a" * 2_000_000):
        assert only_key(load(tmp_path, plan(caller_identity(), new_key("k")), main=text))


def test_modules_outside_are_not_read(tmp_path: Path) -> None:
    inside = tmp_path / "root"
    inside.mkdir()
    inner = new_key("this", refers("aws_iam_role.x.arn"), module="module.key")
    modules = {"key": {"source": "../outside", "expressions": {}, "module": {}}}
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "main.tf").write_text(key("x", "this"), encoding="utf-8")
    found = only_key(load(inside, plan(caller_identity(), inner, modules=modules), main="\n"))
    assert "#module.key.aws_kms_key.this" in str(found.span)
    (tmp_path / ".git").mkdir()
    assert "outside/main.tf" in str(
        only_key(load(inside, plan(caller_identity(), inner, modules=modules), main="\n")).span
    )


def test_every_file_read_is_listed(tmp_path: Path) -> None:
    estate = load(tmp_path, plan(caller_identity(), new_key("k")), main=key('"x"'), other="\n")
    assert [Path(name).name for name, _ in estate.inputs] == ["plan.json", "main.tf", "other.tf"]


# -- what nobody writes --


def doubled(form: str, count: int = 60) -> str:
    """Local values, each of which has the one before twice."""
    lines = "".join(f"  a{n} = {form.format(f'local.a{n - 1}')}\n" for n in range(1, count))
    return f'locals {{\n  a0 = "x"\n{lines}}}\n'


NESTED = "[for a in local.many : [for b in local.many : [for c in local.many : [for d in local.many : d]]]]"
MANY = f"locals {{\n  many = [{', '.join(str(n) for n in range(100))}]\n}}\n"


@pytest.mark.parametrize(
    ("more", "principal"),
    [
        (doubled('"${{{0}}}${{{0}}}"'), "local.a59"),
        (doubled("[{0}, {0}]"), "local.a59"),
        (doubled("{{ a = {0}, b = {0} }}"), "local.a59"),
        (doubled("concat([{0}], [{0}])"), "local.a59"),
        (doubled('join("-", [for i in [1, 2] : {0}])'), "local.a59"),
        (MANY, NESTED),
    ],
)
def test_u3_what_grows_beyond_bounds_is_not_known(tmp_path: Path, more: str, principal: str) -> None:
    """It ends, and the policy is not known, or a statement of it."""
    text = more + key(f'jsonencode({{ Version = "2012-10-17", Statement = [{a_statement(principal)}] }})')
    name = principal if principal.startswith("local") else "local.many"
    found = only_key(load(tmp_path, plan(caller_identity(), new_key("k", refers(name))), main=text))
    assert found.policies is None or [statement.only_if is not None for statement in found.policies[0].statements] == [
        True
    ]


def test_local_values_are_evaluated_once(tmp_path: Path) -> None:
    """So a long chain of them is no work: each of 17 asks for the one before twice."""
    more = (
        doubled('{0} == {0} ? "x" : "y"', 17)
        + 'locals {\n  principal = local.a16 == "x" ? aws_iam_role.app.arn : null\n}\n'
    )
    assert recovered(tmp_path, "local.principal", "local.principal", more=more) == [([APP], False)]


def documents(count: int) -> list[Planned]:
    """Documents, each of which has the statements of the one before twice."""
    found = [data([statement(principals=aws(APP))], [{}], [{}], "d0")]
    for number in range(1, count):
        before = refers(f"data.aws_iam_policy_document.d{number - 1}.json")
        document = data([], [], [], f"d{number}", source_policy_documents=[None], override_policy_documents=[None])
        document.unknown |= {"source_policy_documents": [True], "override_policy_documents": [True]}
        document.expressions |= {"source_policy_documents": before, "override_policy_documents": before}
        found.append(document)
    return found


def test_documents_that_have_each_other_twice(tmp_path: Path) -> None:
    """As many statements as a policy can have are read; 2 to the 29 are not known."""
    for count in (4, 30):
        last = refers(f"data.aws_iam_policy_document.d{count - 1}.json")
        found = only_key(load(tmp_path, plan(caller_identity(), new_key("k", last), *documents(count))))
        assert (
            found.policies is None
            if count == 30
            else found.policies is not None and len(found.policies[0].statements) == 8
        )


# -- the language --


def value_of(text: str, **known: str) -> Node | None:
    """The value of an expression; `known` are variables around it that stand for texts, `x` and `y` are not known."""
    source = Source("x.tf", f"x = {text}\n")
    tree = parse_expression(text)
    assert tree is not None

    bound: dict[str, Node] = {name: Scalar(source, 0, 0, text, "string") for name, text in known.items()}
    bound |= {name: UnknownNode(Node(source, 0, 0), [name]) for name in ("x", "y")}
    return Evaluator(
        source, lambda name, depth: UnknownNode(Node(source, 0, 0), [name]), "x", lambda steps, depth: True, bound
    ).value(tree)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\nb\\"\\u00e9$${x}%%{y}"', 'a\nb"é${x}%{y}'),
        ("5", "5"),
        ("true", "true"),
        ("null", None),
        ('{ a = 1, "b" : 2, (c) = 3 }', {"a": "1", "b": "2", "key": "3"}),
        ("[1, [2]]", ["1", ["2"]]),
        ('[for i, v in ["a", "b"] : "${i}${v}"]', ["0a", "1b"]),
        ("c == c", "true"),
        ("1 + 1", "?"),
        ("length([1, 2]) > 1", "true"),
        ("length({ a = 1 }) >= 2", "false"),
        ("length([x])", "1"),
        ("element([c, 2], 0)", "key"),
        ("element([c, 2], 3)", "2"),
        ("element([], 0)", "?"),
        ("element([c], -1)", "?"),
        ("element([c], x)", "?"),
        ("element(x, 0)", "?"),
        ("element([c], null)", "?"),
        ('element(toset(["a"]), 0)', "?"),
        ("length(c)", "3"),
        ('length("")', "0"),
        ('length("é")', "?"),
        ('length("${c}${x}")', "?"),
        ("length(x)", "?"),
        ('jsonencode([c, "a\\"b\\\\"])', '["key","a\\"b\\\\"]'),
        ("jsonencode([])", "[]"),
        ("jsonencode(c)", '"key"'),
        ('jsonencode(["<"])', "?"),
        ('jsonencode(["é"])', "?"),
        ("jsonencode([c, 1])", "?"),
        ("jsonencode([c, x])", "?"),
        ("jsonencode([c, jsonencode({ a = 1 })])", "?"),
        ("jsonencode(1)", "?"),
        ("jsonencode(null)", "?"),
        ("1 < 2", "true"),
        ("2 <= 1", "false"),
        ("x > 1", "?"),
        ('coalesce(null, "", c)', "key"),
        ("coalesce(c, x)", "key"),
        ("coalesce(x, c)", "?"),
        ("coalesce(null)", "?"),
        ("coalesce([c])", "?"),
        ("coalescelist(x, [c])", "?"),
        ("try(c, x)", "key"),
        ("try(null, c)", None),
        ("try(x, c)", "?"),
        ("try(lower(c), c)", "?"),
        ('lookup({ a = c }, "a")', "key"),
        ('lookup({ a = c }, "b", c)', "key"),
        ('lookup({ a = c }, "b", null)', None),
        ('lookup(true ? { a = {} } : {}, "b", { key = c }).key', "?"),
        ('lookup({ a = c }, "b")', "?"),
        ("one([c])", "key"),
        ("one([])", None),
        ("one([c, c])", "?"),
        ("one([x])", "?"),
        ("flatten([[c], [[1], 2]])", ["key", "1", "2"]),
        ("flatten(x)", "?"),
        ("distinct([c, 1, c])", ["key", "1", "key"]),
        ("distinct(c)", "?"),
        ("keys({ b = 1, a = 2 })", ["a", "b"]),
        ("values({ b = 1, a = 2 })", ["2", "1"]),
        ("keys(x)", "?"),
        ("title(c)", "?"),
        ("lower(x)", "?"),
        ("lower(null)", "?"),
        ('lower("\u00c9")', "?"),
        ('basename("a/")', "?"),
        ('replace(c, "", "-")', "?"),
        ('replace(c, "/k/", "-")', "?"),
        ('split("", c)', "?"),
        ('startswith(c, "k")', "true"),
        ('startswith(c, "e")', "false"),
        ('endswith(c, "y")', "true"),
        ('endswith(c, "e")', "false"),
        ("{ for k in [1] : k => k... }", "?"),
        ("x.y[z]", "?"),
        ("-1", "?"),
        ("concat([c]...)", "?"),
        ('format("%d", c)', "?"),
    ],
)
def test_values(text: str, value: Any) -> None:
    def plain(node: Node | None) -> Any:
        if isinstance(node, Members):
            return {key.text: plain(inner) for key, inner in node.pairs}
        if isinstance(node, Items):
            return [plain(item) for item in node.items]
        return (
            "?"
            if isinstance(node, UnknownNode)
            else None
            if node is None or is_null(node)
            else getattr(node, "text", None)
        )

    assert plain(value_of(text, c="key")) == value


def test_texts() -> None:
    assert heredoc_parts("<<EOT\na${b}c\n$${d}\nEOT\n") == [
        ("a", ""),
        ("b", "$"),
        ("c\n", ""),
        ("${", ""),
        ("d}\n", ""),
    ]
    assert heredoc_parts("<<-EOT\n    a\n      b\n  EOT\n") == [("a\n  b\n", "")]
    assert heredoc_parts("<<EOT\n %{~ if x ~} \n a\nEOT\n") == [("", ""), (" if x ", "%"), (" a\n", "")]
    assert heredoc_parts("<<-EOT\n%{ if x }\nEOT\n") is None and heredoc_parts("<<EOT\n${x\nEOT\n") is None
    assert unescaped("a\\tb\\\\", "STRING_CHARS") == "a\tb\\" and unescaped("$${", "ESCAPED_INTERPOLATION") == "${"


def test_references_of_an_expression() -> None:
    tree = parse_expression(
        'jsonencode({ a = var.x, (local.k) = [for r in aws_x.y : r.arn], "c" = "${data.t.n.json}", d = '
        "aws_x.z[each.key].arn })"
    )
    assert tree is not None
    assert sorted(references(tree)) == ["aws_x.y", "aws_x.z", "data.t.n.json", "each.key", "local.k", "var.x"]


def test_references_of_an_expression_in_many_parentheses(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = parse_expression("(" * 2000 + "aws_x.y[local.k].z" + ")" * 2000)
    parts_of = Mock(side_effect=hcl_tree.tree_parts)
    monkeypatch.setattr(hcl_tree, "tree_parts", parts_of)
    assert references(tree) == ["aws_x.y", "local.k"]
    assert parts_of.call_count < 20_000


def test_of_what_may_fail_no_part_is_known() -> None:
    found = value_of('try("a-${x}", c)', c="key")
    assert isinstance(found, UnknownNode) and not found.is_text
    assert getattr(value_of("try(c, x)", c="key"), "text", None) == "key"


@pytest.mark.parametrize("name", sorted(OF_ONE | OF_SEVERAL))
@pytest.mark.parametrize("given", ["", "x", "null", "1, 2, 3, 4", "[null], {}", "{}, [null]"])
def test_a_function_with_arguments_that_do_not_fit_ends_no_run(name: str, given: str) -> None:
    assert value_of(f"{name}({given})")
