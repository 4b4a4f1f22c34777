"""Which attributes policies test.

In: an estate. Out: whether one is tested. Guarantee: *no* only where no policy that decides on requests on keys has its name anywhere.
"""

from __future__ import annotations

from verifier.model.estate import Estate


def is_tested(estate: Estate, attributes: tuple[str, ...]) -> bool:
    """Whether a policy may test attributes, by how their names in lower case begin."""
    statements = (statement for policy in estate.deciding_policies() for statement in policy.statements)
    texts = (text for s in statements for text in (*(s.resources or ()), *(t for c in s.conditions for t in (c.key, *c.values))))
    return any(attribute in text.value.lower() for text in texts for attribute in attributes)
