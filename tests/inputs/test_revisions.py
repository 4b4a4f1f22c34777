"""Revisions in git: files as they are stored, odd names, hostile repositories, and nothing that changes or runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from verifier.inputs.revisions import Repository, repository_of, revisions
from verifier.syntax.diagnostic import InputError

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """`git("commit", …)` in a new repository, with nothing of the user's settings."""
    top = tmp_path / "repository"
    top.mkdir()

    def run(*arguments: str) -> str:
        settings = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.com",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "core.autocrlf=false",
        ]
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *settings, *arguments], cwd=top, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run("init", "-q")
    return run


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return tmp_path / "repository"


def commit(git: Git, top: Path, **files: str) -> str:
    """Commits files; a name's `__` stands for `/`, `_dot_` for a point."""
    for name, text in files.items():
        write(top, name.replace("__", "/").replace("_dot_", "."), text.encode())
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "x")
    return git("rev-parse", "HEAD")


def write(top: Path, name: str, data: bytes) -> None:
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def extracted(top: Path, text: str, path: Path, folder: Path) -> Path:
    repository = repository_of(path)
    old, _ = revisions(text, repository)
    folder.mkdir(exist_ok=True)
    found = repository.extract(old, path, folder)
    assert found is not None
    return found


def complaint(action: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        action()
    (only,) = caught.value.diagnostics
    return f"{only.message} [{only.hint}]" if only.hint else only.message


@pytest.fixture
def state(top: Path) -> Callable[[], dict[str, bytes]]:
    """Everything in the repository, for a comparison of before and after."""
    return lambda: {
        str(path): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file() and not path.is_symlink()
    }


def test_a_file_is_as_the_revision_has_it(
    git: Git, top: Path, tmp_path: Path, state: Callable[[], dict[str, bytes]]
) -> None:
    commit(git, top, a_dot_json="1\r\n")
    commit(git, top, a_dot_json="2\n")
    write(top, "a.json", b"3")
    before = state()
    assert extracted(top, "HEAD~1", top / "a.json", tmp_path / "out").read_bytes() == b"1\r\n"
    assert extracted(top, "HEAD", top / "a.json", tmp_path / "other").read_bytes() == b"2\n"
    assert state() == before


def test_a_folder_keeps_its_place_below_the_top(git: Git, top: Path, tmp_path: Path) -> None:
    commit(git, top, snapshots__x__keys__k__policy_dot_json="{}", snapshots__y_dot_json="1", other="1")
    found = extracted(top, "HEAD", top / "snapshots" / "x", tmp_path / "out")
    assert found == tmp_path / "out" / "snapshots" / "x"
    assert [path.name for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()] == ["policy.json"]


def test_the_whole_repository_may_be_meant(git: Git, top: Path, tmp_path: Path) -> None:
    commit(git, top, keys__k__policy_dot_json="{}", snapshot_dot_json="1")
    assert {path.name for path in extracted(top, "HEAD", top, tmp_path / "out").iterdir()} == {"keys", "snapshot.json"}


@pytest.mark.parametrize(
    "name",
    ["a b.json", "ü.json", ":x.json", "-x.json", "*.json", "[a].json", "a\nb.json", '"q".json', "a\\b.json", "a\tb"],
)
def test_odd_names(git: Git, top: Path, tmp_path: Path, name: str) -> None:
    write(top, name, b"odd")
    commit(git, top, plain_dot_json="plain")
    assert extracted(top, "HEAD", top / name, tmp_path / "out").read_bytes() == b"odd"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


def test_attributes_keep_nothing_out_and_change_nothing(git: Git, top: Path, tmp_path: Path) -> None:
    """`git archive` would leave the file out, a checkout would run the filter."""
    marker = tmp_path / "ran"
    git("config", "filter.evil.smudge", f"touch {marker}; cat")
    git("config", "filter.evil.clean", "cat")
    write(top, ".gitattributes", b"a.json export-ignore filter=evil text eol=crlf\n")
    commit(git, top, a_dot_json="1\n")
    assert extracted(top, "HEAD", top / "a.json", tmp_path / "out").read_bytes() == b"1\n"
    assert not marker.exists()


def test_nothing_runs_and_nothing_is_fetched(
    git: Git, top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(git, top, a_dot_json="1")
    marker = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.hooksPath"):
        git("config", name, str(program))
    git("config", "remote.origin.url", f"ext::{program}")
    git("config", "remote.origin.promisor", "true")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    extracted(top, "HEAD", top / "a.json", tmp_path / "out")
    blob = git("rev-parse", "HEAD:a.json")
    (top / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert "does not have all files" in complaint(lambda: extracted(top, "HEAD", top / "a.json", tmp_path / "other"))
    assert not marker.exists()


def test_the_environment_of_a_hook_does_not_lead_elsewhere(
    git: Git, top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(git, top, a_dot_json="1")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))
    assert extracted(top, "HEAD", top / "a.json", tmp_path / "out").read_bytes() == b"1"


def test_a_link_inside_stays_a_link(git: Git, top: Path, tmp_path: Path) -> None:
    write(top, "k/real.json", b"1")
    (top / "k" / "link.json").symlink_to("real.json")
    commit(git, top)
    assert (extracted(top, "HEAD", top / "k", tmp_path / "out") / "link.json").read_bytes() == b"1"


@pytest.mark.parametrize("target", ["/etc/hostname", "../../outside", "../../../x", "a/../../../x", "here/../../../x"])
def test_a_link_that_leads_out_is_an_error(git: Git, top: Path, tmp_path: Path, target: str) -> None:
    (top / "k").mkdir()
    (top / "k" / "here").symlink_to(".")
    (top / "k" / "link.json").symlink_to(target)
    commit(git, top)
    assert "`k/link.json` is a link that leads out" in complaint(
        lambda: extracted(top, "HEAD", top / "k", tmp_path / "out")
    )


def test_nothing_is_written_through_a_link(git: Git, top: Path, tmp_path: Path) -> None:
    """A tree that has a link and a folder of one name, which git itself would not make."""
    outside = tmp_path / "outside"
    outside.mkdir()
    write(top, "file", b"evil")
    write(top, "link", str(outside).encode())
    file, link = git("hash-object", "-w", "file"), git("hash-object", "-w", "link")

    def tree(text: str) -> str:
        done = subprocess.run(["git", "mktree"], cwd=top, input=text, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    inner = tree(f"100644 blob {file}\tx\n")
    whole = tree(f"120000 blob {link}\tk\n040000 tree {inner}\tk\n")
    git("update-ref", "refs/heads/main", git("commit-tree", whole, "-m", "x"))
    assert "cannot be written" in complaint(lambda: extracted(top, "main", top, tmp_path / "out"))
    assert not list(outside.iterdir())


def test_a_submodule_is_an_error(git: Git, top: Path, tmp_path: Path) -> None:
    found = commit(git, top, k__a_dot_json="1")
    git("update-index", "--add", "--cacheinfo", f"160000,{found},k/sub")
    git("commit", "-q", "-m", "x")
    assert "`k/sub` is a submodule" in complaint(lambda: extracted(top, "HEAD", top / "k", tmp_path / "out"))


@pytest.mark.parametrize("revision", ["nosuch", "", "--all", "-x", "HEAD:a.json", "\x1b[2J", "HEAD~9", "main@{9}"])
def test_what_is_no_revision_is_an_error(git: Git, top: Path, revision: str) -> None:
    commit(git, top, a_dot_json="1")
    told = complaint(lambda: repository_of(top).commit(revision))
    assert "revision" in told and told.isprintable()


def test_the_branch_that_was_meant_is_named(git: Git, top: Path) -> None:
    commit(git, top, a_dot_json="1")
    assert complaint(lambda: repository_of(top).commit("man")).endswith("[did you mean `main`?]")
    assert complaint(lambda: repository_of(top).commit("HAED")).endswith("[did you mean `HEAD`?]")
    assert "fetch them first" in complaint(lambda: repository_of(top).commit("release"))


def test_a_path_that_a_revision_lacks_is_an_error(git: Git, top: Path, tmp_path: Path) -> None:
    commit(git, top, a_dot_json="1")
    commit(git, top, b_dot_json="1")
    repository = repository_of(top)
    assert repository.extract(revisions("HEAD~1", repository)[0], top / "b.json", tmp_path) is None


@pytest.mark.parametrize(
    ("text", "files", "total", "found"),
    [
        ("../m", 3, 70, ["m/p", "m/r", "m/s"]),
        ("./m", 3, 70, []),
        ("../m", 2, 70, []),
        ("../m", 3, 50, []),
    ],
)
def test_what_a_configuration_may_refer_to(
    monkeypatch: pytest.MonkeyPatch,
    git: Git,
    top: Path,
    tmp_path: Path,
    text: str,
    files: int,
    total: int,
    found: list[str],
) -> None:
    """Files of the repository, but for links, large ones and those that git does not have; none where they are too
    many."""
    for name, value in (("_MOST_BYTES", 60), ("_MOST_FILES", files), ("MAXIMUM_TOTAL", total)):
        monkeypatch.setattr(f"verifier.inputs.revisions.{name}", value)
    write(top, "a/main.tf", f'module "m" {{\n  source = "{text}"\n}}\n'.encode())
    (top / "a" / "z.tf").symlink_to("nothing")
    (top / "link").symlink_to("/")
    commit(git, top, m__p="1", m__q="1" * 61, m__r="1" * 60, m__s="", m__t="2")
    gone = git("rev-parse", "HEAD:m/t")
    (top / ".git" / "objects" / gone[:2] / gone[2:]).unlink()
    out = extracted(top, "HEAD", top / "a", tmp_path / "out").parent
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir()) == [
        "a/main.tf",
        "a/z.tf",
        *found,
    ]


def test_what_a_template_may_refer_to(git: Git, top: Path, tmp_path: Path) -> None:
    commit(
        git, top, a__t_dot_yaml="TemplateURL: b/child.yaml", a__b__child_dot_yaml="1", c__other="2", a__p_dot_json="{}"
    )
    extracted(top, "HEAD", top / "a" / "p.json", tmp_path / "policy")
    assert [path.name for path in (tmp_path / "policy" / "a").iterdir()] == ["p.json"]
    extracted(top, "HEAD", top / "a" / "t.yaml", tmp_path / "out")
    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert found == ["a/b/child.yaml", "a/p.json", "a/t.yaml"]


def test_no_repository_is_an_error(tmp_path: Path) -> None:
    assert "is in no work tree of git" in complaint(lambda: repository_of(tmp_path / "x" / "y.json"))


def test_a_path_elsewhere_is_an_error(git: Git, top: Path, tmp_path: Path) -> None:
    commit(git, top, a_dot_json="1")
    assert "is not in the repository" in complaint(lambda: Repository(top).below_top(tmp_path / "other.json"))


def test_no_git_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "--git needs the program `git`" in complaint(lambda: repository_of(tmp_path))


def test_ranges_are_those_of_git(git: Git, top: Path) -> None:
    first = commit(git, top, a_dot_json="1")
    git("checkout", "-q", "-b", "side")
    side = commit(git, top, a_dot_json="2")
    git("checkout", "-q", "main")
    last = commit(git, top, a_dot_json="3")
    repository = repository_of(top)

    def commits(text: str) -> tuple[str, str | None]:
        old, new = revisions(text, repository)
        return old.commit, new.commit if new is not None else None

    assert commits("main") == (last, None)
    assert commits("main..side") == (last, side)
    assert commits("main...side") == (first, side)
    assert commits("side..") == (side, last)
    assert commits("..side") == (last, side)


def test_no_common_ancestor_is_an_error(git: Git, top: Path) -> None:
    commit(git, top, a_dot_json="1")
    git("checkout", "-q", "--orphan", "other")
    commit(git, top, a_dot_json="2")
    assert "no common ancestor" in complaint(lambda: revisions("main...other", repository_of(top)))
