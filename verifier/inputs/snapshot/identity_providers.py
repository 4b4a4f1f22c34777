"""The identity providers of one account.

In: the output of `list-open-id-connect-providers` and of `list-saml-providers`, and what plans and templates make. Out:
the ARNs of both together, and what the latter say of them.
Guarantee: where one of the two listings is not given, the account's providers are not known: a trust in any may admit
somebody (E2w).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from verifier.inputs.text.access import listed_records
from verifier.inputs.text.nodes import Node, Remarks, entries, member, text_of, values_of
from verifier.inputs.text.unknown import content, names_in
from verifier.model.estate import Pairs

OPEN_ID_CONNECT, SAML = "open_id_connect_providers", "saml_providers"
PROVIDERS = (OPEN_ID_CONNECT, SAML)
"""The members of an account in a snapshot document that list providers."""

CONTENT = "Content"
"""The member of an entry that holds its audiences or its metadata: only plans and templates tell these."""

LISTS = {OPEN_ID_CONNECT: "OpenIDConnectProviderList", SAML: "SAMLProviderList"}
"""The list in the output of each."""

_TYPES = {OPEN_ID_CONNECT: "oidc-provider", SAML: "saml-provider"}
_ARN = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::([0-9]{12}):(oidc-provider|saml-provider)/[\x21-\x7e]+")


def read_identity_providers(
    remarks: Remarks, account: str, given: Mapping[str, Node], made: Sequence[tuple[str, Node]]
) -> tuple[tuple[str, ...] | None, Pairs]:
    """The ARNs of the providers in the listings that are given, and in those of what plans and templates make. `None`
    where one of the two is not given, or an ARN is not known; where one is the only one that is missing, a warning says
    that the other is of no use alone. And what the input says of each, by its ARN, for comparisons; where a listing is
    missing, that the other has it."""
    own = [(name, given[name]) for name in PROVIDERS if name in given]
    listed = own + [(name, node) for name, node in made if name in given]
    said = _contents(made)
    if names_in([node for _, node in listed]):
        return None, said
    arns: set[str] = set()
    for name, node in listed:
        for entry in listed_records(remarks, node, LISTS[name], f"`{name}`", "an identity provider"):
            arn = entry.text("Arn")
            match = _ARN.fullmatch(arn or "")
            if arn is None:
                entry.error("the identity provider has no `Arn`", rule="E2w")
            elif match is None or match.group(2) != _TYPES[name]:
                entry.error(f"`{arn}` is not the ARN of an {_TYPES[name]}", rule="E2w")
            elif match.group(1) != account:
                entry.error(f"{arn} is of another account than {account}, under which it is listed", rule="E2w")
            else:
                arns.add(arn)
    if all(name in given for name in PROVIDERS):
        return tuple(sorted(arns)), said
    for name, node in listed:
        (other,) = (other for other in PROVIDERS if other != name)
        message = f"account {account} has `{name}` and no `{other}`: which providers it has is not known"
        remarks.warning(node, message, hint="an empty list says that there are none", rule="E2w")
    return None, (*said, *((arn, "listed") for arn in sorted(arns)))


def _contents(made: Sequence[tuple[str, Node]]) -> Pairs:
    """The audiences, in any order, or the metadata of each provider that plans make, by its ARN if known."""
    listed = [entry for name, node in made for entry in entries(member(node, LISTS[name]))]
    named = ((text_of(entry, "Arn"), values_of(member(entry, CONTENT))) for entry in listed)
    return tuple(sorted((arn, repr(sorted(repr(content(one)) for one in found))) for arn, found in named if arn))
