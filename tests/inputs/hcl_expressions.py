"""Random expressions of HCL, most of which Terraform takes.

In: a random source. Out: texts. The words are few, so that values coincide; the operations are those that the evaluator
knows and some that it does not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random

TEXTS = (
    "",
    "a",
    "b",
    "arn:aws:iam::111122223333:role/app",
    "5",
    "05",
    "1.50",
    "true",
    "false",
    "1",
    "é",
    "<&>",
    "A b",
    "x-y",
    "kms:*",
    "null",
)
WRITTEN = (
    '"$${a"',
    '"a$${${local.word}}"',
    '"$$$${x}"',
    '"$$"',
    '"%%%"',
    '"$ %"',
    '"\\U0001F600"',
    '"e\\u0301"',
    '"\\t\\\\"',
    '"$${a\\n}"',
    '"%%{ if }"',
    '"$${x}${local.word}%%{y}"',
    '"\u1e9b\u0323"',
)
"""Texts as they are written."""
NUMBERS = ("0", "1", "5", "05", "1.50", "2", "10", "1e3", "111122223333", "0.10")
NAMES = ("a", "b", "c", "Sid")
KNOWN = {
    "text": '"arn:aws:iam::111122223333:role/app"',
    "word": '"a"',
    "number": "5",
    "truth": "true",
    "nothing": "null",
    "tuple": '["b", "a", "b"]',
    "mixed": '[1, "a", null, true]',
    "list": 'tolist(["b", "a", ""])',
    "set": 'toset(["b", "a", "b"])',
    "numbers": "toset([10, 9])",
    "object": '{ b = 1, a = "x", c = ["y"] }',
    "map": 'tomap({ a = "1", b = "2" })',
    "nested": '[["a"], [], [["b", "a"]]]',
    "objects": '[{ a = "x", b = 1 }, { a = "y", b = 2 }]',
}
"""Local values that expressions refer to."""
TEMPLATES = {
    "part": '"a-${local.u1}-b"',
    "parts": '[local.u1, "a"]',
    "holder": "{ a = local.u2, b = local.u3 }",
}
"""Local values that are partly not known."""
_SHAPES = (
    "({0} {2} {1})",
    "(!{0} {2} {1})",
    "!({0} {2} {1})",
    "({0} == {1} {2} {1})",
    "(true || false && {0})",
    "({0} || {1} && !{0})",
    "({0} && {1} || {0} != {1})",
    "(1 < 2 == {0})",
    "(!{0} == {1} ? {0} : {1})",
    "({0} ? {1} : {0} ? {1} : !{0})",
)
"""Of truths, in which the operators bind in different ways."""
_OF = {
    "text": ("text", "word", "part", "u1"),
    "number": ("number", "u2"),
    "truth": ("truth", "u3"),
    "list": ("tuple", "mixed", "list", "set", "numbers", "nested", "objects", "parts", "u1"),
    "object": ("object", "map", "holder", "u2"),
}
UNTOLD = ("u1", "u2", "u3")
"""Local values that the evaluator is not told."""
KINDS = ("text", "number", "truth", "list", "object", "any")


@dataclass
class Expressions:
    """Makes expressions. `bound` are the variables of the `for` expressions around."""

    random: Random
    bound: list[str] = field(default_factory=list)

    def text(self, depth: int = 4, kind: str | None = None) -> str:
        """An expression that is probably of a kind."""
        choice = self.random.choice
        if kind is None or self.random.random() < 0.06:
            kind = choice(KINDS)
        if kind == "any":
            kind = choice(KINDS[:-1])
        if depth <= 0 or self.random.random() < 0.12:
            return self._leaf(kind)
        return choice((*_MAKERS[kind], *_ANY))(self, depth - 1, kind)

    def _leaf(self, kind: str) -> str:
        choice, roll = self.random.choice, self.random.random()
        if self.bound and roll < 0.35:
            return choice(self.bound)
        if roll < 0.4:
            return f"local.{choice(_OF[kind] if self.random.random() < 0.7 else (*KNOWN, *TEMPLATES, *UNTOLD))}"
        if kind == "text":
            return quoted(choice(TEXTS)) if roll < 0.9 else choice(WRITTEN)
        if kind == "list":
            return choice(
                (
                    "[]",
                    '["a"]',
                    '["b", "a"]',
                    "[1, 2]",
                    '[1, "a"]',
                    "local.list",
                    "local.tuple",
                    "local.set",
                    "local.nested",
                    "local.objects",
                )
            )
        if kind == "object":
            return choice(("{}", "{ a = 1 }", '{ b = "x", a = "y" }', "local.object", "local.map", "local.holder"))
        return choice({"number": NUMBERS, "truth": ("true", "false")}[kind])

    # -- of one kind --

    def _template(self, depth: int, kind: str) -> str:
        parts = [
            self.random.choice(("a", "", "-", "$${x}", "%%{y}", "\\n", "\\u00e9", "$ ", "% ", '\\"')) for _ in range(2)
        ]
        inner = f"${{{self.text(depth, self.random.choice(('text', 'text', 'number', 'truth')))}}}"
        return f'"{parts[0]}{inner}{parts[1]}"'

    def _heredoc(self, depth: int, kind: str) -> str:
        flush = self.random.choice(("", "-"))
        lines = []
        for _ in range(self.random.randrange(3)):
            indent = " " * self.random.randrange(4)
            lines.append(
                indent
                + self.random.choice(
                    ("x", "", "a ${local.word} b", "${local.number}", "$${y}", '"q"', "\\n", "${local.u1}", "\tt")
                )
                + "\n"
            )
        return f"(<<{flush}EOT\n{''.join(lines)}{' ' * self.random.randrange(3)}EOT\n)"

    def _call_text(self, depth: int, kind: str) -> str:
        return self.random.choice(
            (
                lambda: f"join({self.text(0, 'text')}, {self.text(depth, 'list')})",
                lambda: (
                    f'format("%s{self.random.choice(("", "-%s", "%%", "%d"))}", {self.text(depth, "text")}, '
                    f"{self.text(0, 'text')})"
                ),
                lambda: f'format("a-%s", {self.text(depth, "any")})',
                lambda: f"tostring({self.text(depth, self.random.choice(('text', 'number', 'truth')))})",
                lambda: f"jsonencode({self.text(depth, self.random.choice(('object', 'object', 'any')))})",
                lambda: (
                    f"{self.random.choice(('lower', 'upper', 'title', 'trimspace', 'basename'))}"
                    f"({self.text(depth, 'text')})"
                ),
                lambda: (
                    f"{self.random.choice(('trimprefix', 'trimsuffix'))}({self.text(depth, 'text')}, "
                    f"{self.text(0, 'text')})"
                ),
                lambda: f"tostring(jsondecode(jsonencode({self.text(depth, self.random.choice(('text', 'number')))})))",
                lambda: f"replace({self.text(depth, 'text')}, {self.text(0, 'text')}, {self.text(0, 'text')})",
                lambda: f"join({self.text(0, 'text')}, split({self.text(0, 'text')}, {self.text(depth, 'text')}))",
            )
        )()

    def _length(self, depth: int, kind: str) -> str:
        return f"length({self.text(depth, self.random.choice(('list', 'object', 'list', 'text')))})"

    def _arithmetic(self, depth: int, kind: str) -> str:
        return f"{self.text(0, 'number')} {self.random.choice('+-*')} {self.text(0, 'number')}"

    def _compare(self, depth: int, kind: str) -> str:
        of = self.random.choice(("text", "number", "any", "truth"))
        return (
            f"({self.text(depth, of)} {self.random.choice(('==', '!='))} "
            f"{self.text(min(depth, 1), self.random.choice((of, 'any')))})"
        )

    def _order(self, depth: int, kind: str) -> str:
        return f"({self.text(depth, 'number')} {self.random.choice(('<', '<=', '>', '>='))} {self.text(0, 'number')})"

    def _logic(self, depth: int, kind: str) -> str:
        sign = self.random.choice(("&&", "||", "\n&&", "||\n"))
        shape = self.random.choice(_SHAPES)
        return shape.format(self.text(depth, "truth"), self.text(0, "truth"), sign)

    def _tuple(self, depth: int, kind: str) -> str:
        comma = self.random.choice((", ", ", ", ",\n", ", # x\n", ", /* } */ "))
        items = (self.text(depth, self.random.choice(("text", "text", "any"))) for _ in range(self.random.randrange(4)))
        return f"[{comma.join(items)}]"

    def _for(self, depth: int, kind: str) -> str:
        name = self.random.choice(("x", "y", "each"))
        names = name if self.random.random() < 0.6 else f"k, {name}"
        source = self.text(depth, self.random.choice(("list", "list", "object")))
        inner = Expressions(self.random, [*self.bound, *names.split(", ")])
        condition = f" if {inner.text(min(depth, 2), 'truth')}" if self.random.random() < 0.4 else ""
        value = inner.text(min(depth, 2), "any")
        if kind == "object":
            key = self.random.choice((name, f'"k${{{name}}}"', inner.text(1, "text")))
            return (
                f"{{ for {names} in {source} : {key} => {value}{self.random.choice(('', '', '', '...'))}{condition} }}"
            )
        return f"[for {names} in {source} : {value}{condition}]"

    def _call_list(self, depth: int, kind: str) -> str:
        name = self.random.choice(
            (
                "concat",
                "concat",
                "flatten",
                "distinct",
                "compact",
                "tolist",
                "toset",
                "toset",
                "keys",
                "values",
                "coalescelist",
            )
        )
        if name in ("concat", "coalescelist"):
            return f"{name}({', '.join(self.text(depth, 'list') for _ in range(self.random.randrange(1, 4)))})"
        return f"{name}({self.text(depth, 'object' if name in ('keys', 'values') else 'list')})"

    def _splat(self, depth: int, kind: str) -> str:
        sign, step = self.random.choice(("[*]", "[*]", ".*")), self.random.choice((".a", ".b", ".a.b", "", ""))
        of = self.random.choice(("local.objects", "local.nested", f"({self.text(depth, 'list')})"))
        return f"{self.random.choice((of, of, self.random.choice(self.bound or [of])))}{sign}{step}"

    def _object(self, depth: int, kind: str) -> str:
        def key() -> str:
            name = self.random.choice(NAMES)
            return self.random.choice((name, f'"{name}"', f"({self.text(0, 'text')})", name))

        pairs = [
            f"{key()} {self.random.choice('=:')} {self.text(depth, 'any')}" for _ in range(self.random.randrange(3))
        ]
        shape, between = (
            self.random.choice((("{ %s }", ", "), ("{\n%s\n}", "\n"), ("{ # x\n%s,\n}", ",\n")))
            if pairs
            else ("{%s}", "")
        )
        return shape % between.join(pairs)

    def _merge(self, depth: int, kind: str) -> str:
        return f"merge({', '.join(self.text(depth, 'object') for _ in range(self.random.randrange(1, 4)))})"

    def _decode(self, depth: int, kind: str) -> str:
        return f"jsondecode(jsonencode({self.text(depth, 'object')}))"

    # -- of any --

    def _conditional(self, depth: int, kind: str) -> str:
        other = self.random.choice((kind, kind, "any"))
        branches = [
            self.text(depth, kind),
            self.random.choice(("null", self.text(depth, other), self.text(depth, other))),
        ]
        self.random.shuffle(branches)
        shape = self.random.choice(("({} ? {} : {})", "({}\n? {}\n: {})", "({} ? {}: # x\n{}\n)"))
        return shape.format(self.text(min(depth, 1), "truth"), *branches)

    def _pick(self, depth: int, kind: str) -> str:
        step = self.random.choice(("[0]", "[1]", '["a"]', ".a", ".b", "[5]", '["1"]', "[local.number]", ".0"))
        of = "list" if step.startswith("[") and not step.startswith('["a') else "object"
        return (
            f"({self.text(depth, of)}){step}"
            if self.random.random() < 0.6
            else f"local.{self.random.choice(list(KNOWN))}{step}"
        )

    def _try(self, depth: int, kind: str) -> str:
        arguments = [self.text(depth, self.random.choice((kind, "any"))) for _ in range(self.random.randrange(1, 3))]
        return f"try({', '.join([*arguments, self.text(0, kind)])})"

    def _coalesce(self, depth: int, kind: str) -> str:
        arguments = [
            self.random.choice(("null", self.text(depth, kind), self.text(0, kind)))
            for _ in range(self.random.randrange(1, 4))
        ]
        return f"coalesce({', '.join(arguments)})"

    def _lookup(self, depth: int, kind: str) -> str:
        default = self.random.choice(("", f", {self.text(0, kind)}", ", null"))
        return f"lookup({self.text(depth, 'object')}, {quoted(self.random.choice(NAMES))}{default})"

    def _wrapped(self, depth: int, kind: str) -> str:
        return self.random.choice(('"${{{0}}}"', "({0})", "sensitive({0})")).format(self.text(depth, kind))


_ANY = (
    Expressions._conditional,
    Expressions._pick,
    Expressions._try,
    Expressions._coalesce,
    Expressions._lookup,
    Expressions._wrapped,
)
_MAKERS = {
    "text": (
        Expressions._template,
        Expressions._template,
        Expressions._heredoc,
        Expressions._call_text,
        Expressions._call_text,
    ),
    "number": (Expressions._length, Expressions._arithmetic),
    "truth": (Expressions._compare, Expressions._compare, Expressions._order, Expressions._logic),
    "list": (
        Expressions._tuple,
        Expressions._tuple,
        Expressions._for,
        Expressions._for,
        Expressions._call_list,
        Expressions._call_list,
        Expressions._splat,
    ),
    "object": (Expressions._object, Expressions._object, Expressions._merge, Expressions._for, Expressions._decode),
}


def quoted(text: str) -> str:
    """A text as HCL."""
    return json.dumps(text, ensure_ascii=False)


def substitution(random: Random) -> dict[str, str]:
    """What the local values that the evaluator is not told might be."""
    values = (
        '"a"',
        '"a"',
        '"arn:x"',
        '""',
        "5",
        "true",
        "null",
        '["b", "a"]',
        '["a"]',
        "[]",
        'toset(["b", "a"])',
        '{ a = "x" }',
        "{}",
        '[["a"]]',
        "jsonencode({ a = 1 })",
    )
    return {name: random.choice(values) for name in UNTOLD}
