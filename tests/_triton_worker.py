"""A process that scores windows with the Triton engine in Triton's interpreter, which needs no GPU.

Triton decides when it is first imported whether it interprets, so this can't be done in the process of the tests.

    python _triton_worker.py CASES SCORES
"""

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Case:
    """Networks and windows; `tiles` as in ``_triton._TILES``, None for the engine's own."""

    networks: list
    codes: np.ndarray
    signal: np.ndarray
    precision: str = "float32"
    batch_size: int | None = None
    tiles: tuple[int, int, int] | None = None


def interpret(cases: dict[str, Case], folder: Path) -> dict[str, np.ndarray]:
    """Scores of all cases, computed in another process."""
    given, found = folder / "cases.pickle", folder / "scores.pickle"
    given.write_bytes(pickle.dumps(cases))
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run([sys.executable, __file__, given, found], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3_000:]
    return pickle.loads(found.read_bytes())


def _score(case: Case) -> np.ndarray:
    import torch

    from scmaxatac.nn.engines import _triton

    own = dict(_triton._TILES)
    if case.tiles is not None:
        _triton._TILES[case.precision] = case.tiles
    options = {"precision": case.precision, "batch_size": case.batch_size}
    engine = _triton.TritonEngine(case.networks, device=torch.device("cpu"), **options)
    _triton._TILES.update(own)
    return engine.predict(case.codes, case.signal)


if __name__ == "__main__":
    cases = pickle.loads(Path(sys.argv[1]).read_bytes())
    Path(sys.argv[2]).write_bytes(pickle.dumps({name: _score(case) for name, case in cases.items()}))
