"""Versions come from tags, or are said where there is no git; the notes of a release are a section of CHANGELOG.md; CI
runs what exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import verifier
from tests.project.shown import ROOT
from tools.changelog import PAGE, notes

FILES = ("pyproject.toml", ".git_archival.txt", ".gitattributes")
COMMIT = ("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "--message", "a")


def git(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def version(folder: Path) -> str:
    """What is built in a folder is called so."""
    pytest.importorskip("setuptools_scm", reason="setuptools-scm is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETUPTOOLS_SCM")}
    command = [
        sys.executable,
        "-m",
        "setuptools_scm",
        "--root",
        str(folder),
        "--config",
        str(folder / "pyproject.toml"),
    ]
    return subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the version 1.2.3, which is also the newest of the major version 1."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "verifier").mkdir()
    for name in FILES:
        (folder / name).write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, *COMMIT)
    for tag in ("v1.2.3", "v1"):
        git(folder, "tag", tag)
    return folder


def test_the_version_is_that_of_the_tag_and_not_of_the_major_tag(repository: Path) -> None:
    assert version(repository) == "1.2.3"
    git(repository, *COMMIT)
    git(repository, "tag", "--force", "v1")
    assert re.fullmatch(r"1\.2\.4\.dev1\+g[0-9a-f]+", version(repository))


def test_a_shallow_clone_has_a_version(repository: Path, tmp_path: Path) -> None:
    git(repository, *COMMIT)
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-tags", repository.as_uri(), "shallow")
    assert re.fullmatch(r"0\.1\.dev1\+g[0-9a-f]+", version(tmp_path / "shallow"))


def test_an_archive_and_a_folder_without_git_have_a_version(repository: Path, tmp_path: Path) -> None:
    git(repository, "archive", "--output", str(tmp_path / "a.tar"), "--prefix", "archive/", "HEAD")
    with tarfile.open(tmp_path / "a.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "archive" / "verifier").mkdir(exist_ok=True)
    assert version(tmp_path / "archive") == "1.2.3"
    (tmp_path / "archive" / ".git_archival.txt").unlink()
    assert version(tmp_path / "archive") == "0.0"


def test_the_program_says_what_the_build_wrote(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(verifier, "__file__", str(tmp_path / "__init__.py"))
    assert verifier.__version__ == "0.0"
    (tmp_path / "VERSION.txt").write_text("1.2.3\n", encoding="utf-8")
    assert verifier.__version__ == "1.2.3"


def test_the_notes_of_a_release_are_the_section_of_its_version() -> None:
    text = (
        "# Changelog\n\n## 1.3.0, unreleased\n\nc\n\n## 1.2.3, 2027-01-31\n\n### New\n\n- b\n\n## 1.2.2, "
        "2027-01-01\n\na\n"
    )
    assert notes(text, "1.2.3") == "### New\n\n- b\n"
    for absent in ("1.3.0", "1.2", "2.0.0"):
        with pytest.raises(ValueError, match="CHANGELOG.md has"):
            notes(text, absent)
    assert re.search(
        r"^## \d+\.\d+\.\d+, (unreleased|\d{4}-\d{2}-\d{2})$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )


def test_the_workflow_runs_what_exists_and_waits_for_it() -> None:
    workflow: dict[str, Any] = yaml.safe_load(
        (ROOT / ".github" / "workflows" / "package.yml").read_text(encoding="utf-8")
    )
    jobs = workflow["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    scripts = {name for run in runs for name in re.findall(r"(?:tests|tools)/[\w/]+\.(?:sh|py)", run)}
    assert scripts == {"tools/changelog.py", "tests/project/wheel.sh", "tests/project/image.sh"}
    assert all((ROOT / name).is_file() for name in scripts)
    assert [run for run in runs if "${{" in run] == []
    assert (
        set(jobs["publish"]["needs"]) == jobs.keys() - {"publish"}
        and jobs["publish"]["if"] == "github.ref_type == 'tag'"
    )


DOCKER = """#!/bin/sh
# docker run --rm --network none --volume FOLDER:/work IMAGE ARGUMENTS
cd "${6%:/work}" || exit 9
shift 7
[ "$1" = --version ] && { echo "verifier 1.2.3"; exit; }
[ $# -gt 0 ] || set -- check
"""


def test_what_is_asked_of_the_image_can_be_had(tmp_path: Path) -> None:
    """The script of CI, with the program itself in place of the image."""
    docker = tmp_path / "docker"
    docker.write_text(f'{DOCKER}PYTHONPATH={ROOT} exec {sys.executable} -m verifier "$@"\n', encoding="utf-8")
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def ran(expected: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "tests" / "project" / "image.sh"), "image", expected]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert ran("1.2.3").returncode == 0, ran("1.2.3").stderr
    assert ran("1.2.4").stderr == "image: verifier --version is not 1.2.4\n"
