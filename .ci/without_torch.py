"""Requirements without torch, for a Python that has no CPU build of it: ``without_torch.py GROUP EXTRA ...``.

Prints what pyproject.toml names as dependencies, in a dependency group and in extras, one requirement a line, but for
torch and what would bring it along.
"""

import re
import sys
import tomllib
from pathlib import Path

NEED_TORCH = ("torch", "pytorch-lightning", "tangermeme")


def main() -> None:
    """Print the requirements."""
    group, *extras = sys.argv[1:]
    pyproject = tomllib.loads(Path("pyproject.toml").read_text())
    project = pyproject["project"]
    requirements = [*project["dependencies"], *pyproject["dependency-groups"][group]]
    requirements += [line for extra in extras for line in project["optional-dependencies"][extra]]
    print("\n".join(line for line in requirements if re.split(r"[^\w.-]", line)[0] not in NEED_TORCH))


if __name__ == "__main__":
    main()
