"""Models made up for tests, as files of ours and of Keras, and a server of files that can misbehave."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import h5py
import numpy as np
import pandas as pd
import pytest

from scmaxatac import settings
from scmaxatac.models import TFModel, _list_models
from scmaxatac.nn._spec import PUBLISHED
from scmaxatac.zoo import _fetch, _load_model, _registry
from scmaxatac.zoo._registry import PublishedModel, RemoteFile

KERAS_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def random_weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.5, 0.1, shape).astype(np.float32) for name, shape in PUBLISHED.shapes.items()}


def calibration_frame(best: float = 0.6) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "threshold": [0.0, 0.25, 0.5, 0.75, 1.0],
            "precision": [0.01, 0.2, best, 0.9, 1.0],
            "recall": [1.0, 0.9, best, min(0.3, best), 0.0],
            "log2fc": [0.0, 3.0, 5.0, 6.0, 6.5],
            "f1": [0.02, best / 2, best, best / 3, 0.0],
        }
    )


def write_original_table(path: Path, frame: pd.DataFrame) -> Path:
    columns = ["Standard_Thresh", "Monotonic_Avg_Precision", "Monotonic_Avg_Recall", "Monotonic_Avg_log2FC", "Avg_F1"]
    frame.set_axis(columns, axis=1).to_csv(path, sep="\t", index=False)
    return path


def write_keras(path: Path, weights: dict[str, np.ndarray], *, first: int = 0) -> Path:
    """Write weights as Keras does, the layers numbered from `first`, with an optimizer's state beside them."""

    def numbered(kind: str, k: int) -> str:
        return f"{kind}_{k + first}" if k + first else kind

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as handle:
        for name, array in weights.items():
            parts = name.split(".")
            if parts[0] == "norms":
                layer, weight = numbered("batch_normalization", int(parts[1])), KERAS_NORM[parts[2]]
            else:
                layer = numbered("conv1d", 10 if parts[0] == "head" else int(parts[1]))
                weight = "kernel" if parts[-1] == "weight" else "bias"
                array = array.transpose() if weight == "kernel" else array
            handle[f"model_weights/{layer}/{layer}/{weight}:0"] = array
        handle["optimizer_weights/Adam/conv1d/kernel/m:0"] = np.zeros(3)
        handle.create_group("model_weights/flatten")
    return path


@pytest.fixture
def keras_file() -> Callable[..., Path]:
    """Write weights to a Keras file: path, weights, number of the first layer."""
    return write_keras


@pytest.fixture
def original_table() -> Callable[..., Path]:
    """Write a calibration table with the original's column names: path, largest F1."""

    def write(path: Path, best: float = 0.6) -> Path:
        return write_original_table(path, calibration_frame(best))

    return write


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    return random_weights()


@pytest.fixture
def make_model() -> Callable[..., TFModel]:
    """Make a model: name, seed of its weights, largest F1."""
    from scmaxatac.models import Calibration

    def make(tf: str = "TOYA", seed: int = 0, best: float | None = 0.6) -> TFModel:
        calibration = None if best is None else Calibration(calibration_frame(best))
        return TFModel(tf, random_weights(seed), calibration, {"source": "test"})

    return make


@pytest.fixture
def empty_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Point the download cache at an empty folder, with no folder of models; gives the cache."""
    monkeypatch.setattr(settings, "cache_dir", tmp_path / "cache")
    monkeypatch.setattr(settings, "model_dir", None)
    return tmp_path / "cache"


@dataclass
class Published:
    """Made-up published models: files by path in the repository, and the registry that names them."""

    files: dict[str, bytes]
    registry: dict[str, PublishedModel]

    def write(self, root: Path) -> Path:
        """Write the repository to a folder."""
        for path, content in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return root


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_install: Path) -> Published:
    """Replace the registry by one of two made-up models, TOYA and TOYB, the second of them weak."""
    made = Published({}, {})
    for seed, (tf, best) in enumerate({"TOYA": 0.6, "TOYB": 0.1}.items()):
        h5 = write_keras(tmp_path / "make" / f"{tf}_binary_1.h5", random_weights(seed))
        table = write_original_table(tmp_path / "make" / f"{tf}_thresholdCalibration.tsv", calibration_frame(best))
        remote = [
            RemoteFile(f"models/{tf}/{file.name}", file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())
            for file in (h5, table)
        ]
        made.files |= {there.path: here.read_bytes() for there, here in zip(remote, (h5, table), strict=True)}
        made.registry[tf] = PublishedModel(tf, *remote, max_f1=best, threshold_f1=0.5)
    for module in (_registry, _load_model, _list_models):
        monkeypatch.setattr(module, "published", lambda: MappingProxyType(made.registry))
    return made


@dataclass
class FileServer:
    """Serves `files`; `plan` says how to answer the next requests of a path, in turn, ``"good"`` after that.

    Ways: ``good`` (with ranges), ``no range``, ``cut`` (half of what is due, then the connection closes),
    ``cut without length``, ``other part`` (of a range), ``page`` (a short HTML page), or a status.
    """

    files: dict[str, bytes]
    plan: dict[str, list[str | int]] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    delay: float = 0.0
    url: str = ""

    def asked(self, path: str) -> list[str | None]:
        """Ranges of the requests for a path."""
        return [wanted for asked, wanted in self.requests if asked == path]


def _handler(server: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.lstrip("/")
            wanted = self.headers.get("Range")
            server.requests.append((path, wanted))
            time.sleep(server.delay)
            plan = server.plan.get(path, [])
            way = plan.pop(0) if plan else "good"
            content = server.files.get(path)
            if isinstance(way, int) or content is None:
                self.send_error(way if isinstance(way, int) else 404)
                return
            if way == "page":
                content, wanted = b"<html>Please log in</html>", None
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and way != "no range" else 0
            if start >= len(content):
                self.send_error(416)
                return
            start += way == "other part"
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            body = content[start:]
            if way != "cut without length":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if str(way).startswith("cut") else body)
            self.close_connection = True

    return Handler


@pytest.fixture
def server(published: Published, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serve the made-up repository on loopback; attempts follow each other without a pause."""
    monkeypatch.setattr(_fetch, "PAUSE", 0.0)
    files = FileServer(dict(published.files))
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _handler(files))
    files.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield files
    httpd.shutdown()
    thread.join()
    httpd.server_close()
