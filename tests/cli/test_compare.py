"""`verifier compare` and the checks: sides, exit codes, streams, git end to end."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.cli.conftest import Run
from tests.inputs.plans import Planned, caller_identity, plan

KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
DELEGATE = {"Sid": "Delegate", "Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"}
REPORTS = {
    "Sid": "Reports",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:role/reports"},
    "Action": "kms:Decrypt",
    "Resource": "*",
    "Condition": {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
}
WIDER = {name: value for name, value in REPORTS.items() if name != "Condition"}

Put = Callable[..., str]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """`put("name.json", statement, …)` writes a policy into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, *statements: dict[str, Any]) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1))
        return name

    return write


def test_what_was_gained_fails(run: Run, put: Put) -> None:
    old, new = put("old.json", DELEGATE, REPORTS), put("new.json", DELEGATE, WIDER)
    result = run("compare", old, new, "--key-arn", KEY)
    assert result.code == 1 and result.err == ""
    assert '"Reports" lost its kms:ViaService condition' in result.out and "old.json → new.json" in result.out
    back = run("compare", new, old, "--key-arn", KEY)
    assert back.code == 0 and "less permissive" in back.out
    assert run("compare", new, old, "--key-arn", KEY, "--fail-on", "any").code == 1
    assert run("compare", old, new, "--key-arn", KEY, "--fail-on", "never").code == 0


def test_what_one_side_alone_gives_is_said_beside_equivalent(run: Run, tmp_path: Path) -> None:
    """What the other side is supposed to have decides that they are, so no option is needed to see it."""
    key: dict[str, Any] = {"metadata": {"Arn": KEY}, "policy": {"Version": "2012-10-17", "Statement": [DELEGATE]}}
    for name, keys in (("listed", [key | {"grants": {"Grants": []}}]), ("not listed", [key])):
        (tmp_path / name).write_text(json.dumps({"keys": keys}), encoding="utf-8")
    result = run("compare", str(tmp_path / "listed"), str(tmp_path / "not listed"))
    assert result.code == 0 and "equivalent" in result.out
    assert "the key's grants are given in OLD only; NEW is supposed to have none" in result.out


def test_that_policies_which_are_not_given_do_not_ask_for_a_changed_tag_is_said_beside_equivalent(
    run: Run, tmp_path: Path
) -> None:
    """U1. abac: changing a tag or alias can allow or deny permission. A whole inventory says what its policies ask
    for."""
    account = "111122223333"
    nobody: dict[str, Any] = {
        "accounts": {
            account: {
                "authorization_details": {
                    "UserDetailList": [],
                    "RoleDetailList": [],
                    "GroupDetailList": [],
                    "Policies": [],
                }
            }
        }
    }
    for name, tag in (("old", "prod"), ("new", "dev")):
        tags = {"Tags": [{"TagKey": "env", "TagValue": tag}]}
        key = {"metadata": {"Arn": KEY}, "policy": {"Version": "2012-10-17", "Statement": [DELEGATE]}, "tags": tags}
        (tmp_path / name).write_text(json.dumps({"keys": [key]}), encoding="utf-8")
        (tmp_path / f"{name} whole").write_text(json.dumps({"keys": [key], **nobody}), encoding="utf-8")
    said = "the key's tag env is dev, and was prod; policies that are not given are supposed not to ask for it"
    result = run("compare", str(tmp_path / "old"), str(tmp_path / "new"))
    assert result.code == 0 and "equivalent" in result.out
    assert said in " ".join(result.out.split())
    result = run("compare", str(tmp_path / "old whole"), str(tmp_path / "new whole"))
    assert result.code == 0 and "equivalent" in result.out and "supposed" not in result.out


def test_names_and_order_do_not_count(run: Run, put: Put) -> None:
    result = run(
        "compare",
        put("a.json", DELEGATE, REPORTS),
        put("b.json", {**REPORTS, "Sid": "X"}, {**DELEGATE, "Sid": "Y"}),
        "--key-arn",
        KEY,
    )
    assert result.code == 0 and "equivalent" in result.out and "change" not in result.out


def test_json_and_markdown(run: Run, put: Put) -> None:
    old, new = put("old.json", DELEGATE, REPORTS), put("new.json", DELEGATE, WIDER)
    result = run("compare", old, new, "--key-arn", KEY, "--output", "json")
    document = json.loads(result.out)
    Draft202012Validator(verifier.schema("comparison")).validate(document)
    assert document["summary"]["exit_code"] == result.code == 1
    assert [entry["file"] for side in ("old", "new") for entry in document[side]["inputs"]] == ["old.json", "new.json"]
    assert run("compare", old, new, "--key-arn", KEY, "--output", "markdown").out.startswith(
        "## Access to KMS keys: more permissive\n"
    )


def test_verbose_shows_both_decisions(run: Run, put: Put) -> None:
    old, new = put("old.json", DELEGATE, REPORTS), put("new.json", DELEGATE, WIDER)
    told = run("compare", old, new, "--key-arn", KEY, "--verbose").out
    assert (
        "allowed by" in told
        and "on the other side:" in told
        and "supposes" in told
        and "the same on both sides" in told
    )


def test_an_allowance_covers_what_it_says_and_no_more(run: Run, put: Put, tmp_path: Path) -> None:
    old, new = put("old.json", DELEGATE, REPORTS), put("new.json", DELEGATE, WIDER)
    (tmp_path / "all.inv").write_text('allow "reports": role/reports in 444455556666 can kms:Decrypt\n')
    (tmp_path / "some.inv").write_text(
        'allow "by EC2": role/reports in 444455556666 can kms:Decrypt when kms:ViaService like "ec2.*"\n'
    )
    (tmp_path / "none.inv").write_text('allow "signing": role/reports in 444455556666 can kms:Sign\n')
    arguments = ("compare", old, new, "--key-arn", KEY, "--allow")
    covered = run(*arguments, "all.inv")
    assert covered.code == 0 and "all that was gained is intended" in covered.out
    partly = run(*arguments, "some.inv")
    assert partly.code == 1 and "a part of what was gained is intended" in partly.out
    unneeded = run(*arguments, "none.inv")
    assert unneeded.code == 1 and 'allow "signing" was not needed' in unneeded.out
    assert run(*arguments, "all.inv", "--fail-on", "any").code == 0


def test_invariants_allow_nothing(run: Run, put: Put, tmp_path: Path) -> None:
    (tmp_path / "rules.inv").write_text('invariant "x": no users can kms:Sign\n')
    result = run(
        "compare", put("old.json", DELEGATE), put("new.json", DELEGATE), "--key-arn", KEY, "--allow", "rules.inv"
    )
    assert result.code == 2 and "rules.inv allows nothing" in result.err and result.out == ""


def test_an_allowance_about_another_key_is_an_error(run: Run, put: Put, tmp_path: Path) -> None:
    (tmp_path / "other.inv").write_text(f'allow "x": users can kms:Sign on {KEY[:-1]}c\n')
    result = run(
        "compare", put("old.json", DELEGATE), put("new.json", DELEGATE, WIDER), "--key-arn", KEY, "--allow", "other.inv"
    )
    assert result.code == 2 and "the input does not hold" in result.err


def test_the_errors_of_both_sides_are_told(run: Run, put: Put) -> None:
    old, new = put("old.json", {**DELEGATE, "Effect": "allow"}), put("new.json", {**DELEGATE, "Actions": "x"})
    result = run("compare", old, new, "--key-arn", KEY)
    assert result.code == 2 and result.out == "" and "old.json:" in result.err and "new.json:" in result.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("a",), ("a", "b", "c"), ("--git", "HEAD"), ("a", "b", "--plan", "p"), ("--plan", "p", "--git", "HEAD")],
)
def test_what_is_no_two_sides_is_an_error(run: Run, put: Put, arguments: tuple[str, ...]) -> None:
    put("a", DELEGATE)
    result = run("compare", *arguments)
    assert result.code == 2 and result.out == "" and "Traceback" not in result.err


def test_a_reading_that_is_none_is_a_usage_error(run: Run, put: Put) -> None:
    assert run("compare", put("a.json", DELEGATE), "a.json", "--reading", "nosuch=yes").code == 2


# -- two policies of a key that is not given --


def test_what_tells_the_key_of_one_version_tells_that_of_the_other(run: Run, put: Put) -> None:
    """S4: the Region that a condition names may be another one than the key's."""
    mine = {**REPORTS, "Principal": {"AWS": "arn:aws:iam::444455556666:role/reports"}}
    old, new = (
        put("old.json", DELEGATE, mine),
        put("new.json", DELEGATE, {k: v for k, v in mine.items() if k != "Condition"}),
    )
    for first, second, code in ((old, new, 1), (new, old, 0)):
        result = run("compare", first, second)  # in each Region
        assert result.code == code and "the Region of the keys is not given" in result.out
        result = run("compare", first, second, "--region", "us-west-2")
        assert result.code in (0, 1) and "us-west-2" in result.out and "us-east-1" not in result.out
        assert "the key is new" not in result.out


def test_policies_that_cannot_be_of_one_key_are_an_error(run: Run, put: Put) -> None:
    elsewhere = {**DELEGATE, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}
    result = run("compare", put("old.json", DELEGATE), put("new.json", elsewhere))
    assert (
        result.code == 2
        and "account 111122223333" in result.err
        and "account 999999999999" in result.err
        and "--key-arn" in result.err
    )


def test_a_version_that_delegates_to_two_accounts_is_of_the_key_of_the_other(run: Run, put: Put) -> None:
    both = {**DELEGATE, "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]}}
    result = run("compare", put("old.json", DELEGATE), put("new.json", both))
    assert result.code == 1 and "444455556666" in result.out


def test_a_policy_and_a_snapshot_are_an_error(run: Run, put: Put, tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text(
        json.dumps({"keys": [{"arn": KEY, "policy": put("policy.json", DELEGATE)}]})
    )
    result = run("compare", "snapshot.json", "policy.json")
    assert result.code == 2 and "--key-arn" in result.err


def test_a_key_whose_policy_is_not_known_is_unknown(run: Run, put: Put, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"keys": [{"arn": KEY}]}))
    for fail_on in ("more-permissive", "any", "never"):
        result = run("compare", "a.json", "a.json", "--fail-on", fail_on)
        assert result.code == 3 and "1 unknown" in result.out and "[U3]" in result.out


# -- git --


@pytest.fixture
def git(tmp_path: Path, put: Put) -> Callable[..., None]:
    def call(*arguments: str) -> None:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        settings = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *settings, *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)

    call("init", "-q")
    return call


def test_two_revisions(run: Run, put: Put, git: Callable[..., None]) -> None:
    path = put("keys/policy.json", DELEGATE, REPORTS)
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    put(path, DELEGATE, WIDER)
    work_tree = run("compare", "--git", "HEAD", path, "--key-arn", KEY)
    assert work_tree.code == 1 and "HEAD → work tree" in work_tree.out and "(keys/policy.json:13)" in work_tree.out
    git("commit", "-q", "-a", "-m", "two")
    for text in ("HEAD~1..HEAD", "HEAD~1..", "HEAD~1...HEAD"):
        result = run("compare", "--git", text, path, "--key-arn", KEY)
        assert result.code == 1 and "lost its kms:ViaService condition" in result.out
    assert run("compare", "--git", "HEAD", path, "--key-arn", KEY).code == 0
    assert run("compare", "--git", "HEAD..HEAD~1", path, "--key-arn", KEY).code == 0


def test_a_folder_at_two_revisions_and_its_errors(run: Run, put: Put, git: Callable[..., None], tmp_path: Path) -> None:
    put("snap/keys/a/policy.json", DELEGATE)
    Path("snap/keys/a/metadata.json").write_text(
        json.dumps({"KeyMetadata": {"Arn": KEY, "KeyId": KEY.split("/")[1], "AWSAccountId": "111122223333"}})
    )
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    same = run("compare", "--git", "HEAD", "snap")
    assert same.code == 0 and "a: equivalent" in same.out
    put("snap/keys/a/policy.json", {**DELEGATE, "Effect": "allow"})
    git("commit", "-q", "-a", "-m", "two")
    result = run("compare", "--git", "HEAD~1..HEAD", "snap")
    assert result.code == 2 and "\nsnap/keys/a/policy.json:" in "\n" + result.err
    assert "verifier-" not in result.err, "temporary folders have no place in messages"


@pytest.mark.parametrize("arguments", [("HEAD~1",), ("HEAD~1..HEAD",)])
def test_what_a_folder_refers_to_is_that_of_the_revision(
    run: Run, git: Callable[..., None], tmp_path: Path, arguments: tuple[str]
) -> None:
    """Modules and files that are in other folders of the repository."""
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "main.tf").write_text(
        'provider "aws" { region = "eu-west-1" }\nmodule "keys" {\n  source = "../keys"\n}\n'
    )
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "main.tf").write_text(
        'resource "aws_kms_key" "k" {\n  policy = file("${path.module}/policy.json")\n}\n'
    )
    for number, said in (("one", DELEGATE), ("two", {**DELEGATE, "Action": "kms:Decrypt"})):
        (tmp_path / "keys" / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [said]}))
        git("add", "-A")
        git("commit", "-q", "-m", number)
    result = run("compare", "--git", *arguments, "envs", "--account", "111122223333")
    assert result.code == 0 and "module.keys.aws_kms_key.k: less permissive" in result.out and not result.err


@pytest.mark.parametrize(
    "arguments",
    [("HEAD", "absent.json"), ("nosuch", "a.json"), ("HEAD~7..HEAD", "a.json"), ("--upload-pack=x", "a.json")],
)
def test_errors_of_git(run: Run, put: Put, git: Callable[..., None], arguments: tuple[str, str]) -> None:
    put("a.json", DELEGATE)
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    result = run("compare", f"--git={arguments[0]}", arguments[1], "--key-arn", KEY)
    assert result.code == 2 and result.out == "" and "Traceback" not in result.err


def test_folders_of_policies(run: Run, put: Put, git: Callable[..., None], tmp_path: Path) -> None:
    """Files that are the same, changed, new, renamed and gone; a folder that is new."""
    shared = {**WIDER, "Sid": "Shared"}
    for name, statements in (
        ("same", [DELEGATE]),
        ("changed", [DELEGATE, shared]),
        ("before", [DELEGATE, shared]),
        ("gone", [shared, DELEGATE]),
    ):
        put(f"keys/{name}.json", *statements)
    Path("other").mkdir()
    Path("other/README").write_text("no policy")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("mv", "keys/before.json", "keys/after.json")
    git("rm", "-q", "keys/gone.json")
    for name, statements in (("changed", [DELEGATE]), ("ordinary", [DELEGATE])):
        put(f"keys/{name}.json", *statements)
    git("add", "-A")
    for asked in (("HEAD", "keys"), ("HEAD...", "keys")):
        result = run("compare", "--git", *asked)
        assert result.code == 0, result.out + result.err
        git("commit", "-q", "-a", "-m", "two") if asked[0] == "HEAD" else None
    result = run("compare", "--git", "HEAD~1...HEAD", "keys", "--output", "json")
    found = {target["name"]: (target["relation"], target["presence"]) for target in json.loads(result.out)["targets"]}
    assert (result.code, found) == (
        0,
        {
            "before": ("equivalent", "both"),
            "same": ("equivalent", "both"),
            "changed": ("less permissive", "both"),
            "gone": ("less permissive", "only in old"),
            "ordinary": ("equivalent", "only in new"),
        },
    )
    put("other/open.json", DELEGATE, shared)
    assert run("compare", "--git", "HEAD", "other").code == 1
    assert (
        run("compare", "--git", "HEAD", "other/open.json").code == 1
        and run("compare", "--git", "HEAD~1..HEAD", "keys/gone.json").code == 0
    )
    assert run("compare", "--git", "HEAD~1..HEAD", "keys/ordinary.json").code == 0
    assert (
        run("compare", "--git", "HEAD", "absent").code == 2
        and run("compare", "--git", "HEAD~1..HEAD", "other").code == 2
    )
    assert "keys/same" in run("prove", "keys/same.json", "keys/ordinary.json", "--builtin", "no-public-access").out
    put("other/more.json", DELEGATE)
    git("add", "-A")
    git("commit", "-q", "-m", "three")
    put("other/third.json", DELEGATE)
    assert run("compare", "--git", "HEAD", "other").code == 0 and run("compare", "--git", "HEAD~1", "other").code == 1


def test_several_policies_of_which_a_revision_lacks_some(run: Run, put: Put, git: Callable[..., None]) -> None:
    """They are told apart alike on both sides: what changes is compared with what it was."""
    put("a.json", {**DELEGATE, "Action": ["kms:Put*", "kms:Describe*"]})
    put("gone.json", DELEGATE)
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    put("a.json", DELEGATE)
    put("new.json", DELEGATE)
    git("rm", "-q", "gone.json")
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    for paths, presence in (
        (("a.json", "new.json"), "both"),
        (("a.json", "gone.json"), "both"),
        (("gone.json", "new.json"), "only in old"),
    ):
        result = run("compare", "--git", "HEAD~1..HEAD", *paths, "--output", "json")
        assert "targets" in result.out, result.err
        first = json.loads(result.out)["targets"][0]
        assert first["presence"] == presence and (result.code == 1) is ("a.json" in paths), (paths, result.out)


def test_no_repository(run: Run, put: Put) -> None:
    result = run("compare", "--git", "HEAD", put("a.json", DELEGATE))
    assert result.code == 2 and "work tree of git" in result.err


# -- Terraform --


def test_before_and_after_a_plan(run: Run, put: Put, tmp_path: Path) -> None:
    def key(*statements: dict[str, Any]) -> dict[str, Any]:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        known = {
            "arn": KEY,
            "id": KEY.split("/")[1],
            "key_id": KEY.split("/")[1],
            "multi_region": False,
            "description": "x",
        }
        return {
            **known,
            "customer_master_key_spec": "SYMMETRIC_DEFAULT",
            "key_usage": "ENCRYPT_DECRYPT",
            "policy": policy,
        }

    def planned(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
        made = plan(caller_identity(), Planned("aws_kms_key", "main", after, before=before))
        (tmp_path / "plan.json").write_text(json.dumps(made))
        return "plan.json"

    wider = run("compare", "--plan", planned(key(DELEGATE, REPORTS), key(DELEGATE, WIDER)))
    assert wider.code == 1, wider.err
    assert '"Reports" lost its kms:ViaService condition' in wider.out and "before the plan → after it" in wider.out
    assert run("compare", "--plan", planned(key(DELEGATE, WIDER), key(DELEGATE, REPORTS))).code == 0
    gone = run("compare", "--plan", planned(key(DELEGATE), None))
    assert gone.code == 0 and "the key is gone" in gone.out


def test_a_plan_that_adds_a_key(run: Run, put: Put, tmp_path: Path) -> None:
    """It is compared with what AWS gives a key without a policy: an ordinary one passes, an open one fails."""

    def planned(*statements: dict[str, Any]) -> tuple[str, ...]:
        policy = {"policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})} if statements else {}
        made = plan(
            caller_identity(), Planned("aws_kms_key", "main", {"description": "x", **policy}, {"arn": True, "id": True})
        )
        (tmp_path / "plan.json").write_text(json.dumps(made))
        return "compare", "--plan", "plan.json", "--region", "eu-west-1"

    for ordinary in (planned(), planned(DELEGATE)):
        result = run(*ordinary)
        assert (
            result.code == 0 and "the key is new, and allows nothing that one without a policy does not" in result.out
        ), result.err
        assert run(*ordinary, "--fail-on", "any").code == 0
    opened = run(*planned(DELEGATE, {**WIDER, "Principal": "*"}))
    assert opened.code == 1 and "more permissive   the key is new" in opened.out and '"Reports" is new' in opened.out


def test_neither_side_holds_a_key(run: Run, put: Put, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(plan(caller_identity())))
    (tmp_path / "none.json").write_text(json.dumps({"keys": []}))
    for asked in (("--plan", "plan.json"), ("none.json", "none.json"), ("--plan", "plan.json", "none.json")):
        result = run("compare", *asked)
        assert result.code == 0 and "0 keys: equivalent; neither side holds a key" in result.out, result.err
    document = json.loads(run("compare", "none.json", "none.json", "--output", "json").out)
    Draft202012Validator(verifier.schema("comparison")).validate(document)
    assert (document["summary"]["relation"], document["summary"]["exit_code"], document["targets"]) == (
        "equivalent",
        0,
        [],
    )
    assert checked(run("check-no-new-access", "none.json", "none.json", "--output", "json")) == (0, "pass")
    assert "neither side holds a key" in run("check-no-new-access", "none.json", "none.json").out
    assert (
        "0 keys: equivalent; neither side holds a key"
        in run("compare", "none.json", "none.json", "--output", "github").out
    )


def test_one_side_holds_a_key_and_the_other_none(run: Run, put: Put, tmp_path: Path) -> None:
    for name, statements in (("ordinary", [DELEGATE]), ("open", [DELEGATE, WIDER])):
        keys = [{"arn": KEY, "policy": {"Version": "2012-10-17", "Statement": statements}}]
        (tmp_path / f"{name}.json").write_text(json.dumps({"keys": keys}))
    (tmp_path / "none.json").write_text(json.dumps({"keys": []}))
    assert run("compare", "none.json", "ordinary.json").code == 0 and run("compare", "none.json", "open.json").code == 1
    gone = run("compare", "open.json", "none.json", "--fail-on", "any")
    assert gone.code == 1 and "the key is gone" in gone.out


def test_a_plan_in_an_account_of_which_there_is_a_snapshot(run: Run, put: Put, tmp_path: Path) -> None:
    """What is attached to a role of the snapshot counts, and with a complete inventory nobody else gains anything."""
    roles: list[dict[str, Any]] = [
        {"RoleName": name, "Arn": f"arn:aws:iam::111122223333:role/{name}", "RolePolicyList": []}
        for name in ("app", "other")
    ]
    details = {"UserDetailList": [], "RoleDetailList": roles}
    policy = {"Version": "2012-10-17", "Statement": [DELEGATE]}
    keys = [{"arn": KEY, "name": "payments", "policies": {"default": policy}}]
    snapshot = {"keys": keys, "accounts": {"111122223333": {"authorization_details": details}}}
    (tmp_path / "live.json").write_text(json.dumps(snapshot))
    reads = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
    )
    attached = Planned("aws_iam_role_policy", "reads", {"name": "reads", "role": "app", "policy": reads}, {"id": True})
    (tmp_path / "plan.json").write_text(json.dumps(plan(caller_identity(), attached)))
    result = run("compare", "--plan", "plan.json", "live.json")
    assert result.code == 1, result.err
    assert "payments: more permissive" in result.out and "as it is → after the plan" in result.out
    assert "gained   kms:Decrypt\n           by role/app\n" in result.out and "role/other" not in result.out
    (tmp_path / "plan.json").write_text(json.dumps(plan(caller_identity())))
    assert run("compare", "--plan", "plan.json", "live.json").code == 0
    assert run("compare", "--plan", "plan.json", "live.json", "--key-arn", KEY).code == 2


# -- checks --


def checked(result: Any) -> tuple[int, str]:
    document = json.loads(result.out)
    Draft202012Validator(verifier.schema("check")).validate(document)
    assert document["exit_code"] == result.code
    return result.code, document["result"]


def test_no_new_access(run: Run, put: Put) -> None:
    old, new = put("old.json", DELEGATE, REPORTS), put("new.json", DELEGATE, WIDER)
    assert checked(run("check-no-new-access", old, new, "--key-arn", KEY, "--output", "json")) == (1, "fail")
    assert checked(run("check-no-new-access", new, old, "--key-arn", KEY, "--output", "json")) == (0, "pass")
    assert run("check-no-new-access", old, new, "--key-arn", KEY).out.startswith("FAIL")
    assert run("check-no-new-access", new, old, "--key-arn", KEY).out.startswith("PASS")


def test_access_not_granted(run: Run, put: Put) -> None:
    path = put("policy.json", DELEGATE, REPORTS)

    def check(*arguments: str) -> tuple[int, str]:
        return checked(run("check-access-not-granted", path, "--key-arn", KEY, "--output", "json", *arguments))

    assert check("--action", "kms:Decrypt") == (1, "fail")
    assert check("--action", "kms:Sign", "--principal", "callers in 444455556666") == (0, "pass")
    assert check("--action", "kms:Sign", "--action", "kms:decrypt", "--principal", "callers in 444455556666") == (
        1,
        "fail",
    )
    assert check("--action", "kms:Decrypt", "--principal", "role/other in 444455556666") == (0, "pass")
    both = ("--principal", "role/other in 444455556666", "--principal", "role/reports in 444455556666")
    assert check("--action", "kms:Decrypt", *both) == (1, "fail")
    assert check("--resource", KEY, "--principal", "role/other in 444455556666") == (0, "pass")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--principal", "users"),
        ("--action", "kms:NoSuch"),
        ("--action", "s3:GetObject"),
        ("--action", "kms:Sign", "--principal", "nonsense"),
        ("--action", "kms:Sign", "--resource", "key"),
        ("--action", "kms:Sign", "--resource", KEY[:-1] + "c"),
        ("--action", "kms:ListKeys", "--resource", KEY),
    ],
)
def test_access_that_cannot_be_granted_is_no_pass(run: Run, put: Put, arguments: tuple[str, ...]) -> None:
    """S3: where nothing would be checked, that is an error."""
    result = run("check-access-not-granted", put("policy.json", DELEGATE), "--key-arn", KEY, *arguments)
    assert result.code == 2 and result.out == ""


def test_no_public_access(run: Run, put: Put) -> None:
    closed, opened = put("closed.json", DELEGATE, REPORTS), put("open.json", DELEGATE, {**WIDER, "Principal": "*"})
    assert checked(run("check-no-public-access", closed, "--key-arn", KEY, "--output", "json")) == (0, "pass")
    assert checked(run("check-no-public-access", opened, "--key-arn", KEY, "--output", "json")) == (1, "fail")


def test_unknown_is_no_pass(run: Run, put: Put, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"keys": [{"arn": KEY}]}))
    assert checked(run("check-no-public-access", "a.json", "--output", "json")) == (3, "unknown")
    assert checked(run("check-no-new-access", "a.json", "a.json", "--output", "json")) == (3, "unknown")
    assert run("check-access-not-granted", "a.json", "--action", "kms:Sign").out.startswith("UNKNOWN")


@pytest.mark.parametrize("question", ["check-no-public-access", "check-access-not-granted --action kms:Decrypt"])
def test_a_policy_that_does_not_tell_its_account(run: Run, put: Put, question: str) -> None:
    name, *options = question.split()
    arguments = (name, put("policy.json", {**WIDER, "Principal": "*"}), *options)
    result = run(*arguments)
    assert result.code == 2 and "--account" in result.err
    assert run(*arguments, "--account", "111122223333", "--region", "eu-west-1").code in (0, 1)


def test_nothing_new_in_any_account(run: Run, put: Put) -> None:
    """S4: two versions of a policy that does not tell its account are compared in each that it may be of."""
    path = put("policy.json", {**WIDER, "Principal": "*"})
    result = run("check-no-new-access", path, path)
    assert result.code == 0 and "the account of the keys is not given" in result.out


@pytest.mark.parametrize("name", ["comparison", "check"])
def test_schemas(run: Run, name: str) -> None:
    result = run("schema", name)
    Draft202012Validator.check_schema(json.loads(result.out))


@pytest.mark.parametrize(
    "name", ["compare", "check-no-new-access", "check-access-not-granted", "check-no-public-access"]
)
def test_help_teaches(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.code == 0 and f"verifier {name} " in result.out.split("Usage:")[1].split("\n", 1)[1]
