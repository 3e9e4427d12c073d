"""The original's inputs and outputs of the ten networks, and an engine of each kind."""

from pathlib import Path

import numpy as np
import pytest

TFS = ("CTCF", "SPI1", "CEBPB", "GATA3", "YY1", "NRF1", "ELF1", "TCF7", "RUNX1", "REST")


@pytest.fixture(scope="session")
def golden_windows(data_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    """Codes and signal of 256 windows, (256, 1024) each."""
    with np.load(data_dir / "golden" / "forward" / "forward_inputs.npz") as stored:
        return stored["codes"], stored["signal"]


@pytest.fixture(scope="session")
def golden_scores(data_dir: Path) -> dict[str, np.ndarray]:
    """Scores that the original gives these windows, (256, 32) for each TF."""
    with np.load(data_dir / "golden" / "forward" / "forward_outputs.npz") as stored:
        return {tf: stored[tf] for tf in stored.files}


@pytest.fixture(scope="session")
def published_weights(data_dir: Path) -> dict[str, dict[str, np.ndarray]]:
    from scmaxatac import models

    return {tf: models.load(data_dir / "maxatac" / "models" / tf).weights for tf in TFS}


@pytest.fixture(scope="session")
def published_networks(data_dir: Path) -> dict:
    from scmaxatac import models

    return {tf: models.load(data_dir / "maxatac" / "models" / tf) for tf in TFS}


@pytest.fixture(params=["torch", "openvino"])
def backend(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return request.param
