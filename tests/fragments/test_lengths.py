"""Labels of sources against the lengths that they hold."""

import warnings

import numpy as np
import pytest

import scmaxatac as sma
from scmaxatac.fragments._fragment_file import FragmentFile
from scmaxatac.fragments._lengths import LengthCheck


def of_fragments(n):
    """Half of them up to about 100 bp, 95% up to about 400."""
    return np.random.default_rng(0).lognormal(np.log(100), 0.83, n).astype(int) + 1


@pytest.mark.parametrize("size", [1, 300, 5000])
def test_fragments_that_are_labelled_as_single_reads_are_warned_about_once(size):
    check = LengthCheck("it", is_paired=False)
    lengths = of_fragments(5000)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for start in range(0, 5000, size):
            check.look(lengths[start : start + size])
    (message,) = [str(one.message) for one in told]
    assert message.startswith("it is for single-end reads")
    assert "fragments=" in message
    assert "is_paired=True" in message


@pytest.mark.parametrize("longest", [36, 150, 300])
def test_trimmed_reads_are_not_warned_about(longest):
    rng = np.random.default_rng(0)
    lengths = np.where(rng.random(3000) < 0.8, longest, rng.integers(20, longest, 3000))
    LengthCheck("it", is_paired=False).look(lengths)


def test_pairs_of_one_length_are_warned_about_and_others_are_not():
    LengthCheck("it", is_paired=True).look(of_fragments(3000))
    LengthCheck("it", is_paired=True).look(np.full(999, 50))
    with pytest.warns(UserWarning, match=r"it: fragments are all 50 bp long, as reads"):
        LengthCheck("it", is_paired=True).look(np.full(1000, 50))


def test_a_file_of_reads_is_warned_about(tmp_path):
    path = tmp_path / "reads.bed"
    path.write_text("".join(f"chr1\t{i}\t{i + 50}\tA\n" for i in range(2000)))
    with pytest.warns(UserWarning, match=r"reads\.bed: fragments are all 50 bp long"):
        list(FragmentFile(path, None).chunks())


def test_fragments_that_snapatac2_stored_as_single_end_are_warned_about():
    toy = sma.datasets.toy()
    stored = toy.snapatac2.copy()
    stored.obsm["fragment_single"] = stored.obsm.pop("fragment_paired").astype(np.int32)
    with pytest.warns(UserWarning, match=r"obsm\['fragment_single'\] is for single-end reads, but its lengths"):
        sma.pp.pseudobulk(stored, "cell_type", genome=toy.genome)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sma.pp.pseudobulk(stored, "cell_type", genome=toy.genome, fragments=toy.fragments)
