"""What the repository says of itself beside its code: its entry for scverse's list, versions, references, templates."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENTRY = yaml.safe_load((ROOT / "docs" / "meta.yaml").read_text())
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
CHECK = ROOT / ".ci" / "check_release.py"

WANTED = {
    "name": str, "description": str, "project_home": str, "documentation_home": str, "tutorials_home": str,
    "publications": list, "install": dict, "primary_category": str, "tags": list, "license": str, "language": str,
    "version": str, "contact": list, "test_command": str, "category": str,
}  # fmt: skip
"""Fields of an entry of scverse/ecosystem-packages, and what they hold."""


def test_the_entry_holds_every_field_of_the_list_and_no_other():
    assert {name: type(value) for name, value in ENTRY.items()} == WANTED
    assert len(set(ENTRY["tags"])) == len(ENTRY["tags"]) > 0
    assert all(re.fullmatch(r"10\.\d{4,9}/[-._;()/:A-Za-z0-9]+", doi) for doi in ENTRY["publications"])


def test_the_entry_agrees_with_the_project():
    assert ENTRY["name"] == ENTRY["install"]["pypi"] == PROJECT["name"]
    assert (ENTRY["version"], ENTRY["license"]) == (PROJECT["version"], PROJECT["license"])
    assert ENTRY["project_home"] == PROJECT["urls"]["Source"]
    assert ENTRY["documentation_home"] == PROJECT["urls"]["Documentation"]
    page = ENTRY["tutorials_home"].removeprefix(PROJECT["urls"]["Documentation"] + "/en/latest/")
    assert (ROOT / "docs" / page).with_suffix(".ipynb").is_file()


def test_the_entry_agrees_with_the_citation_and_names_nobody_who_is_not_named_there():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (str(citation["version"]), citation["license"]) == (ENTRY["version"], ENTRY["license"])
    assert citation["repository-code"] == ENTRY["project_home"]
    assert ENTRY["publications"] == [citation["preferred-citation"]["doi"]]
    assert ENTRY["contact"] == [author["alias"] for author in citation["authors"] if "alias" in author]


def test_the_command_of_the_entry_is_the_readmes():
    (command,) = re.findall(
        r"^\.venv/bin/pip (.*) && \.venv/bin/pytest$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert ENTRY["test_command"] == f"pip {command} && pytest"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """Copy of the files that name the version, with a date in the changelog."""
    for name in ("pyproject.toml", "CITATION.cff", "docs/meta.yaml", "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    changelog = tmp_path / "CHANGELOG.md"
    dated = f"## {PROJECT['version']} (2026-01-02)"
    changelog.write_text(re.sub(r"^## \S+ \(.*\)$", dated, changelog.read_text(), count=1, flags=re.MULTILINE))
    return tmp_path


def check_release(tag: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, CHECK, tag], cwd=folder, capture_output=True, text=True, check=False)


def test_a_release_of_one_version_everywhere_passes(released: Path):
    assert check_release("v" + PROJECT["version"], released).returncode == 0


@pytest.mark.parametrize("name", ["pyproject.toml", "CITATION.cff", "docs/meta.yaml", "CHANGELOG.md"])
def test_a_release_with_another_version_in_one_file_fails_and_names_it(released: Path, name: str):
    file = released / name
    file.write_text(file.read_text().replace(PROJECT["version"], "9.8.7"))
    done = check_release(PROJECT["version"], released)
    assert done.returncode == 1
    assert done.stderr == f"the tag says {PROJECT['version']}; {name}: 9.8.7\n"


def test_a_release_without_a_date_fails(released: Path):
    file = released / "CHANGELOG.md"
    file.write_text(file.read_text().replace("(2026-01-02)", "(unreleased)"))
    assert "CHANGELOG.md: no version with a date" in check_release(PROJECT["version"], released).stderr


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_of_issues_are_forms(path: Path):
    form = yaml.safe_load(path.read_text())
    if path.stem == "config":
        assert all(set(link) == {"name", "url", "about"} for link in form["contact_links"])
    else:
        assert {"name", "description", "body"} <= set(form)
        ids = [field["id"] for field in form["body"]]
        assert len(set(ids)) == len(ids)
        assert all(field["type"] == "textarea" and field["attributes"]["label"] for field in form["body"])


def test_the_form_for_bugs_asks_for_versions_and_holds_code_that_is_python():
    (form,) = (yaml.safe_load(path.read_text()) for path in TEMPLATES if path.stem == "bug_report")
    fields = {field["id"]: field for field in form["body"]}
    assert "session_info2.session_info(dependencies=True)" in fields["versions"]["attributes"]["description"]
    assert fields["versions"]["validations"]["required"]
    compile(fields["code"]["attributes"]["value"], "bug_report", "exec")


def cited() -> set[tuple[str, str]]:
    """Surname and year of the works that sources and pages cite."""
    texts = [path.read_text() for path in (ROOT / "src").rglob("*.py")]
    texts += [path.read_text() for path in (ROOT / "docs").rglob("*.md") if path.name != "references.md"]
    pattern = re.compile(r"([A-ZÉ][\w-]+)\s+(?:et\s+al\.?|and\s+[A-Z][\w-]+)\s+\(?((?:19|20)\d\d)\b")
    return {found for text in texts for found in pattern.findall(text)}


def test_every_work_that_is_cited_stands_on_the_page_of_references():
    page = (ROOT / "docs" / "references.md").read_text()
    entries = [" ".join(entry.split()) for entry in re.split(r"^- ", page, flags=re.MULTILINE)[1:]]
    works = cited()
    assert ("Cazares", "2023") in works
    missing = [(name, year) for name, year in works if not any(e.startswith(name) and year in e for e in entries)]
    assert missing == []


def test_every_doi_is_a_link_to_itself():
    page = (ROOT / "docs" / "references.md").read_text()
    links = re.findall(r"\[doi:([^\]]+)\]\(https://doi\.org/([^)]+)\)", page)
    assert len(links) == page.count("[doi:") > 0
    assert all(text == target for text, target in links)
