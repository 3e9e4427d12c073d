"""The four kinds of faults: killed processes, full disks, two at once, and files of the user's."""

import random
import shutil
import time
from itertools import cycle, islice
from pathlib import Path

from _faults_lab import Lab, Notes, can_mount, differing, small_disk
from _faults_process import Ending, Fault
from _faults_writers import Numbers, Place, Writer

ABOUT_DISK = ("disk", "space", "too large", "limit on the size")
_TIMED = 0.3
"""Share of the kills that come after a random time, so that they reach what native code does."""

_TRIES, _SMALLEST = 3, 16_384


def kill(lab: Lab, notes: Notes, writer: Writer, n: int) -> None:
    """Kill a writer at `n` points and call it again: the same numbers, nothing left over, the earlier result there.

    The place holds the results of the first variant where the second one may follow it.
    """
    cases = [f"{i + 1} of {n}" for i in range(n)]
    if all(notes.done("kill", writer.name, case) for case in cases):
        return
    rng = random.Random(f"{notes.seed} {writer.name}")
    earlier, template = _earlier(lab, writer)
    wanted = lab.run(writer.write, "second")
    if wanted.how == "error" and wanted.is_clear:  # no other result is taken in here: start from an empty place
        earlier, template = None, None
        lab.restore()
        wanted = lab.run(writer.write, "second")
    if wanted.how != "done":
        raise SystemExit(f"{writer.name} fails undisturbed: {wanted}\n{wanted.trace}")
    files, n_timed = lab.tree(), round(_TIMED * n)
    for i, case in enumerate(cases):
        at, after = round((i + 0.5) / (n - n_timed) * wanted.operations), rng.uniform(0.05, 0.95) * wanted.seconds
        if notes.done("kill", writer.name, case):
            continue
        ended, tries = Ending("done"), 0
        while ended.how == "done" and tries < _TRIES:  # a busy machine is slower at one time than at another
            fault = Fault(kill_at=max(at, 1)) if i < n - n_timed else Fault(kill_after=after / 2**tries)
            lab.restore(template)
            ended, tries = lab.run(writer.write, "second", fault), tries + 1
        faults = {}
        allowed = [one for one in (earlier, None if writer.keeps else wanted.value) if one is not None]
        if earlier is not None and (trouble := _read_again(lab, writer, allowed)):
            faults["earlier result lost"] = trouble
        again = lab.run(writer.write, "second")
        if again.how != "done":
            faults["no way on"] = str(again)
        elif wrong := differing(again.value, wanted.value):
            faults["wrong"] = ", ".join(wrong)
        else:
            if left := sorted(lab.tree() - files):
                faults["leftovers"] = ", ".join(left[:5])
            if earlier is not None and writer.keeps and (trouble := _read_again(lab, writer, [earlier])):
                faults["earlier result lost"] = trouble
        notes.add("kill", writer.name, case, result=ended.how, faults=faults)


def _earlier(lab: Lab, writer: Writer) -> tuple[Numbers | None, Path | None]:
    """Results of the first variant, and a copy of the place that holds them."""
    if writer.read is None:
        lab.restore()
        return None, None
    lab.solo(writer, "first")
    read = lab.run(writer.read, "first")
    template = lab.place.root.with_name("template")
    shutil.rmtree(template, ignore_errors=True)
    shutil.copytree(lab.place.root, template, symlinks=True)
    return read.value, template


def _read_again(lab: Lab, writer: Writer, allowed: list[Numbers]) -> str:
    """Read the earlier result; what is wrong with it, or nothing."""
    if writer.read is None:
        return ""
    read = lab.run(writer.read, "first")
    return str(read) if read.how != "done" else ", ".join(differing(read.value, *allowed))


def disk(lab: Lab, notes: Notes, writer: Writer, n: int) -> None:
    """Fill the disk at `n` points, half by a limit of a file's size and half by a small disk, where one can be made.

    A clear error that names the disk or the limit, and the file or folder; no hang; with space again the same numbers.
    What the cache of a genome holds is there before, but for its own cases.
    """
    kinds = ["file size", "small disk"] if can_mount(lab.place.root.with_name("mounted")) else ["file size"]
    points = [(kind, (i + 0.5) / (n / len(kinds))) for kind in kinds for i in range(n // len(kinds))]
    cases = [f"{kind} at {share:.0%}" for kind, share in points]
    if all(notes.done("disk", writer.name, case) for case in cases):
        return
    template, before, there = _with_cache(lab, writer)
    solo = lab.run(writer.write, "second")
    if solo.how != "done":
        raise SystemExit(f"{writer.name} fails undisturbed: {solo}\n{solo.trace}")
    files, needed = lab.tree(), lab.used() - before
    own = [path for path in map(lab.place.root.joinpath, sorted(files - there)) if path.is_file()]
    sizes = sorted(path.stat().st_size for path in own if path.stat().st_size > 1)
    for case, (kind, share) in zip(cases, points, strict=True):
        if notes.done("disk", writer.name, case):
            continue
        lab.restore(template)
        if kind == "file size":  # a little less than the file at this place among them, by size, has
            limit = max(int(sizes[int(share * len(sizes))] * 0.97), 1)
            ended = lab.run(writer.write, "second", Fault(file_size=limit))
            again, left = lab.run(writer.write, "second"), lab.tree() - files
        else:
            shutil.rmtree(lab.place.root)
            with small_disk(lab.place.root, before + int(share * needed)) as resize:
                shutil.copytree(template, lab.place.root, symlinks=True, dirs_exist_ok=True)
                ended = lab.run(writer.write, "second")
                resize(1 << 30)
                again, left = lab.run(writer.write, "second"), lab.tree() - files
        faults = _judge_full(ended, solo.value, str(lab.place.root))
        if again.how != "done":
            faults["no way on"] = str(again)
        elif wrong := differing(again.value, solo.value):
            faults["wrong afterwards"] = ", ".join(wrong)
        elif left:
            faults["leftovers"] = ", ".join(sorted(left)[:5])
        notes.add("disk", writer.name, case, result=ended.how, faults=faults)


def _with_cache(lab: Lab, writer: Writer) -> tuple[Path, int, set[str]]:
    """Copy of the place that holds the encoded genome, unless that is what the writer writes; its size and files."""
    lab.restore()
    if writer.target != "cache":
        lab.run(_encode, "")
    template = lab.place.root.with_name("template")
    shutil.rmtree(template, ignore_errors=True)
    shutil.copytree(lab.place.root, template, symlinks=True)
    return template, max(lab.used(), _SMALLEST), lab.tree()


def _encode(place: Place, variant: str) -> Numbers:
    """Encode the genome into the cache."""
    place.genome().codes("chr1")
    return {}


def _judge_full(ended: Ending, wanted: Numbers, root: str) -> dict[str, str]:
    if ended.how == "done":
        wrong = differing(ended.value, wanted)
        return {"silently wrong": ", ".join(wrong)} if wrong else {}
    if ended.how != "error":
        return {"hang" if ended.how == "hung" else "crash": ended.text or ended.how}
    says = any(word in ended.text.replace(root, "").lower() for word in ABOUT_DISK) and root in ended.text
    return {} if says and ended.raised_by_us else {"unclear error": str(ended)}


def pairs(lab: Lab, notes: Notes, kinds: dict[str, tuple[Writer, str, str]], n: int, part: str) -> None:
    """Start two variants in one place, `n` times: each ends with its own numbers or with a clear error, one at least.

    What ended well is then read again: its own numbers, or a clear error.
    """
    known: dict[tuple[str, str], tuple[Numbers, set[str], Ending]] = {}
    for i, kind in enumerate(islice(cycle(kinds), n)):
        case, (writer, *variants) = f"{i + 1}", kinds[kind]
        if notes.done(part, kind, case):
            continue
        for variant in variants:
            if (writer.name, variant) not in known:
                known[writer.name, variant] = lab.solo(writer, variant)
        solo = {variant: known[writer.name, variant] for variant in variants}
        delay = random.Random(f"{notes.seed} {part} {i}").uniform(0, 0.5) * solo[variants[0]][2].seconds
        files = set().union(*(tree for _, tree, _ in solo.values()))
        lab.restore()
        first = lab.start(writer.write, variants[0])
        time.sleep(delay if i // len(kinds) else 0.0)  # the first of a kind begin at the same moment
        second = lab.start(writer.write, variants[1])
        ended = list(zip(variants, (first.wait(lab.timeout), second.wait(lab.timeout)), strict=True))
        faults = {}
        for variant, ending in ended:
            if ending.how == "done" and (wrong := differing(ending.value, solo[variant][0])):
                faults["silently wrong"] = ", ".join(wrong)
            elif ending.how == "error" and not ending.is_clear:
                faults["unclear error"] = str(ending)
            elif ending.how in ("hung", "crashed"):
                faults[ending.how] = ending.text
        done = [variant for variant, ending in ended if ending.how == "done"]
        if not done:
            faults["none ended well"] = "; ".join(str(ending) for _, ending in ended)
        for variant in done if writer.read else ():
            read = lab.run(writer.read, variant)
            allowed = [solo[one][0] for one in done if one == variant or writer.replaces]
            if read.how == "done" and (wrong := differing(read.value, *allowed)):
                faults["wrong when read"] = ", ".join(wrong)
            elif read.how != "done" and not read.is_clear:
                faults["unclear error when read"] = str(read)
        if left := sorted(lab.tree() - files):
            faults["leftovers"] = ", ".join(left[:5])
        notes.add(part, kind, case, result=f"{len(done)} done", faults=faults)
