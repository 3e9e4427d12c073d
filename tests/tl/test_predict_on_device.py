"""A whole prediction with the engine that keeps chromosomes on its device; here the device is the CPU."""

import numpy as np
import pytest
from _mini import REGIONS
from _networks import random_model

pytest.importorskip("torch")

import torch

from scmaxatac.nn.engines import _cuda
from scmaxatac.nn.engines._cuda import CudaEngine


@pytest.mark.parametrize(
    "options",
    [{"regions": REGIONS, "threshold": "matched"}, {"regions": "genome", "strand": "mean", "step": 512}],
    ids=["regions", "genome"],
)
def test_slots_are_those_of_windows_gathered_on_the_host(predict, mini, fragment_file, monkeypatch, tmp_path, options):
    models = [random_model("AAA", 1, rate=0.3), random_model("BBB", 2, rate=0.2)]
    host, on_device = mini.adata(fragment_file), mini.adata(fragment_file)
    predict(host, models=models, backend="torch", device="cpu", out_dir=tmp_path / "host", **options)
    made = []

    def make_engine(weights, **_):
        made.append(CudaEngine(weights, device=torch.device("cpu"), batch_size=5))
        return made[-1]

    monkeypatch.setattr("scmaxatac.predict._run.make_engine", make_engine)
    monkeypatch.setattr(_cuda, "_LARGEST_TILE", 7)
    predict(on_device, models=models, backend="torch", device="cpu", out_dir=tmp_path / "device", **options)
    assert len(made) == 1
    found, expected = on_device.uns["tfbs"], host.uns["tfbs"]
    assert len(expected["sites"]) > 5
    columns = ["chrom", "start", "end", "group", "tf"]
    assert found["sites"][columns].equals(expected["sites"][columns])
    np.testing.assert_allclose(found["sites"]["score"], expected["sites"]["score"], atol=1e-5)
    np.testing.assert_allclose(found["activity"], expected["activity"], atol=1e-5)
    if "scores" in expected:
        np.testing.assert_allclose(found["scores"], expected["scores"], atol=1e-5)
