"""What calling sites again reads in a run's folder."""

import pytest

from scmaxatac.predict._calling import read_context
from scmaxatac.predict._run import Run
from scmaxatac.results._complete import forget_checksum

pytestmark = pytest.mark.usefixtures("analytic")


@pytest.fixture
def run(mini, fragment_file, predict, tmp_path):
    predict(mini.adata(fragment_file))
    return Run.open(tmp_path / "run")


def test_what_was_written_comes_back(run, mini, mini_models):
    context = read_context(run.store)
    assert list(context.calibrations) == [model.tf for model in mini_models]
    for model in mini_models:
        assert context.calibrations[model.tf].threshold("f1") == model.threshold("f1")
    assert context.genome.sizes == run.spec.sizes
    assert context.counts.known > 0


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b'{"bins": 1}'])
def test_counts_that_are_damaged_where_their_checksum_is_not_noted_are_named(run, content):
    forget_checksum(run.folder, "bins.json")
    (run.folder / "bins.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"bins\.json is damaged"):
        read_context(run.store)
