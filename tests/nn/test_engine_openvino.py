import subprocess
import sys

import numpy as np
import pytest
from _networks import forward, random_weights, random_windows

pytest.importorskip("openvino")

from scmaxatac.nn._engine_openvino import OpenVINOEngine

_MAKE_AND_DELETE = """
from _networks import random_weights, random_windows
from scmaxatac.nn._engine_openvino import OpenVINOEngine
windows = random_windows(20, 0)
for _ in range(8):
    engine = OpenVINOEngine([random_weights(0), random_weights(1)], batch_size=3)
    engine.predict(*windows)
    del engine
print("done")
"""


def test_engines_can_be_deleted_at_once_after_use():
    """A deadlock between OpenVINO's threads and the interpreter would stop this for ever, so it runs elsewhere."""
    path = [p for p in sys.path if p.endswith("tests")]
    code = f"import sys; sys.path[:0] = {path!r}\n{_MAKE_AND_DELETE}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "done"


def test_one_engine_serves_several_threads():
    from concurrent.futures import ThreadPoolExecutor

    engine = OpenVINOEngine([random_weights(0), random_weights(1)], batch_size=3)
    windows = [random_windows(n, seed=n) for n in (1, 5, 11, 8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda window: engine.predict(*window), windows))
    for scores, window in zip(found, windows, strict=True):
        expected = [forward(random_weights(seed), *window) for seed in (0, 1)]
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
