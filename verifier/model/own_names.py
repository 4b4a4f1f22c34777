"""Names of users and roles that hold the own account or Region, which nothing tells (S4).

In: estates, and texts that its users and roles are compared with. Out: the texts that match the ARN of one for some
accounts or Regions alone. Guarantee: any other text matches each name alike, whatever the account and the Region are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.estate import Estate
from verifier.syntax.generated import OTHER, OWN_ACCOUNT_MARK, OWN_REGION_MARK, GeneratedText
from verifier.syntax.source import Span

_Placed = tuple[str, Span]
"""A text, and where it is."""


def depending_on_names(
    texts: Iterable[_Placed], estates: Iterable[Estate], own: str, *, is_region: bool
) -> Iterator[_Placed]:
    """The texts of which it depends on the own Region or account, which `own` stands for, whether they match a name."""
    names = sorted({arn for estate in estates for arn in _arns(estate) if own in arn.rpartition(":")[2]})
    forms = [(_form(arn, own, OWN_REGION_MARK if is_region else OWN_ACCOUNT_MARK), arn) for arn in names]
    for text, span in texts if forms else ():
        if any(form.may_be(text.replace(own, "*"), shown=arn) for form, arn in forms):
            yield text, span


def _form(arn: str, own: str, placeholder: str) -> GeneratedText:
    """What an ARN may come to. The account that it is in is no part of the name."""
    start, _, name = arn.rpartition(":")
    return GeneratedText.of(OTHER, f"{start}:{name.replace(own, placeholder)}")


def _arns(estate: Estate) -> Iterator[str]:
    """The ARNs of users and roles that are listed, or that policies name."""
    yield from (identity.arn for identity in estate.identities)
    for policy in (*estate.deciding_policies(), *estate.trust_policies()):
        for statement in policy.statements:
            yield from (principal.value for principal in statement.principals or ())
