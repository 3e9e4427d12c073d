"""The place where faults happen, put back before every case, and the notes of what came out."""

import ctypes
import ctypes.util
import hashlib
import http.server
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _faults_process import Ending, Fault, Process, run
from _faults_world import World
from _faults_writers import Numbers, Place, Writer

import scmaxatac

_PAGE = 4096
_PIECE, _PAUSE = 1 << 16, 0.02
"""Bytes that the server sends at once, and seconds that it waits then, so that kills come in between."""


@dataclass
class Lab:
    """A place for cases, with the time that each of their calls may take."""

    place: Place
    timeout: float

    def restore(self, template: Path | None = None) -> None:
        """Empty the place, or make it a copy of a template."""
        shutil.rmtree(self.place.root, ignore_errors=True)
        if template is None:
            self.place.out.mkdir(parents=True)
            self.place.cache.mkdir()
        else:
            shutil.copytree(template, self.place.root, symlinks=True)

    def start(self, call: Callable[[Place, str], Numbers], variant: str, fault: Fault | None = None) -> Process:
        """Begin a call in a process of its own."""
        return Process(lambda: call(self.place, variant), watch=self.place.root, fault=fault)

    def run(self, call: Callable[[Place, str], Numbers], variant: str, fault: Fault | None = None) -> Ending:
        """Run a call in a process of its own."""
        return run(lambda: call(self.place, variant), watch=self.place.root, fault=fault, timeout=self.timeout)

    def solo(self, writer: Writer, variant: str) -> tuple[Numbers, set[str], Ending]:
        """Numbers and files of a variant that nothing disturbs, in an empty place."""
        self.restore()
        ending = self.run(writer.write, variant)
        if ending.how != "done":
            raise SystemExit(f"{writer.name} ({variant}) fails undisturbed: {ending}\n{ending.trace}")
        return ending.value, self.tree(), ending

    def tree(self) -> set[str]:
        """Everything in the place, relative to it."""
        return {path.relative_to(self.place.root).as_posix() for path in self.place.root.rglob("*")}

    def used(self) -> int:
        """Bytes that the files of the place take on a disk in memory, in whole pages."""
        sizes = (path.lstat().st_size for path in self.place.root.rglob("*") if path.is_file())
        return sum(-(-size // _PAGE) * _PAGE for size in sizes)


def make_lab(state: Path, world: World, url: str, timeout: float) -> Lab:
    """Make the folders of a lab."""
    place = Place(state / "place", world, url)
    place.object("").mkdir(parents=True, exist_ok=True)
    return Lab(place, timeout)


@dataclass
class Notes:
    """Results of cases, one line of JSON each, kept from call to call: a case that is there is not done again.

    A note holds for one state of the package's source; those of another one are passed over.
    """

    path: Path
    seed: int
    rows: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = _source()
        if self.path.is_file():
            for line in self.path.read_text().splitlines():
                row = json.loads(line)
                if row["source"] == self.source and row["seed"] == self.seed:
                    self.rows[row["part"], row["name"], row["case"]] = row

    def done(self, part: str, name: str, case: str) -> bool:
        """Whether a case has its result."""
        return (part, name, case) in self.rows

    def add(self, part: str, name: str, case: str, *, result: str, faults: Mapping[str, str]) -> None:
        """Note a case: what came of it in a word, and its faults with what was seen."""
        row = {"part": part, "name": name, "case": case, "result": result, "faults": dict(faults)}
        row |= {"seed": self.seed, "source": self.source}
        self.rows[part, name, case] = row
        with open(self.path, "a") as handle:
            handle.write(json.dumps(row) + "\n")

    def of(self, part: str) -> Iterator[dict[str, Any]]:
        """Return the notes of one part."""
        return (row for row in self.rows.values() if row["part"] == part)


def _source() -> str:
    """Digest of the package's source."""
    digest = hashlib.sha256()
    root = Path(scmaxatac.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def differing(found: Numbers, *wanted: Numbers) -> list[str]:
    """Names of the results that are in none of the wanted sets of numbers."""
    names = {*found, *wanted[0]}
    return sorted(name for name in names if found.get(name) not in [one.get(name) for one in wanted])


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback, slowly and in a process of its own; gives the address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path, wanted = folder / self.path.lstrip("/"), self.headers.get("Range", "")
            content = path.read_bytes() if path.is_file() else b""
            start = int(wanted.removeprefix("bytes=").removesuffix("-") or 0)
            self.send_response(404 if not content else 206 if start else 200)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            for first in range(start, len(content), _PIECE):
                self.wfile.write(content[first : first + _PIECE])
                time.sleep(_PAUSE)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    child = os.fork()
    if not child:
        try:
            server.serve_forever()
        finally:
            os._exit(0)
    server.socket.close()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[Callable[[int], None]]:
    """Mount a file system of a size in memory; gives a function that changes the size. Needs root on Linux."""
    folder.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)

    def mount(size: int, flags: int) -> None:
        if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, f"size={size}".encode()):
            raise OSError(ctypes.get_errno(), "no file system can be mounted here")

    mount(n_bytes, 0)
    try:
        yield lambda size: mount(size, 32)  # MS_REMOUNT
    finally:
        libc.umount2(os.fsencode(folder), 2)  # MNT_DETACH


def can_mount(folder: Path) -> bool:
    """Whether a small disk can be made."""
    try:
        with small_disk(folder, 1 << 20):
            return True
    except (OSError, AttributeError):
        return False
