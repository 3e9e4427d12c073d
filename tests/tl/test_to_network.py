import numpy as np
import pandas as pd
import pytest
from _slots import END, START, make_truth

import scmaxatac as sma
from scmaxatac import get, tl

GROUPS, TFS = ["CD4/naive T | donor_1", "B", "Mono"], ["CTCF", "SPI1", "GATA3"]
LINE = 'chr22\tx\t{}\t{}\t{}\t.\t{}\t.\tgene_id "ENSG{}"; gene_name "{}"; gene_type "protein_coding";\n'


@pytest.fixture
def gtf(tmp_path):
    """Twelve genes, two of which share a name, and one far away."""
    rng = np.random.default_rng(5)
    lines = []
    for i in range(12):
        start = int(rng.integers(START, END - 3000))
        name = f"G{min(i, 10)}"
        lines.append(LINE.format("gene", start + 1, start + int(rng.integers(500, 3000)), "+-"[i % 2], i, name))
    path = tmp_path / "genes.gtf"
    path.write_text("".join(lines) + LINE.format("gene", 1001, 2000, "+", 99, "FAR"))
    return path


@pytest.fixture
def truth(tmp_path):
    return make_truth(tmp_path / "run", groups=GROUPS, tfs=TFS, seed=4)


def brute_force(sites, gtf, group, *, window=100_000, decay=10_000, body=False):
    """Weights of each pair of factor and gene's name, one site and gene after the other."""
    table = sma.Genes(gtf).table
    weights = {}
    for tf in TFS:
        for gene in table.itertuples():
            total = 0.0
            for site in sites[(sites["tf"] == tf) & (sites["group"] == group)].itertuples():
                centre = (site.start + site.end) // 2
                if body:
                    total += float(site.score) * (gene.start - window <= centre < gene.end + window)
                elif abs(centre - gene.tss) <= window:
                    total += float(site.score) * np.exp(-abs(centre - gene.tss) / decay)
            if total > 0:
                weights[tf, gene.gene] = max(weights.get((tf, gene.gene), 0.0), total)
    return weights


def as_dict(table):
    assert not table.duplicated(["source", "target"]).any()
    return {(row.source, row.target): row.weight for row in table.itertuples()}


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({}, {}),
        ({"window": 2_000, "decay": 500}, {"window": 2_000, "decay": 500}),
        ({"method": "gene_body"}, {"window": 5_000, "body": True}),
        ({"method": "gene_body", "window": 0}, {"window": 0, "body": True}),
    ],
)
def test_weights_of_a_group_are_those_of_every_pair(truth, gtf, options, rule):
    network = tl.to_network(truth.adata, genes=gtf, per_group=True, **options)
    assert network.columns.tolist() == ["group", "source", "target", "weight"]
    assert list(network["group"].unique()) == GROUPS
    for group, table in network.groupby("group"):
        expected = brute_force(get.sites(truth.adata), gtf, group, **rule)
        assert as_dict(table) == pytest.approx(expected)
    for _, table in network.groupby(["group", "source"]):
        assert table["weight"].is_monotonic_decreasing
    assert "FAR" not in set(network["target"])


def test_one_network_of_all_groups_is_of_the_union_of_their_sites(truth, gtf):
    sites = get.sites(truth.adata)
    best = sites.sort_values("score").drop_duplicates(["tf", "start"], keep="last")
    apart = [rows.sort_values("start") for _, rows in best.groupby("tf", observed=True)]
    assert all((np.diff(rows["start"]) >= 32).all() for rows in apart)  # of one bin each, so the union is simple
    expected = brute_force(best.assign(group="all"), gtf, "all")
    network = tl.to_network(truth.adata, genes=gtf)
    assert network.columns.tolist() == ["source", "target", "weight"]
    assert as_dict(network) == pytest.approx(expected)
    one = tl.to_network(truth.adata, genes=gtf, groups="B", tfs="SPI1")
    of_b = brute_force(sites, gtf, "B")
    assert as_dict(one) == pytest.approx({pair: weight for pair, weight in of_b.items() if pair[0] == "SPI1"})


def test_binary_and_normalised_weights(truth, gtf):
    plain = tl.to_network(truth.adata, genes=gtf, window=3000)
    binary = tl.to_network(truth.adata, genes=gtf, window=3000, binary=True)
    assert set(as_dict(binary)) == set(as_dict(plain))
    assert (binary["weight"] == 1).all()
    for options, raw in (({}, plain), ({"binary": True}, binary)):
        scaled = tl.to_network(truth.adata, genes=gtf, window=3000, normalize=True, **options)
        lengths = raw.groupby("source")["weight"].apply(lambda weight: np.sqrt((weight**2).sum()))
        expected = {pair: weight / lengths[pair[0]] for pair, weight in as_dict(raw).items()}
        assert as_dict(scaled) == pytest.approx(expected)


def test_factors_with_the_same_targets_become_one(truth, gtf):
    plain = tl.to_network(truth.adata, genes=gtf)
    targets = plain.groupby("source")["target"].apply(frozenset)
    merged = tl.to_network(truth.adata, genes=gtf, merge_degenerate=True)
    assert targets.nunique() == 1  # within 100 kb every factor reaches every gene
    assert merged["source"].unique().tolist() == ["CTCF/SPI1/GATA3"]
    mean = plain.groupby("target")["weight"].mean()
    assert as_dict(merged) == pytest.approx({("CTCF/SPI1/GATA3", gene): weight for gene, weight in mean.items()})
    near = tl.to_network(truth.adata, genes=gtf, merge_degenerate=True, window=3000)
    assert len(near["source"].unique()) > 1


def with_rna(truth, counts, genes):
    import anndata as ad
    import mudata

    cells = truth.adata.obs_names
    rna = ad.AnnData(counts, obs=pd.DataFrame(index=cells), var=pd.DataFrame(index=genes))
    data = mudata.MuData({"rna": rna, "atac": truth.adata})
    data.obs["leiden"] = truth.adata.obs["leiden"].to_numpy()
    return data


def test_pairs_that_do_not_go_with_expression_are_left_out(truth, gtf):
    """The expression of half of the genes follows CTCF's weight over the groups, that of the others its negative."""
    per_group = tl.to_network(truth.adata, genes=gtf, per_group=True, tfs="CTCF")
    weight = per_group.pivot(index="group", columns="target", values="weight").fillna(0.0).loc[GROUPS]
    follows = weight.columns[::2]
    level = np.where(weight.columns.isin(follows), weight, -weight)
    level = level - level.min(axis=0)
    cells = truth.adata.obs["leiden"].map({group: i for i, group in enumerate(GROUPS)}).to_numpy()
    data = with_rna(truth, level[cells].astype(np.float32) + 0.25, weight.columns)
    with pytest.warns(UserWarning, match="1 of 12 genes are not in the RNA modality and left out: FAR"):
        kept = tl.to_network(data, genes=gtf, tfs="CTCF", min_correlation=0.5)
    assert set(kept["target"]) == set(follows)
    plain = as_dict(tl.to_network(data, genes=gtf, tfs="CTCF"))
    assert as_dict(kept) == pytest.approx({pair: plain[pair] for pair in plain if pair[1] in follows})
    with pytest.warns(UserWarning, match="of 12 genes are not in the RNA modality"):
        some = tl.to_network(data[:, list(data["atac"].var_names) + list(follows[:2])].copy(), genes=gtf, tfs="CTCF",
                             min_correlation=0.5)  # fmt: skip
    assert set(some["target"]) == set(follows[:2])


def test_the_network_is_stored_and_found_again(truth, gtf, tmp_path):
    import anndata as ad

    with pytest.raises(KeyError, match=r"no network under uns\['tfbs_network'\]: call scmaxatac.tl.to_network"):
        get.network(truth.adata)
    network = tl.to_network(truth.adata, genes=gtf, per_group=True, store=True)
    pd.testing.assert_frame_equal(get.network(truth.adata), network)
    truth.adata.write_h5ad(tmp_path / "data.h5ad")
    truth.adata.write_zarr(tmp_path / "data.zarr")
    for read in (ad.read_h5ad(tmp_path / "data.h5ad"), ad.read_zarr(tmp_path / "data.zarr")):
        found = get.network(read)
        assert found.astype(dict.fromkeys(("group", "source", "target"), str)).to_numpy().tolist() == (
            network.to_numpy().tolist()
        )
    truth.adata.uns["tfbs_network"] = "mine"
    with pytest.raises(ValueError, match="holds something else"):
        tl.to_network(truth.adata, genes=gtf, store=True)


def test_what_cannot_be_computed_is_told(truth, gtf, tmp_path):
    with pytest.raises(ValueError, match="the run's genome had no annotation; give genes="):
        tl.to_network(truth.adata)
    other = tmp_path / "ensembl.gtf"
    other.write_text(gtf.read_text().replace("chr22", "22"))
    with pytest.raises(ValueError, match=r"genes of .* are on 22, none of which the run has .* '22' there is 'chr22'"):
        tl.to_network(truth.adata, genes=other)
    with pytest.raises(ValueError, match="method is 'body'"):
        tl.to_network(truth.adata, genes=gtf, method="body")
    with pytest.raises(ValueError, match="window is -1"):
        tl.to_network(truth.adata, genes=gtf, window=-1)
    with pytest.raises(ValueError, match="decay is 0"):
        tl.to_network(truth.adata, genes=gtf, decay=0)
    with pytest.raises(TypeError, match="genes: found int"):
        tl.to_network(truth.adata, genes=3)
    with pytest.raises(KeyError, match="SPI2"):
        tl.to_network(truth.adata, genes=gtf, tfs="SPI2")
    far = tmp_path / "far.gtf"
    far.write_text(LINE.format("gene", 1001, 2000, "+", 99, "FAR"))
    with pytest.raises(ValueError, match="no factor has a target: no site within 100,000 bp"):
        tl.to_network(truth.adata, genes=far)
    with pytest.raises(ValueError, match="expression is needed, found no MuData"):
        tl.to_network(truth.adata, genes=gtf, min_correlation=0.3)
    data = with_rna(truth, np.ones((truth.adata.n_obs, 2), np.float32), ["X1", "X2"])
    with pytest.raises(ValueError, match="none of the genes of the annotation"):
        tl.to_network(data, genes=gtf, min_correlation=0.3)
    with pytest.raises(ValueError, match="2 groups have cells with expression; min_correlation needs at least 3"):
        tl.to_network(data, genes=gtf, min_correlation=0.3, groups=["B", "Mono"])
    with pytest.raises(KeyError, match="no modality 'gex'"):
        tl.to_network(data, genes=gtf, min_correlation=0.3, rna="gex")


def test_a_factor_without_targets_is_warned_about(truth, gtf):
    sites = truth.adata.uns["tfbs"]["sites"]
    truth.adata.uns["tfbs"]["sites"] = sites[sites["tf"] != "GATA3"]
    with pytest.warns(UserWarning, match="1 factors have no target, no site within 100,000 bp .*: GATA3"):
        network = tl.to_network(truth.adata, genes=gtf)
    assert set(network["source"]) == {"CTCF", "SPI1"}


def test_decoupler_takes_the_network(truth, gtf):
    """Expression that follows one factor's weights gives it the highest activity."""
    dc = pytest.importorskip("decoupler")
    network = tl.to_network(truth.adata, genes=gtf, decay=2_000, window=6_000)
    wide = network.pivot(index="source", columns="target", values="weight").fillna(0.0)
    rng = np.random.default_rng(0)
    expression = pd.DataFrame(
        wide.to_numpy() + rng.normal(0, 0.01, wide.shape),
        index=[f"like {tf}" for tf in wide.index],
        columns=wide.columns,
    )
    for method in (dc.mt.ulm, dc.mt.mlm):
        activity, _ = method(expression, network, tmin=3)
        assert (activity.idxmax(axis=1) == [name.removeprefix("like ") for name in activity.index]).all()
