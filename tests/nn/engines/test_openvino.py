import os
import subprocess
import sys

import numpy as np
import pytest
from _networks import forward, random_network, random_weights, random_windows

pytest.importorskip("openvino")

from scmaxatac.nn._pieces import WindowPieces
from scmaxatac.nn.engines._openvino import OpenVINOEngine

_MAKE_AND_DELETE = """
from _networks import random_network, random_weights, random_windows
from scmaxatac.nn.engines._openvino import OpenVINOEngine
windows = random_windows(20, 0)
for _ in range(8):
    engine = OpenVINOEngine([random_network(0), random_network(1)], batch_size=3)
    engine.predict(*windows)
    del engine
print("done")
"""


_WITHOUT_TORCH = """
sys.modules["torch"] = None  # as if it were not installed
from _networks import random_network, random_weights, random_windows
from scmaxatac.nn.engines._registry import make_engine
for backend, device in [("auto", "auto"), ("auto", "cpu"), ("openvino", "auto"), ("openvino", "cpu")]:
    make_engine([random_network(0)], backend=backend, device=device).predict(*random_windows(2, 0))
print("done")
"""

_THREADS = """
import os
from _networks import random_network
from scmaxatac.nn.engines._openvino import OpenVINOEngine
if "OMP_NUM_THREADS" not in os.environ:
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
print(OpenVINOEngine([random_network(0)])._models[0].get_property("INFERENCE_NUM_THREADS"))
"""

_CORES = """
import os
from threading import Thread
from _networks import random_network, random_windows
from scmaxatac.nn.engines._openvino import OpenVINOEngine
engine = OpenVINOEngine([random_network(0), random_network(1)])
engine.predict(*random_windows(1, 0))  # compiles the networks
work = Thread(target=engine.predict, args=random_windows(300, 0))
work.start()
while work.is_alive():
    for thread in os.listdir("/proc/self/task"):
        try:
            print(len(os.sched_getaffinity(int(thread))))
        except ProcessLookupError:  # it has just ended
            pass
"""


def run(code: str, **environment: str) -> str:
    """What a fresh process prints."""
    path = [p for p in sys.path if p.endswith("tests")]
    code = f"import sys; sys.path[:0] = {path!r}\n{code}"
    env = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | environment
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_engines_can_be_deleted_at_once_after_use():
    """A deadlock between OpenVINO's threads and the interpreter would stop this for ever, so it runs elsewhere."""
    assert run(_MAKE_AND_DELETE) == "done"


def test_no_torch_is_needed():
    assert run(_WITHOUT_TORCH) == "done"


def test_threads_are_as_many_as_the_process_may_use():
    assert run(_THREADS) == "1"
    assert run(_THREADS, OMP_NUM_THREADS="1,2") == "1"


def test_one_engine_serves_several_threads():
    from concurrent.futures import ThreadPoolExecutor

    engine = OpenVINOEngine([random_network(0), random_network(1)], batch_size=3)
    windows = [random_windows(n, seed=n) for n in (1, 5, 11, 8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda window: engine.predict(*window), windows))
    for scores, window in zip(found, windows, strict=True):
        expected = [forward(random_weights(seed), *window) for seed in (0, 1)]
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_requests_run_at_once_than_there_are_threads(monkeypatch, threads):
    """Over all models together; every request that was started is waited for."""
    monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
    running, most = set(), []

    class Request:
        def __init__(self, request):
            self._request = request

        def start_async(self, *args, **kwargs):
            assert self not in running
            running.add(self)
            most.append(len(running))
            self._request.start_async(*args, **kwargs)

        def wait(self):
            self._request.wait()
            running.remove(self)

        def get_output_tensor(self):
            return self._request.get_output_tensor()

    class Model:
        def __init__(self, model):
            self._model = model

        def create_infer_request(self):
            return Request(self._model.create_infer_request())

    engine = OpenVINOEngine([random_network(seed) for seed in range(4)], batch_size=2)
    monkeypatch.setattr(engine, "_compile", lambda graph: Model(OpenVINOEngine._compile(engine, graph)))
    windows = random_windows(7, seed=0)
    scores = engine.predict(*windows)
    assert max(most) == threads
    assert not running
    expected = [forward(random_weights(seed), *windows) for seed in range(4)]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)
    most.clear()
    stem = engine.find_stem(256)
    codes, signal = random_windows(9, seed=0)
    engine.predict_pieces(
        stem, WindowPieces(codes[:, : stem.width], signal[:, : stem.width], np.arange(24).reshape(6, 4) % 9)
    )
    assert max(most) == threads
    assert len(most) == 4 * (5 + 3), "batches of pieces and of windows, of four networks"
    assert not running


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs the list of threads that Linux has")
def test_threads_are_not_bound_to_cores():
    """Else those of two processes get the same cores."""
    assert set(run(_CORES, OMP_NUM_THREADS="1").split()) == {str(len(os.sched_getaffinity(0)))}
