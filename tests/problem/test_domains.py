"""The values that attributes can have: those of real requests, and ones that people believe."""

from __future__ import annotations

import re

import pytest
from botocore.loaders import Loader

from verifier.problem.classes.attributes import Attribute, issuers, session_names, user_ids
from verifier.problem.classes.domains import context_attribute


@pytest.mark.parametrize("attribute", [session_names(), issuers(), user_ids()], ids=lambda attribute: attribute.name)
def test_f9_nothing_that_names_somebody_is_empty(attribute: Attribute) -> None:
    assert attribute.domain is not None
    assert not any(words.matches("") for words in attribute.domain.base)
    assert all(attribute.domain.seeds)


def test_f9_a_session_has_a_name_that_people_believe() -> None:
    domain = session_names().domain
    assert domain is not None
    assert domain.seeds[0] == "example"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:::example",
        "arn:aws:s3:us-east-1::example",
        "arn:aws:rds:us-east-1:11112222333:db:example",
        "arn:aws:rds:us-east-1:1111222233334:db:example",
        "arn:aws:rds:us-east-1:111122223333:",
        "arn:aws:rds:us-east-1:111122223333:db:example",
        "arn:aws:s3::111122223333:*",
    ],
)
def test_f6_the_source_of_a_new_grant_has_the_form_that_the_api_demands(arn: str) -> None:
    """AWS KMS API Reference, GrantConstraints: an ARN with a twelve-digit account, so no bucket. (`aws:SourceArn` may
    be one.)"""
    form = Loader().load_service_model("kms", "service-2")["shapes"]["GrantConstraintSourceArnType"]["pattern"]
    domain, source = (
        context_attribute("kms:grantconstraintsourcearn", "aws", None).domain,
        context_attribute("aws:sourcearn", "aws", None),
    )
    assert domain is not None and source.domain is not None
    assert any(words.matches(arn) for words in domain.base) == (re.match(form, arn) is not None)
    assert all(re.match(form, seed) and any(words.matches(seed) for words in domain.base) for seed in domain.seeds)
    assert any(words.matches("arn:aws:s3:::example") for words in source.domain.base)
