"""Fixtures shared by all tests."""

import os
import sys
from pathlib import Path

import pytest

pytest_plugins = [
    "_atac_fixtures",
    "_fragment_fixtures",
    "_model_fixtures",
    "_network_fixtures",
    "_prediction_fixtures",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the pictures that plots are compared with."""
    parser.addoption("--generate-pictures", action="store_true", help="write tests/pl/pictures anew, to be looked at")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the reference data: real fragments, published weights, golden outputs of the original maxATAC."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("SCMAXATAC_TEST_DATA") or default)
    if not (path / "MANIFEST.sha256").is_file():
        pytest.skip(f"reference data not found at {path} (set SCMAXATAC_TEST_DATA)")
    return path


@pytest.fixture(autouse=True)
def _no_figures_stay_open():
    """Close what a test drew: pyplot warns of many figures, in whichever test comes next."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session", autouse=True)
def _session_settings(tmp_path_factory: pytest.TempPathFactory):
    """Keep caches out of the user's home, progress bars out of the test output, and the choice of backends fixed."""
    from scmaxatac import settings

    settings.cache_dir = tmp_path_factory.mktemp("cache")
    settings.progress = False
    settings.measure_backends = False  # the backend does not depend on how busy the machine is
    os.environ["SCMAXATAC_MEASURE_BACKENDS"] = "0"  # nor in processes that tests start
