"""The values that attributes can have: those of real requests, and ones that people believe."""

from __future__ import annotations

import pytest

from verifier.problem.domains import Attribute, issuers, session_names, user_ids


@pytest.mark.parametrize("attribute", [session_names(), issuers(), user_ids()], ids=lambda attribute: attribute.name)
def test_f9_nothing_that_names_somebody_is_empty(attribute: Attribute) -> None:
    assert attribute.domain is not None
    assert not any(words.matches("") for words in attribute.domain.base)
    assert all(attribute.domain.seeds)


def test_f9_a_session_has_a_name_that_people_believe() -> None:
    domain = session_names().domain
    assert domain is not None
    assert domain.seeds[0] == "example"
