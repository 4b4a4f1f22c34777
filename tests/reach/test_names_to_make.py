"""The names that could be given to what is made: one for each class that texts tell apart, and none that something
has."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from verifier.problem.diagrams.diagram import TooLarge
from verifier.verify.reach import distinctions
from verifier.verify.reach.offers.names_to_make import OWN, Named, Patterns

START = "arn:aws:iam::111122223333:"
ROLE = f"{START}role/"


def made(
    texts: Sequence[Named], present: Sequence[str] = (), copies: int = 1, kind: str = "role"
) -> list[tuple[str, ...]]:
    return list(Patterns(texts, (), START).names(kind, present, copies))


def name(arn: str) -> str:
    return arn.rsplit("/", 1)[1].lower()


def test_one_name_for_each_class() -> None:
    """With and without what a text names; the same text twice tells nothing more apart."""
    found = made([Named(f"{ROLE}app-*"), Named(f"{ROLE}app-*")])
    assert sorted(arn.startswith(f"{ROLE}app-") for (arn,) in found) == [False, True]
    assert made([]) == [(f"{ROLE}{OWN}",)]


@pytest.mark.parametrize("there", [f"{ROLE}{OWN}", f"{ROLE}team/{OWN.upper()}"])
def test_a_name_is_taken_under_any_path_and_in_any_case(there: str) -> None:
    assert [name(arn) for (arn,) in made([], [there])] != [OWN]
    texts = [Named(f"{ROLE}ap?")]
    assert len(made(texts)) == 2
    assert {name(arn) for (arn,) in made(texts, [f"{ROLE}x/APA", f"{ROLE}y/app"])}.isdisjoint({"apa", "app"})


def test_names_that_are_taken_tell_nothing_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Policies that name what is there, by whatever path, cost no more states."""
    monkeypatch.setattr(distinctions, "MORE_STATES", 100)
    there = [f"R{number:04}" for number in range(20)]
    texts = [Named(f"{ROLE}*/{one}") for one in there]
    assert len(made(texts, [f"{ROLE}{one}" for one in there])) == 1
    with pytest.raises(TooLarge):
        made(texts)


def test_service_linked_roles_are_not_made() -> None:
    assert all("/aws-service-role/" not in arn for (arn,) in made([Named(f"{ROLE}aws-service-role/*")]))


def test_classes_have_names_of_their_own_where_they_can() -> None:
    """Two roles of one name cannot both be made; where a class has no other name, either may be."""
    apart = made([Named(f"{ROLE}a/*"), Named(f"{ROLE}b/*")])
    assert len({name(arn) for (arn,) in apart}) == len(apart) == 3
    alike = made([Named(f"{ROLE}a/x"), Named(f"{ROLE}b/x")])
    assert [name(arn) for (arn,) in alike].count("x") == 2


def test_names_are_found_behind_many_that_are_taken() -> None:
    texts = [Named(f"{ROLE}ap?")]
    first = next(arns for arns in made(texts, copies=12) if all(arn.startswith(f"{ROLE}ap") for arn in arns))
    assert len(first) == 12
    later = next(arns for arns in made(texts, first, copies=2) if arns[0].startswith(f"{ROLE}ap"))
    assert len(later) == 2 and {*later}.isdisjoint(first)


def test_a_path_with_a_colon_tells_no_class_apart_twice() -> None:
    """`StringLike` crosses the fields of an ARN; what matches alike with and without a colon is one class."""
    text = Named("arn:*:iam::999999999999:role/app", by_fields=False)
    found = [arn for (arn,) in made([text])]
    assert [":999999999999:" in arn for arn in found] == [False, True]
    assert not any(":999999999999:" in arn for (arn,) in made([text], kind="policy"))
