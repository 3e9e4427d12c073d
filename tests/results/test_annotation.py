import pytest

from scmaxatac.genome import Genes, Genome
from scmaxatac.results._annotation import as_genes, genes_if_any, genes_of_run


@pytest.fixture
def gtf(tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text('chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id "g1"; gene_name "A";\n')
    return path


def params_of(annotation, chroms=("chr1",)):
    return {"genome": {"source": "x", "annotation": annotation}, "chroms": list(chroms)}


def test_genes_come_from_a_file_genes_or_a_genome(gtf):
    genome = Genome.from_sizes({"chr1": 100}, annotation=gtf)
    for given in (gtf, str(gtf), Genes(gtf), genome):
        assert as_genes(given).table["gene"].tolist() == ["A"]
        assert len(genes_of_run(given, params_of(None))) == 1
    with pytest.raises(ValueError, match="has no annotation"):
        as_genes(Genome.from_sizes({"chr1": 100}))
    with pytest.raises(TypeError, match="genes: found bool"):
        as_genes(True)


def test_without_any_the_annotation_of_the_runs_genome_is_read(gtf):
    assert len(genes_of_run(None, params_of(str(gtf)))) == 1
    assert len(genes_if_any(None, params_of(str(gtf)))) == 1
    assert len(genes_if_any(True, params_of(str(gtf)))) == 1
    assert genes_if_any(False, params_of(str(gtf))) is None
    assert genes_if_any(None, params_of(None)) is None
    assert genes_if_any(None, {"genome": {"source": "of an earlier version"}, "chroms": ["chr1"]}) is None


def test_what_is_not_there_is_an_error_where_genes_were_asked_for(gtf):
    gone = params_of(str(gtf.with_name("gone.gtf")))
    assert genes_if_any(None, gone) is None
    for given in (True, None):
        with pytest.raises(FileNotFoundError, match=r"gone\.gtf; give genes="):
            genes_of_run(None, gone) if given is None else genes_if_any(given, gone)
    with pytest.raises(ValueError, match="had no annotation; give genes="):
        genes_if_any(True, params_of(None))
    with pytest.raises(ValueError, match="none of which the run has"):
        genes_of_run(gtf, params_of(None, ["1"]))
