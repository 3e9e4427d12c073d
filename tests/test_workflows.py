"""The workflows of the repository: what runs is pinned, and may do no more than it needs."""

import re
from pathlib import Path

import pytest

WORKFLOWS = sorted((Path(__file__).resolve().parents[1] / ".github" / "workflows").glob("*.yaml"))
JOB = re.compile(r"^  (\w+):\n((?:    .*\n|\n)+)", re.MULTILINE)


def test_there_are_workflows():
    assert {path.stem for path in WORKFLOWS} >= {"build", "release", "test"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_the_hash_of_a_commit_with_their_version_beside_it(path):
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_names_its_permissions_and_the_rest_has_none(path):
    head, _, jobs = path.read_text().partition("\njobs:\n")
    assert "\npermissions: {}\n" in head
    found = JOB.findall(jobs + "\n")
    assert found
    for name, text in found:
        granted = re.search(r"^    permissions:\n((?:      .*\n)+)", text, re.MULTILINE)
        assert granted, name
        rights = {line.split("#")[0].strip() for line in granted[1].splitlines()}
        assert rights <= {"contents: read", "id-token: write"}, name
        assert path.stem == "release" or rights == {"contents: read"}, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_checkout_leaves_its_token_behind(path):
    text = path.read_text()
    checkouts = re.findall(r"uses: actions/checkout@.*\n((?: {8,}.*\n)*)", text)
    assert checkouts
    assert all("persist-credentials: false" in settings for settings in checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_tools_that_build_and_upload_are_of_one_version(path):
    for command in re.findall(r"pip install (.*)", path.read_text()):
        for tool in re.findall(r"(?:^|\s)((?:build|twine|pip-audit)\b\S*)", command):
            assert re.fullmatch(r"[\w-]+==[\d.]+", tool), tool


def test_what_is_known_of_the_dependencies_is_asked_for_where_there_is_a_network():
    text = (WORKFLOWS[0].parent / "test.yaml").read_text()
    assert re.search(r"pip install .* pip-audit==[\d.]+\n      - run: python -m pip_audit", text)


def test_the_lint_step_looks_for_what_is_unsafe():
    steps = (WORKFLOWS[0].parents[2] / ".ci" / "run").read_text()
    assert re.search(r"\.venv/bin/bandit -q -r src\n\.venv/bin/zizmor --offline", steps)
