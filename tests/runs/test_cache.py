"""A second run proves only what changed, and says the same as a first one would."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluate.estates import ALICE, HOME, allow, aws
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import state
from tests.runs.many_keys import INVARIANTS, PARTNER, key_arn, policy, snapshot, told
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.digest import digest
from verifier.model.estate import Estate
from verifier.model.invariant import KeyTag
from verifier.model.invariant_file import asks_of_sessions
from verifier.model.results.verdict import Status
from verifier.problem.facts.requests import OF_SOURCES
from verifier.problem.facts.shared import VIA
from verifier.problem.sessions.session_tags import DELIVERED, FACTOR, SOURCE_IDENTITY
from verifier.runs import Where, prove_many
from verifier.runs.cache import FILE, Cache
from verifier.runs.earlier import Earlier
from verifier.runs.estates import cached_estate
from verifier.syntax.source import Source
from verifier.verify.meaning import surroundings, whole
from verifier.verify.proving import DECIDERS, prove

ROLE = f"arn:aws:iam::{HOME}:role/target"
ROOT = Path(__file__).resolve().parents[2]


def where(folder: Path) -> Where:
    return Where(earlier=partial(Earlier, folder=folder / "cache"))


def test_a_second_run_remembers_and_says_the_same(tmp_path: Path) -> None:
    estate = snapshot(tmp_path, 6)
    first, _ = prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
    second, trouble = prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
    assert trouble is None
    assert not any(verdict.cached for verdict in first.verdicts) and all(verdict.cached for verdict in second.verdicts)
    assert told(first) == told(second) == told(prove(estate, INVARIANTS))
    assert {verdict.status for verdict in first.verdicts} == {Status.PROVED, Status.REFUTED}


def test_places_are_those_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    prove_many(snapshot(tmp_path, 4), INVARIANTS, where(tmp_path), DECIDERS)
    laid_out = snapshot(tmp_path, 4, indent=4)
    report, _ = prove_many(laid_out, INVARIANTS, where(tmp_path), DECIDERS)
    assert all(verdict.cached for verdict in report.verdicts)
    assert told(report) == told(prove(laid_out, INVARIANTS))


def test_statements_in_another_order_with_other_names_are_found_again(tmp_path: Path) -> None:
    prove_many(snapshot(tmp_path, 2), INVARIANTS, where(tmp_path), DECIDERS)
    other = policy(1)
    other["Statement"] = [{**statement, "Sid": f"N{n}"} for n, statement in enumerate(reversed(other["Statement"]))]
    report, _ = prove_many(snapshot(tmp_path, 2, changed={1: other}), INVARIANTS, where(tmp_path), DECIDERS)
    assert all(verdict.cached for verdict in report.verdicts)
    proof = next(v for v in report.verdicts if v.target == key_arn(1) and v.rests_on)
    assert [(statement.sid, statement.index) for statement in proof.rests_on] == [("N0", 0)]


def test_only_what_changed_is_proved_again(tmp_path: Path) -> None:
    prove_many(snapshot(tmp_path, 4), INVARIANTS, where(tmp_path), DECIDERS)
    changed = policy(2)
    changed["Statement"].pop()
    report, _ = prove_many(snapshot(tmp_path, 4, changed={2: changed}), INVARIANTS, where(tmp_path), DECIDERS)
    proved_again = [verdict for verdict in report.verdicts if not verdict.cached]
    assert {verdict.target for verdict in proved_again} == {key_arn(2)} and len(proved_again) == len(INVARIANTS)
    assert proved_again[0].status is Status.REFUTED


def test_another_question_is_another_result(tmp_path: Path) -> None:
    estate = snapshot(tmp_path, 2)
    prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
    held, _ = prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS, readings={"P1": True})
    assert not any(verdict.cached for verdict in held.verdicts)
    renamed = [replace(invariant, name="another name", text="") for invariant in INVARIANTS]
    assert all(verdict.cached for verdict in prove_many(estate, renamed, where(tmp_path), DECIDERS)[0].verdicts)


def test_what_a_verdict_says_of_other_keys_is_of_these(tmp_path: Path) -> None:
    """U3, L9: which keys an invariant on an alias or tag is not about, and which the replicas of a key are."""
    estate = snapshot(tmp_path, 2)
    key, other = (replace(key, tags=(("env", "prod"),)) for key in estate.keys)
    invariants = [replace(INVARIANTS[0], keys=(KeyTag("env", "prod"),))]
    for tags in (None, (), None):
        changed = replace(estate, keys=(key, replace(other, tags=tags)))
        report, _ = prove_many(changed, invariants, where(tmp_path), DECIDERS)
        assert told(report) == told(prove(changed, invariants))
        assert any(found.text.endswith("tags were not given") for found in report.verdicts[0].assumptions) == (
            tags is None
        )
    assert report.verdicts[0].cached


def test_what_is_supposed_is_said_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    """S4: its name decides nothing."""
    allow = {"Effect": "Allow", "Principal": {"AWS": PARTNER}, "Action": "kms:*", "Resource": "*"}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [allow]}}}
    for name in ("first.json", "second.json"):
        (tmp_path / name).write_text(json.dumps({"Resources": {"Key": key}}), encoding="utf-8")
        estate = load_estate([tmp_path / name])
        report, _ = prove_many(estate, INVARIANTS[:1], where(tmp_path), DECIDERS)
        assert told(report) == told(prove(estate, INVARIANTS[:1]))
        assert any(name in found.text for found in report.verdicts[0].assumptions)
    assert report.verdicts[0].cached


def test_unknown_is_never_remembered(tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
        "Action": "kms:Decrypt",
        "NotResource": "x",
    }
    estate = snapshot(tmp_path, 1, changed={0: {"Version": "2012-10-17", "Statement": [statement]}})
    for _ in range(2):
        report, _ = prove_many(estate, INVARIANTS[:1], where(tmp_path), DECIDERS)
        assert [(verdict.status, verdict.cached) for verdict in report.verdicts] == [(Status.UNKNOWN, False)]


@pytest.mark.parametrize("damage", ["garbage", "cut", "answers", "schema"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    estate = snapshot(tmp_path, 3)
    prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
    path = tmp_path / "cache" / FILE
    if damage == "garbage":
        path.write_bytes(b"not a database " * 500)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:700])
    else:
        with sqlite3.connect(path) as file:
            file.execute(
                "UPDATE results SET answer = ?" if damage == "answers" else "PRAGMA user_version = 99",
                *[(b"{}",)] * (damage == "answers"),
            )
    report, _ = prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
    assert told(report) == told(prove(estate, INVARIANTS)) and not any(verdict.cached for verdict in report.verdicts)


def test_a_folder_that_cannot_be_written_is_told_and_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    estate = snapshot(tmp_path, 2)
    report, trouble = prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
    assert trouble is not None and "cache" in trouble
    assert told(report) == told(prove(estate, INVARIANTS))


def test_the_oldest_results_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.runs.cache.MOST_RESULTS", 10)
    cache = Cache(tmp_path)
    cache.keep([(bytes([n]), b"x") for n in range(20)])
    cache.close()
    assert 5 <= len(Cache(tmp_path).find([bytes([n]) for n in range(20)])) <= 10


_RUN = """
import sys
from pathlib import Path
from tests.runs.many_keys import INVARIANTS, snapshot
from functools import partial
from verifier.runs import Where, prove_many
from verifier.runs.earlier import Earlier
from verifier.verify.proving import DECIDERS
folder = Path(sys.argv[1])
prove_many(snapshot(Path(sys.argv[2]), 12), INVARIANTS, Where(earlier=partial(Earlier, folder=folder)), DECIDERS, progress=lambda done, *_: print(done, flush=True))
"""  # noqa: E501


def start(folder: Path, own: Path) -> subprocess.Popen[str]:
    own.mkdir()
    command = [sys.executable, "-c", _RUN, str(folder), str(own)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def test_two_runs_at_once_and_one_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    both = [start(folder, tmp_path / f"run{n}") for n in range(2)]
    assert [run.wait(120) for run in both] == [0, 0]
    (folder / FILE).unlink()
    killed = start(folder, tmp_path / "killed")
    assert killed.stdout is not None and killed.stdout.readline()
    killed.send_signal(signal.SIGKILL)
    killed.wait(60)
    estate = snapshot(tmp_path, 12)
    report, trouble = prove_many(estate, INVARIANTS, Where(earlier=partial(Earlier, folder=folder)), DECIDERS)
    assert trouble is None and told(report) == told(prove(estate, INVARIANTS))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_digests_tell_values_apart(left: object, right: object) -> None:
    if json.dumps(repr(left)) != json.dumps(repr(right)) and left != right:
        assert digest(left) != digest(right)
    assert digest(left) == digest(left)


def test_the_members_of_a_set_have_no_order() -> None:
    assert digest(frozenset("abc")) == digest(frozenset("cba")) and digest(("a", "b")) != digest(("b", "a"))
    assert digest(("ab", "c")) != digest(("a", "bc")) and digest(1) != digest("1") and digest(()) != digest(frozenset())


# -- inputs as they were read --


def test_a_large_input_is_read_once_and_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    snapshot(tmp_path, 3)
    path, loads = tmp_path / "snapshot.json", list[int]()

    def load() -> Estate:
        loads.append(1)
        return load_estate([path])

    first = cached_estate([path], (), tmp_path / "cache", load)
    second = cached_estate([path], (), tmp_path / "cache", load)
    assert first == second and len(loads) == 1 and second.inputs == first.inputs
    assert second.keys[0].policies is not None and second.keys[0].policies[0].statements[0].span.file == str(path)
    path.write_text(path.read_text() + "\n")
    cached_estate([path], (), tmp_path / "cache", load)
    cached_estate([path], ("other",), tmp_path / "cache", load)
    cached_estate([path], (), None, load)
    assert len(loads) == 4
    for file in (tmp_path / "cache" / "estates").iterdir():
        file.write_bytes(b"\x81garbage")
    assert cached_estate([path], (), tmp_path / "cache", load).keys == first.keys


def test_no_damage_of_what_was_read_is_taken_for_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped bit made another action of `kms:Decrypt`, and of *refuted* *proved*."""
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    snapshot(tmp_path, 2)
    path, loads = tmp_path / "snapshot.json", list[int]()

    def load() -> Estate:
        loads.append(1)
        return load_estate([path])

    first = cached_estate([path], (), tmp_path / "cache", load)
    (file,) = (tmp_path / "cache" / "estates").iterdir()
    kept, dice = file.read_bytes(), random.Random(0)
    actions = [at + n for at in range(len(kept)) if kept.startswith(b"kms:", at) for n in range(8)]
    places = {*range(40), *actions, *dice.sample(range(len(kept)), 300), len(kept) - 1}
    for number, at in enumerate(sorted(places), 1):
        damaged = bytearray(kept)
        damaged[at] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        assert cached_estate([path], (), tmp_path / "cache", load) == first
        assert len(loads) == 1 + number
        assert file.read_bytes() == kept
    for cut in (0, 10, 32, len(kept) - 1):
        file.write_bytes(kept[:cut])
        assert cached_estate([path], (), tmp_path / "cache", load) == first
    loads.clear()
    assert cached_estate([path], (), tmp_path / "cache", load) == first and not loads


def test_what_was_read_of_another_input_is_not_taken_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    snapshot(tmp_path, 2)
    path, estates = tmp_path / "snapshot.json", tmp_path / "cache" / "estates"
    cached_estate([path], (), tmp_path / "cache", lambda: load_estate([path]))
    (of_two,) = estates.iterdir()
    kept = of_two.read_bytes()
    snapshot(tmp_path, 3)
    cached_estate([path], (), tmp_path / "cache", lambda: load_estate([path]))
    (of_three,) = set(estates.iterdir()) - {of_two}
    of_three.write_bytes(kept)
    assert len(cached_estate([path], (), tmp_path / "cache", lambda: load_estate([path])).keys) == 3


@pytest.mark.parametrize("change", ["other", "gone", "more"])
def test_a_change_while_it_is_read_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Between the digest and the parsing the input is another one for a moment: that one is not remembered as this."""
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    folder = tmp_path / "live"
    key = folder / "keys" / "a"
    key.mkdir(parents=True)
    arn = key_arn(1)
    (key / "metadata.json").write_text(json.dumps({"KeyMetadata": {"Arn": arn, "KeyId": arn.rsplit("/", 1)[-1]}}))
    (key / "policy.json").write_text(_policy(2))
    (key / "grants.json").write_text(
        '{"Grants": [{"GrantId": "x", "GranteePrincipal": "s3.amazonaws.com", "Operations": ["Decrypt"]}]}'
    )
    file = {"other": key / "policy.json", "gone": key / "grants.json", "more": key / "tags.json"}[change]
    before = file.read_bytes() if file.exists() else None

    def load_meanwhile() -> Estate:
        file.unlink(missing_ok=True)
        if change != "gone":
            file.write_text({"other": _policy(1), "more": '{"Tags": [{"TagKey": "team", "TagValue": "x"}]}'}[change])
        try:
            return load_estate([folder])
        finally:
            file.unlink(missing_ok=True)
            if before is not None:
                file.write_bytes(before)

    now = load_estate([folder])
    assert cached_estate([folder], (), tmp_path / "cache", load_meanwhile) != now
    assert cached_estate([folder], (), tmp_path / "cache", lambda: load_estate([folder])) == now
    monkeypatch.setattr("tests.runs.test_cache.load_estate", None)
    assert cached_estate([folder], (), tmp_path / "cache", lambda: load_estate([folder])) == now


def test_no_damage_of_a_result_is_taken_for_one(tmp_path: Path) -> None:
    """Neither a flipped bit, nor the result of another question."""
    cache = Cache(tmp_path)
    cache.keep([(bytes([n]) * 32, bytes([n]) * 40) for n in range(2)])
    cache.close()
    with sqlite3.connect(tmp_path / FILE) as file:
        kept = dict(file.execute("SELECT question, answer FROM results"))
        first, second = kept
    answers = [bytearray(kept[first]) for _ in range(0, 8 * len(kept[first]), 7)]
    for bit, answer in enumerate(answers):
        answer[7 * bit // 8] ^= 1 << 7 * bit % 8
    for answer in (*map(bytes, answers), kept[second], b""):
        with sqlite3.connect(tmp_path / FILE) as file:
            file.execute("UPDATE results SET answer = ? WHERE question = ?", (answer, first))
        file.close()
        again = Cache(tmp_path)
        assert list(again.find([first, second])) == [second]
        again.close()


@pytest.mark.parametrize("example", ["payments", "organization", "grants", "boundary", "vpc-endpoint"])
def test_every_part_of_an_estate_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    folder = ROOT / "examples" / example
    estates = [cached_estate([folder], (), tmp_path, lambda: load_estate([folder])) for _ in range(2)]
    assert estates[0] == estates[1]


def test_e2_what_steps_turn_on_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    path = with_steps(tmp_path, trust("sts:AssumeRole"))
    estates = [cached_estate([path], (), tmp_path / "cache", lambda: load_estate([path])) for _ in range(2)]
    assert estates[0] == estates[1]
    account = estates[1].accounts[0]
    assert account.roles[0].trust is not None and account.providers == () and account.groups[0].policies[0].statements
    assert account.managed[0].versions[0][1] is account.groups[0].policies[0]


def test_e2_no_result_about_keys_depends_on_what_only_steps_turn_on(tmp_path: Path) -> None:
    """A trust policy, a listing of providers: nothing is proved again, though the digest of the whole estate is
    another."""
    estates = [
        load_estate([with_steps(tmp_path, document)]) for document in (trust("sts:AssumeRole"), trust("sts:*"), None)
    ]
    prove_many(estates[0], INVARIANTS, where(tmp_path), DECIDERS)
    for estate in estates:
        report, _ = prove_many(estate, INVARIANTS, where(tmp_path), DECIDERS)
        assert all(verdict.cached for verdict in report.verdicts)
    (account,) = estates[0].accounts
    others = [
        replace(account, providers=None),
        replace(account, unlisted=("GroupDetailList",)),
        replace(account, groups=()),
        replace(account, managed=()),
        replace(account, users=(replace(account.users[0], groups=()),)),
    ]
    estates += [replace(estates[0], accounts=(other,)) for other in others]
    assert len({digest(whole(estate)) for estate in estates}) == len(estates)
    assert len({digest(surroundings(estate)) for estate in estates}) == 1


@pytest.mark.parametrize("asks", ["policy", "invariant"])
def test_f3_a_result_depends_on_who_may_assume_a_role_where_sessions_differ_by_who_made_them(
    tmp_path: Path, asks: str
) -> None:
    condition = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}} if asks == "policy" else {}
    when = "" if asks == "policy" else " when aws:MultiFactorAuthPresent is true"
    text = f'invariant "x": no caller in {HOME} can kms:Decrypt{when}'
    invariants = read_invariants(Source("x.inv", text)).invariants
    roles = [trusting(admits(whom), arn=ROLE) for whom in ({"Service": "lambda.amazonaws.com"}, aws(ALICE))]
    statement = allow(aws(ROLE), "kms:Decrypt", **condition)
    states = [state(key=statement, others=(role,), facts={"grants": ()}) for role in roles]
    found = [prove_many(one.estate, invariants, where(tmp_path), DECIDERS)[0].verdicts[0] for one in states]
    assert [verdict.status for verdict in found] == [Status.PROVED, Status.REFUTED]


def test_f4_a_result_depends_on_services_that_may_assume_a_role_where_a_policy_asks_for_addresses() -> None:
    statement = allow(aws(ROLE), "kms:Decrypt", Condition={"Null": {"aws:SourceIp": "true"}})
    roles = [trusting(admits(whom), arn=ROLE) for whom in (aws(ALICE), {"Service": "lambda.amazonaws.com"})]
    estates = [state(key=statement, others=(role,)).estate for role in roles]
    assert len({digest(surroundings(estate)) for estate in estates}) == 2


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("sts:SetSourceIdentity", 'invariant "x": no caller can kms:Decrypt when aws:SourceIdentity = "alice"'),
        ("sts:TagSession", 'callers red = roles with tag team = "red"\ninvariant "x": no red can kms:Decrypt'),
    ],
)
def test_f3_a_result_depends_on_what_callers_may_set_in_a_session(tmp_path: Path, action: str, text: str) -> None:
    (asked,) = read_invariants(Source("x.inv", text)).invariants
    may_set = admits(aws(ALICE), ["sts:AssumeRole", action])
    elsewhere = trusting(may_set, arn=f"arn:aws:iam::{HOME}:role/elsewhere")
    statuses = []
    for statement in (admits(aws(ALICE)), may_set):
        world = state(key=allow(aws(ROLE), "kms:Decrypt"), others=(trusting(statement, arn=ROLE), elsewhere))
        statuses.append(prove_many(world.estate, [asked], where(tmp_path), DECIDERS)[0].verdicts[0].status)
    assert statuses == [Status.PROVED, Status.REFUTED]


@pytest.mark.parametrize(
    "key", [*DELIVERED, *OF_SOURCES, FACTOR, "aws:federatedprovider", SOURCE_IDENTITY, VIA, "aws:PrincipalTag/a"]
)
def test_f3_an_invariant_asks_for_what_trust_policies_say_of_sessions(key: str) -> None:
    said = {"plain": "", "asking": f" when {key} is present"}
    text = "".join(f'invariant "{name}": no caller can kms:Decrypt{when}\n' for name, when in said.items())
    plain, asking = read_invariants(Source("x.inv", text)).invariants
    assert asks_of_sessions(asking) and not asks_of_sessions(plain)


def trust(action: str) -> object:
    return {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": action}]}


def with_steps(folder: Path, document: object) -> Path:
    """A snapshot that has a part of every kind that steps turn on."""
    snapshot(folder, 1)
    path, arn = folder / "snapshot.json", "arn:aws:iam::111122223333"
    managed = {
        "Arn": f"{arn}:policy/p",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "Document": READS}],
    }
    group = {
        "GroupName": "ops",
        "Arn": f"{arn}:group/ops",
        "AttachedManagedPolicies": [{"PolicyArn": f"{arn}:policy/p"}],
    }
    details = {
        "UserDetailList": [{"Arn": f"{arn}:user/alice", "GroupList": ["ops"]}],
        "RoleDetailList": [{"Arn": f"{arn}:role/app", "AssumeRolePolicyDocument": document}],
        "GroupDetailList": [group],
        "Policies": [managed],
    }
    given = {"authorization_details": details, "open_id_connect_providers": [], "saml_providers": []}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"accounts": {"111122223333": given}}))
    return path


READS = {"Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}


def test_a_plan_is_never_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    path = tmp_path / "plan.json"
    path.write_text('{"format_version": "1.2", "planned_values": {}}')
    for _ in range(2):
        cached_estate([path], (), tmp_path / "cache", lambda: Estate(()))
    assert not (tmp_path / "cache").exists()


def test_what_other_files_say_is_not_remembered_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    folder, arn = tmp_path / "input", "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    folder.mkdir()
    path = folder / "snapshot.yaml"
    path.write_text(f"keys:\n  - arn: {arn}\n    policy: policy.json\n")

    def statements(which: Path) -> int:
        estate = cached_estate([which], (), tmp_path / "cache", lambda: load_estate([which]))
        return sum(len(policy.statements) for key in estate.keys for policy in key.policies or ())

    for which in (path, folder):
        (folder / "policy.json").write_text(_policy(1))
        if which == folder:
            path.rename(folder / "snapshot.yml")
        assert statements(which) == 1
        (folder / "policy.json").write_text(_policy(2))
        assert statements(which) == 2


def _policy(count: int) -> str:
    one = '{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}'
    return '{"Version": "2012-10-17", "Statement": [' + ", ".join([one] * count) + "]}"


def test_statements_in_doubt_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.runs.estates.LEAST_BYTES", 10)
    path = ROOT / "examples" / "cloudformation" / "template.yaml"
    supplied = Supplied("111122223333", "us-west-2")
    first, second = (
        cached_estate([path], (), tmp_path, lambda: load_estate([path], supplied=supplied)) for _ in range(2)
    )
    assert (
        first == second
        and first.unmodelled
        and any(s.only_if for key in second.keys for p in key.policies or () for s in p.statements)
    )
    assert list((tmp_path / "estates").iterdir())
