"""The tiny data set, its models, and what a prediction of it has to give."""

from collections.abc import Callable
from pathlib import Path

import pytest
from _analytic import AnalyticEngine
from _mini import REGIONS, Mini
from _networks import random_model
from _oracle import MODELS, Oracle, make_oracle


@pytest.fixture(scope="session")
def mini() -> Mini:
    return Mini()


@pytest.fixture(scope="session")
def fragment_file(mini: Mini, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mini.write_fragments(tmp_path_factory.mktemp("mini") / "fragments.tsv.gz")


@pytest.fixture(scope="session")
def sparse_fragment_file(mini: Mini, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fragments in few places, so that most windows are without signal in some group."""
    return mini.write_fragments(tmp_path_factory.mktemp("sparse") / "fragments.tsv.gz", sparse=True)


@pytest.fixture(scope="session")
def mini_models() -> list:
    """Two models with different thresholds and rates."""
    return [random_model("AAA", MODELS["AAA"], threshold=0.5, rate=0.05),
            random_model("BBB", MODELS["BBB"], threshold=0.3, rate=0.02)]  # fmt: skip


@pytest.fixture
def analytic(monkeypatch: pytest.MonkeyPatch) -> type[AnalyticEngine]:
    """Scores by formula instead of a network; counts windows from 0."""
    monkeypatch.setattr("scmaxatac.predict._run.make_engine", AnalyticEngine)
    monkeypatch.setattr(AnalyticEngine, "windows", 0)
    return AnalyticEngine


@pytest.fixture
def predict(mini: Mini, mini_models: list, tmp_path: Path) -> Callable[..., object]:
    """Call predict_tfbs with the options that every test here has in common; later ones win."""
    import scmaxatac as sma

    def run(data, groupby="leiden", **options):
        common = {"genome": mini.genome, "models": mini_models, "min_fragments": 100, "out_dir": tmp_path / "run"}
        return sma.tl.predict_tfbs(data, groupby, **common | options)

    return run


@pytest.fixture(scope="session")
def expected(mini: Mini) -> Oracle:
    """What a prediction of the regions has to give."""
    return make_oracle(mini, REGIONS)


@pytest.fixture(scope="session")
def expected_everywhere(mini: Mini) -> Oracle:
    """What a prediction of whole chromosomes has to give."""
    return make_oracle(mini, None)
