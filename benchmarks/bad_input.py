"""Kinds of bad input that users of other packages met, tried against this one: what each of them gets.

The kinds come from public threads (SnapATAC2, Signac, ArchR, pycisTopic, muon, anndata, scanpy and kin); each is made
from the toy data and given to a public function. The script fails where something else happens than should.

    python benchmarks/bad_input.py [--write] [--only WORD]
"""

import tempfile
import warnings
from collections import Counter
from pathlib import Path

from _bad_input_cases import CASES
from _bad_input_world import Outcome, World, attempt
from _common import options

import scmaxatac as sma

PAGE = Path(__file__).resolve().parent.parent / "docs" / "bad_input_table.txt"
_LONGEST = 260


def main() -> None:
    """Try all kinds, and print or write the table."""
    arguments = options(
        __doc__,
        write={"action": "store_true", "help": "write the table into the documentation"},
        only={"default": "", "help": "try only kinds whose text holds this word"},
    )
    cases = [case for case in CASES if arguments.only in case.what]
    sma.settings.progress = False
    with tempfile.TemporaryDirectory() as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            world = World(Path(folder))
        sma.settings.cache_dir = Path(folder) / "cache"
        outcomes = [attempt(case, world) for case in cases]
    for case, outcome in zip(cases, outcomes, strict=True):
        if not outcome.as_expected:
            print(f"NOT AS EXPECTED: {case.what}: {outcome.ending}, not {case.ending}: {outcome.message[:300]}")
    text = page(outcomes)
    print(text)
    if arguments.write and not arguments.only:
        PAGE.write_text(text)
    if not all(outcome.as_expected for outcome in outcomes):
        raise SystemExit("some kinds of bad input get something else than they should")


def page(outcomes: list[Outcome]) -> str:
    """The table of the documentation."""
    counts = Counter(outcome.ending for outcome in outcomes)
    n_met = sum(bool(case.thread) for case in CASES)
    endings = ", ".join(f"{n} {ending}" for ending, n in sorted(counts.items()))
    head = f"{len(outcomes)} kinds, {n_met} of them from public threads: {endings}.\n\n"
    lines = ["| Kind | Where users met it | What happens | What is said |", "|---|---|---|---|"]
    for case, outcome in zip(CASES, outcomes, strict=False):
        said = outcome.message if len(outcome.message) <= _LONGEST else outcome.message[:_LONGEST].rstrip() + " ..."
        lines.append(f"| {case.what} | {_link(case.thread)} | {outcome.ending} | {_plain(said)} |")
    return head + "\n".join(lines) + "\n"


def _link(thread: str) -> str:
    """A thread as a link; empty for none."""
    repository, _, number = thread.partition("#")
    if not number:
        return ""
    return f"[{repository.split('/')[1]} {number}](https://github.com/{repository}/issues/{number})"


def _plain(text: str) -> str:
    """A message as a cell of a markdown table."""
    return f"`` {text.replace('|', '¦')} ``" if text else ""


if __name__ == "__main__":
    main()
