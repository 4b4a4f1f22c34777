"""Names of symbols: the free Booleans of decisions and formulas, a class for each kind.

In: what a symbol is about. Out: its name. A name is a text: what certificates, JSON and users call the symbol.
Guarantee: the class says what the symbol is, `about` what it is about: only `model.symbol_texts` looks into a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self


class SymbolName(str):
    """The name of a symbol: `about` says what it is about, `detail` tells apart those about the same. Names of the same
    text are equal. Each kind `begins` in its way; `rule` is the label of the rule that it belongs to, if of one."""

    __slots__ = ("about", "detail")
    begins: ClassVar[str] = ""
    about: str
    detail: str
    rule: str = ""

    def __init_subclass__(cls, begins: str | None = None, rule: str = "") -> None:
        if begins is not None:
            cls.begins, cls.rule = begins, rule

    def __new__(cls, about: str, detail: str = "") -> Self:
        made = super().__new__(cls, f"{cls.begins}{about}:{detail}" if detail else cls.begins + about)
        made.about, made.detail = about, detail
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.about, self.detail)


SymbolValues = Mapping[SymbolName, bool]


class Reading(SymbolName):
    """One ◇: a question that AWS's documentation leaves open. `yes` and `no` say what the symbol's values mean."""

    label: str
    question: str
    yes: str
    no: str
    source: str

    def __new__(cls, label: str, question: str, yes: str, no: str, source: str) -> Self:
        made = super().__new__(cls, label)
        made.label, made.rule, made.question = label, label.partition("-")[0], question
        made.yes, made.no, made.source = yes, no, source
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.label, self.question, self.yes, self.no, self.source)


class FreeFact(SymbolName):
    """Something that the input does not give, and a request is decided by."""


class NotModelled(SymbolName):
    """What the verifier does not model, or the input does not have (S1): a verdict that rests on it is Unknown."""


class OutsideFact(FreeFact, begins="U1:", rule="U1"):
    """What the identity policies of a caller outside the inventory say of this request."""


class SessionFact(FreeFact, begins="U2:", rule="U2"):
    """What the session policy of a federated session says of this request. Free in proofs that access is impossible;
    false where a request says nothing of a session policy."""


OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW = OutsideFact("allow"), OutsideFact("deny"), SessionFact("session")


class KeyFact(FreeFact, begins="U3:", rule="U3"):
    """Whether a key has a fact (a tag, an alias, a multi-Region type), or one that meets a test (`detail`)."""


class TrustFact(FreeFact, NotModelled, begins="U3:trust:", rule="U3"):
    """Whether a role (its ARN) whose trust policy is not known admits the callers of a question (E2)."""


class PatternFact(FreeFact, begins="F1:", rule="F1"):
    """Whether a pattern (`detail`) covers a Region or a retiring principal that the request does not say."""


def pattern_name(text: str, variables: bool) -> str:
    """A pattern, to name a fact about it: without `variables` (L1) one with `${…}` is another pattern."""
    return text if variables or "${" not in text else f"{text} as written"


class ResourceFact(PatternFact, begins="F1:resource:", rule="F1"):
    """Whether a `Resource` pattern covers a request that is about no resource, or does not say about which (E4)."""


class KeylessFact(ResourceFact, begins="D9:", rule="D9"):
    """Whether a `Resource` pattern that some keys or aliases match covers an operation of AWS KMS without a key."""


class ProviderFact(FreeFact, begins="F6:provider:", rule="F6"):
    """Whether the session that asks was assumed by an identity of a provider, its ARN or host name (P6)."""


class ThingEffect(NotModelled):
    """Whether a thing that is not modelled (its name) does what `detail` says: `allow` the request, or `refuse` it."""


class NotResourceStatement(NotModelled, begins="L5:", rule="L5"):
    """Whether a key policy's statements with `NotResource` apply that list certain resources (`Policy.listed`)."""


class Unsupported(NotModelled, begins="unsupported:", rule="C3"):
    """Whether a comparison holds that no class table can hold. `about` is all that it depends on, `detail` (not of the
    name) says which it is."""

    def __new__(cls, about: str, detail: str = "") -> Self:
        made = super().__new__(cls, about)
        made.detail = detail
        return made


class LazyTest(SymbolName, begins="lazy:"):
    """Whether an attribute without a table meets a test (`detail`), or is present."""


class HeldClass(SymbolName, begins="held:"):
    """Whether a multi-valued attribute holds some value of a class, by its number."""


class RelationTest(SymbolName, begins="relation:"):
    """Whether a comparison between attributes of one request holds (L7)."""


class RequestFact(SymbolName):
    """Something else that is so or not of a request."""


class PossibleChange(SymbolName, begins="change:"):
    """One of `problem.semantics.possible_changes`."""


class PolicyAttached(PossibleChange, begins="change:attach:"):
    """A certain managed policy of the input (its ARN) is attached to the caller."""


class OlderVersion(PossibleChange, begins="change:older:"):
    """Another version of a certain managed policy of the input, which is attached to the caller, is in force."""


class InGroup(PossibleChange, begins="change:group:"):
    """The caller is in a certain group."""


class BoundaryReplaced(PossibleChange, begins="boundary of change:loosened:"):
    """No change of its own: a managed policy of the input that the caller's boundary may have given way to."""
