"""Faults: processes that are killed, full disks, two writers in one folder, and files of the user's in it.

Every case runs in a process of its own on a tiny data set and is compared with what an undisturbed run gives, number by
number and file by file. Kills come before chosen operations on files (opening for writing, renaming, removing, syncing)
and after random times; a disk is filled by a limit on the size of files and, where the script may mount one, by a small
disk in memory. Cases that are done are kept in the folder of `--state`, and a second call goes on from there.

    python benchmarks/faults.py [--only kill pairs disk foreign] [--quick] [--seed 0] [--kills 20] [--state DIR]
"""

import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from _common import machine, options, table
from _faults_foreign import foreign
from _faults_lab import Lab, Notes, make_lab, serving
from _faults_parts import disk, kill, pairs
from _faults_process import run
from _faults_world import World, make_world
from _faults_writers_more import COMMAND, FILLED, FOREIGN, KILLED, PREDICT, TN5, TRAIN

import scmaxatac

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reliability_faults.txt"
RUNS = {
    "the same": (PREDICT, "second", "second"),
    "another step": (PREDICT, "second", "first"),
    "other fragments": (PREDICT, "second", "fragments"),
    "another order of models": (PREDICT, "second", "order"),
    "another precision": (PREDICT, "second", "precision"),
    "with and without bigWigs": (PREDICT, "second", "no tracks"),
    "with and without an executor": (PREDICT, "executor", "second"),
    "tn5_tracks, another scale": (TN5, "second", "first"),
    "scmaxatac predict, another step": (COMMAND, "second", "first"),
}
TRAININGS = {
    "train, the same": (TRAIN, "second", "second"),
    "train, another seed": (TRAIN, "second", "seed"),
    "train, another factor": (TRAIN, "second", "factor"),
    "train, another option": (TRAIN, "second", "options"),
    "train, another rate": (TRAIN, "rate", "second"),
}
PARTS = {
    "kill": ("Killed, and called again", "killed", "killed"),
    "pairs": ("Two at once in one folder", "both ended well", "2 done"),
    "disk": ("A full disk, and space again", "ended with an error", "error"),
    "foreign": ("Files of the user's in the folder", "", ""),
}
"""Parts, the titles of their tables, and a column there with the result of a case that it counts."""


def main() -> None:
    """Run the cases that are not done yet and print the tables."""
    args = options(
        __doc__,
        only={"nargs": "+", "choices": list(PARTS), "default": list(PARTS)},
        writers={"nargs": "+", "default": [""], "help": "parts of names of writers; default: all"},
        seed={"type": int, "default": 0},
        kills={"type": int, "default": 20, "help": "kills of each writer; default: %(default)s"},
        pairs={"type": int, "default": 20, "help": "pairs of runs, and half as many of trainings"},
        points={"type": int, "default": 10, "help": "points at which each writer's disk is full"},
        names={"type": int, "default": 16, "help": "names under which a file of the user's lies"},
        timeout={"type": float, "default": 120.0, "help": "seconds after which a call hangs"},
        state={"type": Path, "default": Path(tempfile.gettempdir()) / "scmaxatac_faults"},
        write={"action": "store_true", "help": f"write the tables to docs/{PAGE.name}"},
    )
    if args.quick:
        args.kills, args.pairs, args.points, args.names = 4, len(RUNS), 2, 4
    start, state = time.monotonic(), args.state.resolve()
    import_everything()
    world = World(state / "world")
    made = run(lambda: bool(make_world(world.folder)), watch=state)
    if made.how != "done":
        raise SystemExit(f"the inputs can't be made: {made}\n{made.trace}")
    notes = Notes(state / "cases.jsonl", args.seed)
    chosen = [name.casefold() for name in args.writers]
    with serving(world.served) as url:
        lab = make_lab(state, world, url, args.timeout)
        _run(lab, notes, args, lambda name: any(part in name.casefold() for part in chosen))
    text = _report(notes)
    print(text)
    print(f"\n{time.monotonic() - start:,.0f} s in this call; cases are kept in {notes.path}")
    if args.write:
        PAGE.write_text(text + "\n")


def _run(lab: Lab, notes: Notes, args: Namespace, is_chosen: Callable[[str], bool]) -> None:
    for part, function, writers, n in (
        ("kill", kill, KILLED, args.kills),
        ("disk", disk, FILLED, args.points),
        ("foreign", foreign, FOREIGN, args.names),
    ):
        for writer in writers if part in args.only else ():
            if is_chosen(writer.name):
                function(lab, notes, writer, n)
    if "pairs" in args.only:
        for kinds, n in ((RUNS, args.pairs), (TRAININGS, args.pairs // 2)):
            pairs(lab, notes, {kind: of for kind, of in kinds.items() if is_chosen(kind)}, n, "pairs")


def import_everything() -> None:
    """Import what the cases need, so that forked processes have it; nothing is computed, and no thread begun, here."""
    import numba

    ours = [module.name for module in walk_packages(scmaxatac.__path__, "scmaxatac.") if "__main__" not in module.name]
    for name in (*ours, "mudata", "pyBigWig", "pybigtools", "pyarrow.csv", "zarr", "matplotlib.pyplot"):
        with suppress(ImportError):
            import_module(name)
    numba.njit(lambda x: x + 1)(1)  # numba's tables of types take longer than all that a case compiles


def _report(notes: Notes) -> str:
    """Tables of the cases that are done and of their faults."""
    pieces = [machine()]
    for part, (title, column, result) in PARTS.items():
        rows: dict[str, list[dict]] = {}
        for row in notes.of(part):
            rows.setdefault(row["name"], []).append(row)
        faults = list(dict.fromkeys(fault for of in rows.values() for row in of for fault in row["faults"]))
        lines = []
        for name, of in rows.items():
            n = Counter(fault for row in of for fault in row["faults"])
            counted = [sum(row["result"] == result for row in of)] if column else []
            right = sum(not row["faults"] for row in of)
            lines.append((name, len(of), *counted, right, *(n[fault] for fault in faults)))
        if lines:
            total = ("all", *(sum(line[i] for line in lines) for i in range(1, len(lines[0]))))
            columns = ["", "cases", *([column] if column else []), "as promised", *faults]
            pieces.append(f"**{title}**\n\n{table(columns, [*lines, total])}")
    return "\n\n".join(pieces)


if __name__ == "__main__":
    main()
