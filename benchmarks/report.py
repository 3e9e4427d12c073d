"""Run the benchmarks and write ``docs/performance.md`` from what they print.

    python benchmarks/report.py [--only forward prepare ...] [--quick] [--fragments 5000000 50000000]

With ``--only`` the sections of the other scripts stay as they are; with no name after it the first table alone is made
anew.
"""

import re
import subprocess
import sys
from pathlib import Path

from _common import options
from _summary import summary

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"

SECTIONS = {
    "forward": "The network against Keras",
    "end_to_end": "The whole prediction against the bare networks",
    "stretches": "Windows that share pieces against windows one by one",
    "prepare": "Fragments to signal against bedtools",
    "scaling": "Growth with windows, networks, groups and threads",
    "groups": "Groups together against one by one",
    "workers": "Processes side by side",
    "estimate": "The time told beforehand",
    "memory": "Peak memory",
    "large_files": "Large BED and GTF files",
    "atlas": "An atlas of 200,000 cells",
    "outputs": "bigWigs",
    "agreement": "Agreement with the original",
    "bfloat16": "Accuracy in bfloat16",
    "data_module": "Training",
    "cell_scores": "Scores of cells against random backgrounds",
    "variants": "Variants and cohorts",
    "contributions": "Contributions of bases",
}

HEAD = """# Performance

Everything here was printed by the scripts in `benchmarks/`, each of which measures against a peer in the same run; the
page is written by `python benchmarks/report.py`, no number by hand. Look at ratios first: absolute figures are those of
the machine that is named.
"""


def main() -> None:
    """Run the scripts one after the other and write the page."""
    args = options(
        __doc__,
        only={"nargs": "*", "choices": list(SECTIONS), "default": list(SECTIONS)},
        fragments={"nargs": "+", "default": []},
    )
    old = sections_of(PAGE.read_text()) if PAGE.is_file() else {}
    for script in SECTIONS:
        if script in args.only:
            more = ["--fragments", *args.fragments] if script == "prepare" and args.fragments else []
            old[script] = _section(script, [*(["--quick"] * args.quick), *more])
            PAGE.write_text(page(old))
    PAGE.write_text(page(old))


def page(sections: dict[str, str]) -> str:
    """Put the page together from its sections, by script."""
    first = [summary(sections["forward"])] if "forward" in sections else []
    return "\n".join([HEAD, *first, *(sections[name] for name in SECTIONS if name in sections)])


def _section(script: str, arguments: list[str]) -> str:
    command = ["python", f"benchmarks/{script}.py", *arguments]
    done = subprocess.run(
        [sys.executable, *command[1:]], check=True, cwd=HERE.parent, stdout=subprocess.PIPE, text=True
    )
    prose = _prose((HERE / f"{script}.py").read_text())
    return f"## {SECTIONS[script]}\n\n`{' '.join(command)}`\n\n{prose}\n\n{done.stdout.strip()}\n"


def _prose(source: str) -> str:
    """First docstring of a script without its usage."""
    docstring = source.split('"""')[1]
    return re.sub(r"\n\n    python .*", "", docstring, flags=re.DOTALL).strip()


def sections_of(page: str) -> dict[str, str]:
    """Cut a page that was written before into its sections, by script."""
    found = {}
    for part in re.split(r"(?m)^(?=## )", page)[1:]:
        script = re.search(r"`python benchmarks/(\w+)\.py", part)
        if script:
            found[script[1]] = part.rstrip("\n") + "\n"
    return found


if __name__ == "__main__":
    main()
