"""Mutations: files with flipped bits, cuts, zeros, and blocks and lines that are moved, repeated, added or taken out.

Every mutation is read in a process of its own with a limit on its time and memory. What comes out is compared with what
the sound file gives, and where it is something else with what a plain reader of the format, that knows nothing of
scmaxatac, finds in the changed file: formats without checksums hold other content then, which nothing can tell.
Mutations that are done are kept in the folder of `--state`, and a second call goes on from there.

    python benchmarks/mutations.py [--only BED GTF] [--quick] [--seed 0] [--mutations 120] [--state DIR] [--write]
"""

import resource
import shutil
import tempfile
import time
import warnings
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from logging import WARNING, Handler, LogRecord
from pathlib import Path
from typing import Any

import numpy as np
from _common import machine, options, table
from _faults_lab import Notes
from _faults_process import Ending, run
from _mutations_changes import OF_BYTES, OF_LINES, mutate
from _mutations_readers import READERS, Reader
from _mutations_results import RESULTS
from faults import import_everything

from scmaxatac._logging import logger

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reliability_mutations.txt"

SAME, REFUSED, TOLD, SAYS = "the same result", "an error that names the file", "a warning", "what the file now says"
SILENT, INSIDE, HANG, CRASH = "another result, silently", "an error from inside", "a hang", "a crash"
GOOD = (SAME, REFUSED, TOLD, SAYS)
BAD = (SILENT, INSIDE, HANG, CRASH)


def main() -> None:
    """Read the mutations that are not done yet, and print the table and what is bad."""
    args = options(
        __doc__,
        only={"nargs": "+", "default": [""], "help": "parts of names of readers; default: all"},
        seed={"type": int, "default": 0},
        mutations={"type": int, "default": 120, "help": "mutations of each reader's files; default: %(default)s"},
        timeout={"type": float, "default": 60.0, "help": "seconds after which a reader hangs"},
        memory={"type": int, "default": 2000, "help": "MiB that a reader may take beside what is there"},
        state={"type": Path, "default": Path(tempfile.gettempdir()) / "scmaxatac_mutations"},
        write={"action": "store_true", "help": f"write the table to docs/{PAGE.name}"},
        check={"action": "store_true", "help": "fail if a mutation ends otherwise than well"},
    )
    if args.quick:
        args.mutations = 12
    start, state = time.monotonic(), args.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    import_everything()
    notes = Notes(state / "mutations.jsonl", args.seed)
    for reader in (*READERS, *RESULTS):
        if any(part.casefold() in reader.name.casefold() for part in args.only):
            _try(reader, notes, args, state)
    text = _report(notes)
    print(text)
    bad = [row for row in notes.of("mutations") if row["result"] in BAD]
    for row in bad:
        print(f"\n{row['name']}, {row['case']}: {row['result']}\n{row['faults'].get('seen', '')}")
    print(f"\n{time.monotonic() - start:,.0f} s in this call; mutations are kept in {notes.path}")
    if args.write:
        PAGE.write_text(text + "\n")
    if args.check and bad:
        raise SystemExit(1)


def _try(reader: Reader, notes: Notes, args: Namespace, state: Path) -> None:
    """Read the mutations of a reader's files that have no result yet."""
    numbers = [i for i in range(args.mutations) if not notes.done("mutations", reader.name, str(i))]
    if not numbers:
        return
    template, place = state / "template", state / "place"
    for folder in (template, place):
        shutil.rmtree(folder, ignore_errors=True)
    template.mkdir()
    made = run(lambda: bool(reader.make(template)), watch=state, timeout=300)
    shutil.copytree(template, place)
    sound = run(lambda: _plain(reader.read(place)), watch=state, timeout=300)
    if made.how != "done" or sound.how != "done":
        raise SystemExit(f"{reader.name} can't read a sound file: {made} {made.trace} {sound} {sound.trace}")
    for number in numbers:
        shutil.rmtree(place)
        shutil.copytree(template, place, copy_function=shutil.copy2)
        n_ways = len(OF_BYTES) + len(OF_LINES) * reader.is_text
        pattern = reader.damaged[number // n_ways % len(reader.damaged)]
        file = sorted(place.glob(pattern))[0]
        way = _damage(file, reader, number, args.seed)
        result, seen = _outcome(reader, place, file, sound.value, args)
        name = file.relative_to(place).as_posix()
        notes.add(
            "mutations", reader.name, str(number), result=result, faults={"way": f"{way} of {name}", "seen": seen}
        )


def _damage(file: Path, reader: Reader, number: int, seed: int) -> str:
    data = file.read_bytes()
    head = reader.head if number % 2 else len(data)
    way, changed = mutate(
        data[:head], is_text=reader.is_text, name=f"{reader.name} {file.name}", number=number, seed=seed
    )
    file.write_bytes(changed if way == "cut" else changed + data[head:])
    return way


def _outcome(reader: Reader, place: Path, file: Path, sound: Any, args: Namespace) -> tuple[str, str]:
    """What came of a mutation, and what was seen."""

    def limited() -> Any:
        limit = _data_size() + (args.memory << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        with _told() as told:
            found = _plain(reader.read(place))
        return found, told

    copy = file.read_bytes()
    ending = run(limited, watch=place, timeout=args.timeout)
    if ending.how == "hung":
        return HANG, ""
    if ending.how != "done":
        if ending.how != "error":
            return CRASH, ending.text
        return (REFUSED, ending.text) if _is_ours(ending, file, place) else (INSIDE, ending.trace)
    found, told = ending.value
    if found == sound:
        return SAME, ""
    if any(_names(text, file, place) for text in told):
        return TOLD, told[0]
    if reader.says is not None:
        file.write_bytes(copy)
        says = run(lambda: _plain(reader.says(place)), watch=place, timeout=args.timeout)
        if says.how == "done" and says.value == found:
            return SAYS, ""
        return SILENT, f"{_difference(found, says.value)}\n{says.trace[-300:]}"
    return SILENT, _difference(found, sound)


def _is_ours(ending: Ending, file: Path, place: Path) -> bool:
    return ending.raised_by_us and _names(ending.text, file, place)


def _names(text: str, file: Path, place: Path) -> bool:
    """Whether a message names the file, its folder, or the results in an object."""
    folder = file.parent if file.parent != place else file
    return any(name in text for name in (str(file), file.name, str(folder), "uns['tfbs']"))


@contextmanager
def _told() -> Iterator[list[str]]:
    """Texts of warnings, of any kind, and of the log's warnings."""
    told: list[str] = []

    class Keeper(Handler):
        def emit(self, record: LogRecord) -> None:
            told.append(record.getMessage())

    keeper = Keeper(WARNING)
    logger.addHandler(keeper)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: told.append(str(message))
        warnings.simplefilter("always")
        yield told
    logger.removeHandler(keeper)


def _plain(value: Any) -> Any:
    """Nested lists of numbers and texts that can be compared; NaN equals NaN."""
    if isinstance(value, np.ndarray):
        return [str(value.dtype), list(value.shape), value.tobytes()]
    if isinstance(value, dict):
        return [[str(key), _plain(of)] for key, of in value.items()]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return value if value == value and value is not None else repr(value)


def _difference(one: Any, other: Any) -> str:
    """Show where two results begin to differ."""
    if isinstance(one, list) and isinstance(other, list):
        for i, (a, b) in enumerate(zip(one, other, strict=False)):
            if a != b:
                return f"[{i}] {_difference(a, b)}"
        return f"{len(one)} and {len(other)} items"
    return f"{str(one)[:200]} != {str(other)[:200]}"


def _data_size() -> int:
    """Bytes of data that this process has."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmData:")[2].split()[0]) << 10


def _report(notes: Notes) -> str:
    rows: dict[str, Counter[str]] = {}
    for row in notes.of("mutations"):
        rows.setdefault(row["name"], Counter())[row["result"]] += 1
    lines = [(name, sum(of.values()), *(of[result] for result in (*GOOD, *BAD))) for name, of in rows.items()]
    total = ("all", *(sum(line[i] for line in lines) for i in range(1, 2 + len(GOOD) + len(BAD))))
    return f"{machine()}\n\n{table(['', 'mutations', *GOOD, *BAD], [*lines, total])}"


if __name__ == "__main__":
    main()
