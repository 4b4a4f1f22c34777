"""Grants → parts of a document: what one allows, to whom, under which constraints, since when."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Principal
from verifier.model.results.verdict import NamedByGrant
from verifier.report.document import Apart, Item, Items, Role, Said
from verifier.report.naming import Places
from verifier.syntax.text import printable

MOST_SHOWN = 5
"""How many of the grants that break an invariant the text shows; JSON has all of them."""


def named_grant_items(found: Sequence[NamedByGrant], key: str, margin: int, columns: int) -> Iterator[Items]:
    """The grants that break an invariant about listed grants, and the command that shows the first one."""
    places = Places()
    items = [_named(named, margin, places) for named in found[:MOST_SHOWN]]
    more = (
        [Item(f"and {len(found) - MOST_SHOWN} more (`--output json` has them all)")] if len(found) > MOST_SHOWN else []
    )
    yield Items((*items, *more), margin, hang=margin + 2)
    if found:
        words = ["aws", "kms", "list-grants", "--key-id", key, "--grant-id", found[0].grant.id]
        yield Items((Item(Said(shlex.join(words), Role.COMMAND), "to see it"),), margin, columns)


def _named(named: NamedByGrant, margin: int, places: Places) -> Item:
    grant = named.grant
    principal = (
        grant.retiring if named.role.value == "retiring principal" and grant.retiring is not None else grant.grantee
    )
    name = f' "{grant.name}"' if grant.name else ""
    names = "names  ", Said(principal.value, Role.NAME), f"  as {named.role.value}"
    pieces = (Said(f"grant {grant.id}{name}", Role.NAME), names, places.place(grant.span))
    parts = Items(tuple(map(Item, grant_parts(grant, named=principal))), margin + 2, hang=margin + 4)
    return Item(Apart(tuple(filter(None, pieces)), "  "), below=(parts,))


def grant_parts(grant: Grant, *, named: Principal | None = None) -> list[str]:
    """What there is to say of a grant, a line each: operations, grantee, constraints, retiring principal, issue date;
    but for the principal `named` already."""
    operations = ", ".join(printable(operation.removeprefix("kms:")) for operation in grant.operations)
    to_whom = f" to {printable(grant.grantee.value)}" if grant.grantee is not named else ""
    parts = [f"allows {operations}{to_whom}"]
    if grant.grantee_hidden:
        parts.append("and maybe to a user, role or account that the listing does not show [G2]")
    if grant.context_equals is not None:
        only = f"with the encryption context {_pairs(grant.context_equals)} and nothing else"
        parts.append(only if grant.context_equals else "with no encryption context at all")
    if grant.context_subset is not None:
        parts.append(f"with an encryption context that has {_pairs(grant.context_subset)}")
    if grant.source_arn is not None:
        parts.append(f"for {printable(grant.source_arn)} (SourceArn)")
    if grant.retiring is not None and grant.retiring is not named:
        parts.append(f"retiring principal {printable(grant.retiring.value)}")
    issued = [grant.created] if grant.created else []
    issued += [f"by {grant.issuing_account}"] if grant.issuing_account else []
    return [*parts, printable(f"issued {' '.join(issued)}")] if issued else parts


def _pairs(pairs: Pairs) -> str:
    return "{" + ", ".join(f"{printable(name)} = {printable(value)}" for name, value in pairs) + "}"
