"""Whether everything names the version that is released: ``check_release.py TAG``, such as v0.2.0.

Compared are the tag, pyproject.toml, the citation file, the entry for scverse's list, and the newest heading of the
changelog, which has to have a date.
"""

import re
import sys
import tomllib
from pathlib import Path


def named_versions(root: Path) -> dict[str, str]:
    """The version that each file names; the changelog's only where its newest heading has a date."""
    found = {"pyproject.toml": tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]}
    for name, pattern in (
        ("CITATION.cff", r"^version: (\S+)$"),
        ("docs/meta.yaml", r"^version: (\S+)$"),
        ("CHANGELOG.md", r"^## (\S+) \(\d{4}-\d{2}-\d{2}\)$"),
    ):
        text = (root / name).read_text()
        newest = text[: text.find("\n## ", text.find("\n## ") + 1)] if name == "CHANGELOG.md" else text
        match = re.search(pattern, newest, re.MULTILINE)
        found[name] = match[1] if match else "no version with a date" if name == "CHANGELOG.md" else "no version"
    return found


def main() -> None:
    """Say which files name another version than the tag, and fail if there are any."""
    tag = sys.argv[1].removeprefix("v")
    wrong = {name: version for name, version in named_versions(Path.cwd()).items() if version != tag}
    if wrong:
        sys.exit(f"the tag says {tag}; " + ", ".join(f"{name}: {version}" for name, version in wrong.items()))
    print(f"everything says {tag}")


if __name__ == "__main__":
    main()
