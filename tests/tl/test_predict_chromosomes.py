"""The published weights on several chromosomes, window by window and base by base: a mix-up between them would show."""

import gzip

import numpy as np
import pandas as pd
import pytest
from _networks import forward

import scmaxatac as sma

TFS = ("CTCF", "SPI1")
GROUPS = ("B", "CD4/T")
REGIONS_A_CHROM = 3


@pytest.fixture(scope="module")
def toy():
    return sma.datasets.toy()


@pytest.fixture(scope="module")
def sequence(toy) -> dict[str, str]:
    """Chromosomes as text."""
    parts: dict[str, list[str]] = {}
    for line in toy.fasta.read_text().splitlines():
        if line.startswith(">"):
            lines = parts.setdefault(line[1:].split()[0], [])
        else:
            lines.append(line)
    return {chrom: "".join(lines).upper() for chrom, lines in parts.items()}


@pytest.fixture(scope="module")
def blacklisted(toy, sequence) -> dict[str, np.ndarray]:
    """Whether each base is blacklisted."""
    bases = {chrom: np.zeros(len(text), dtype=bool) for chrom, text in sequence.items()}
    for line in toy.blacklist.read_text().splitlines():
        chrom, start, end = line.split("\t")[:3]
        bases[chrom][int(start) : int(end)] = True
    return bases


@pytest.fixture(scope="module")
def signal(toy, blacklisted) -> dict[str, dict[str, np.ndarray]]:
    """Signal of each group: dense coverage over its 99th percentile over the covered bases of all chromosomes."""
    groups = toy.adata.obs["cell_type"].astype(str)
    members = {group: set(groups.index[groups == group]) for group in GROUPS}
    coverage = {g: {chrom: np.zeros(len(bad) + 1, dtype=int) for chrom, bad in blacklisted.items()} for g in GROUPS}
    touched = {chrom: np.concatenate([[0], np.cumsum(bad)]) for chrom, bad in blacklisted.items()}
    with gzip.open(toy.fragments, "rt") as handle:
        for line in handle:
            if line.startswith("#"):
                continue
            chrom, start, end, barcode = line.rstrip("\n").split("\t")[:4]
            for group in GROUPS:
                if barcode not in members[group]:
                    continue
                for position in (int(start), int(end) - 1):
                    lo, hi = max(position - 20, 0), min(position + 21, len(blacklisted[chrom]))
                    if touched[chrom][lo] == touched[chrom][hi]:
                        coverage[group][chrom][lo] += 1
                        coverage[group][chrom][hi] -= 1
    signals = {}
    for group, steps in coverage.items():
        dense = {chrom: np.cumsum(array)[:-1] for chrom, array in steps.items()}
        covered = np.concatenate([track[(track > 0) & ~blacklisted[chrom]] for chrom, track in dense.items()])
        signals[group] = {
            chrom: (track / np.percentile(covered, 99)).astype(np.float32) for chrom, track in dense.items()
        }
    return signals


@pytest.fixture(scope="module")
def regions(toy) -> pd.DataFrame:
    """A few peaks of each chromosome, the last ones among them."""
    rng = np.random.default_rng(0)
    parts = []
    for _, rows in toy.peaks.groupby("chrom"):
        some = rng.choice(len(rows) - 1, REGIONS_A_CHROM - 1, replace=False)
        parts.append(rows.iloc[[*np.sort(some), len(rows) - 1]])
    return pd.concat(parts)[["chrom", "start", "end"]].reset_index(drop=True)


@pytest.fixture(scope="module")
def predicted(toy, regions, data_dir, tmp_path_factory):
    adata = toy.adata[toy.adata.obs["cell_type"].isin(GROUPS)].copy()
    with pytest.warns(UserWarning, match="published models are human"):
        sma.tl.predict_tfbs(
            adata,
            "cell_type",
            tfs=TFS,
            genome=toy.genome,
            models=data_dir / "maxatac" / "models",
            regions=regions,
            include_flanks=True,
            threshold=0.05,
            min_fragments=1000,
            save_tracks=True,
            out_dir=tmp_path_factory.mktemp("chromosomes"),
        )
    return adata


def test_all_chromosomes_are_predicted(predicted, sequence):
    assert len(sequence) == 5
    assert sma.get.params(predicted)["chroms"] == list(sequence)
    for group in GROUPS:
        assert set(sma.get.track(predicted, "CTCF", group)["chrom"]) == set(sequence)


@pytest.mark.parametrize("group", GROUPS)
def test_bins_equal_those_of_windows_one_by_one(predicted, data_dir, sequence, blacklisted, signal, regions, group):
    """Bins of every region of every chromosome: in the middle, and at the edge where windows are fewer."""
    weights = {tf: sma.models.load(data_dir / "maxatac" / "models" / tf).weights for tf in TFS}
    tracks = {tf: sma.get.track(predicted, tf, group) for tf in TFS}
    rng = np.random.default_rng(1)
    n_windows = set()
    for row in regions.itertuples():
        text, bad = sequence[row.chrom], blacklisted[row.chrom]
        inside = np.zeros(len(text), dtype=bool)
        for other in regions[regions["chrom"] == row.chrom].itertuples():
            inside[other.start : other.end] = True
        grid = range(0, len(text) - 1023, 256)
        starts = [s for s in grid if s > row.start - 1024 and s < row.end]
        starts = [s for s in starts if not bad[s : s + 1024].any()]
        for bin_ in {starts[0] // 32 + 3, int(rng.integers(row.start, row.end)) // 32}:
            reaching = [s for s in grid if s <= bin_ * 32 < s + 1024]
            reaching = [s for s in reaching if inside[s : s + 1024].any() and not bad[s : s + 1024].any()]
            n_windows.add(len(reaching))
            codes = np.array([["ACGTN".index(base) for base in text[s : s + 1024]] for s in reaching], dtype=np.uint8)
            levels = np.stack([signal[group][row.chrom][s : s + 1024] for s in reaching])
            for tf in TFS:
                scores = forward(weights[tf], codes, levels)
                expected = np.mean([score[bin_ - s // 32] for s, score in zip(reaching, scores, strict=True)])
                track = tracks[tf]
                found = track.loc[(track["chrom"] == row.chrom) & (track["start"] == bin_ * 32), "score"]
                assert found.item() == pytest.approx(expected, abs=1e-5), (tf, row, bin_)
    assert {1, 4} <= n_windows


def test_windows_are_those_of_a_plain_count(predicted, sequence, blacklisted, regions):
    """Every bin of every window is there, and no other."""
    track = sma.get.track(predicted, "SPI1", "B")
    for chrom, text in sequence.items():
        inside = np.zeros(len(text), dtype=bool)
        for row in regions[regions["chrom"] == chrom].itertuples():
            inside[row.start : row.end] = True
        bins = {
            start // 32 + b
            for start in range(0, len(text) - 1023, 256)
            if inside[start : start + 1024].any() and not blacklisted[chrom][start : start + 1024].any()
            for b in range(32)
        }
        assert (track.loc[track["chrom"] == chrom, "start"] // 32).tolist() == sorted(bins)


def test_scores_tell_the_groups_apart(predicted):
    one, other = (sma.get.track(predicted, "CTCF", group)["score"] for group in GROUPS)
    assert np.abs(one - other).max() > 0.05
