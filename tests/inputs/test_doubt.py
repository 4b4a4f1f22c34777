"""Statements with unknown parts (U3): whatever the parts are, the decision is among those that the rewritten document
leaves open."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import Phase, given, seed, settings

from tests.agreement.doubts import mapped
from tests.agreement.runner import assignment
from tests.agreement.scenarios import Scenario, scenarios
from verifier.evaluate import RequestDecider
from verifier.inputs.policies import read_document
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, text_at
from verifier.inputs.text.unknown import Pieces, UnknownNode, resolved
from verifier.model.estate import Estate
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import Outcome
from verifier.model.symbol_texts import read_values
from verifier.syntax.source import Source

HIDDEN = ("Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid")
ESTATES = 50


# -- a document with parts of it hidden --


class Hiding:
    """Hides values of a document at random: whole statements, elements, listed values, parts of texts."""

    def __init__(self, source: random.Random, often: float) -> None:
        self.random = source
        self.often = often
        self.count = 0

    def document(self, node: Node) -> Node:
        """The document, something of which is hidden (or nothing)."""
        assert isinstance(node, Members)
        return self._with(node, {"Statement": self.statements})

    def statements(self, node: Node) -> Node:
        if isinstance(node, Items):
            return Items(node.source, node.start, node.end, [self.statement(item) for item in node.items])
        return self.statement(node)

    def statement(self, node: Node) -> Node:
        assert isinstance(node, Members)
        if self._chance(0.1):
            return self.whole(node)
        return self._with(node, dict.fromkeys(HIDDEN, self.value))

    def value(self, node: Node) -> Node:
        """A value, hidden now and then as a whole or in parts; names of members are known."""
        if self._chance(0.3 if isinstance(node, Scalar) else 0.1):
            return self.text(node) if isinstance(node, Scalar) and node.type == "string" else self.whole(node)
        if isinstance(node, Items):
            return Items(node.source, node.start, node.end, [self.value(item) for item in node.items])
        if isinstance(node, Members):
            return Members(node.source, node.start, node.end, [(key, self.value(value)) for key, value in node.pairs])
        return node

    def whole(self, node: Node) -> UnknownNode:
        self.count += 1
        return UnknownNode(node, [f"x{self.count}"])

    def text(self, node: Scalar) -> UnknownNode:
        """A text of which a part is hidden, or all."""
        start, end = sorted(self.random.randint(0, len(node.text)) for _ in range(2))
        pieces: Pieces = tuple(piece for piece in (node.text[:start], None, node.text[end:]) if piece != "")
        self.count += 1
        return UnknownNode(node, [f"x{self.count}"], pieces)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share * self.often

    def _with(self, node: Members, change: dict[str, Any]) -> Members:
        pairs = [(key, change[key.text](value) if key.text in change else value) for key, value in node.pairs]
        return Members(node.source, node.start, node.end, pairs)


def node_of(text: str) -> Node:
    """A JSON text as a node."""
    return read_json(Source("x.json", text))


def read(document: Node, kind: PolicyKind = PolicyKind.KEY, identity: str = "k#default") -> tuple[Policy, Remarks]:
    """A document with unknown parts as a policy, and what of it is in doubt."""
    remarks = Remarks()
    policy = read_document(remarks, document, kind, identity=identity, name="default")
    assert policy is not None, remarks.errors
    return policy, remarks


# -- the law --


def hidden(scenario: Scenario, source: random.Random) -> Estate:
    """The estate with values of a few of its policies hidden."""
    texts = dict(scenario.setting.documents)
    found = Remarks()
    chosen = set(source.sample(sorted(texts), min(2, len(texts))))
    known: dict[tuple[str, PolicyKind], Policy] = {}

    def change(policy: Policy) -> Policy:
        at = (policy.identity, policy.kind)
        if policy.identity not in chosen or any(s.only_if is not None for s in policy.statements):
            return policy
        if at not in known:
            document = Hiding(source, 0.6).document(node_of(texts[policy.identity]))
            new = read_document(
                found, document, policy.kind, identity=f"{policy.identity}~{policy.kind.name}", name=policy.name
            )
            assert new is not None, [error.message for error in found.errors]
            known[at] = replace(new, identity=policy.identity)
        return known[at]

    estate = mapped(scenario.setting.estate, change)
    return replace(estate, unmodelled=(*estate.unmodelled, *found.unknown_statements.values()))


def check(scenario: Scenario, number: int) -> Iterator[bool]:
    """Holds every request against the estate in which something is hidden; yields whether the decision turned on it."""
    source = random.Random(number)
    estate, less = scenario.setting.estate, hidden(scenario, source)
    for index, request in enumerate(scenario.requests):
        fixed = dict(assignment(estate, number + index))
        outcome = RequestDecider(estate, request).outcome(read_values(fixed))
        if outcome is Outcome.DEPENDS:
            continue
        decider = RequestDecider(less, request)
        decision = decider.decide(read_values(fixed), traced=False)
        if decision.outcome is outcome:
            yield False
            continue
        assert decision.outcome is Outcome.DEPENDS, (number, request, decision)
        open_ = decision.depends_on[:8]
        choices = (
            fixed | dict(zip(open_, values, strict=True)) for values in product((False, True), repeat=len(open_))
        )
        reached = {decider.outcome(read_values(chosen)) for chosen in choices}
        assert outcome in reached, (number, request)
        yield True


@pytest.mark.parametrize("part", range(2))
def test_u3_what_a_document_says_is_among_what_it_may_say(part: int) -> None:
    turned: list[bool] = []

    @seed(part)
    @settings(max_examples=ESTATES, phases=[Phase.generate])
    @given(scenarios())
    def run(scenario: Scenario) -> None:
        turned.extend(check(scenario, scenario.seed))

    run()
    assert len(turned) > 200 and sum(turned) > 10, (len(turned), sum(turned))


def test_l4_an_empty_list_is_an_error_where_other_parts_are_not_known() -> None:
    """What is not known is not what is wrong."""
    statement = node_of(
        '{"Effect": "Allow", "Principal": {"AWS": []}, "Action": "kms:Decrypt", "Resource": "*", "Sid": "x"}'
    )
    assert isinstance(statement, Members)
    statement.pairs = [
        (key, UnknownNode(value, ["var.p"]) if key.text == "Action" else value) for key, value in statement.pairs
    ]
    remarks, document = Remarks(), resolved(statement, [(text_at(statement, "Statement"), statement)])
    assert read_document(remarks, document, PolicyKind.KEY, identity="k", name="default") is None
    assert [error.message for error in remarks.errors] == ["`AWS` is an empty list; expected at least one value"]
