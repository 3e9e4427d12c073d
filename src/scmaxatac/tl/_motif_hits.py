"""Where motifs stand within predicted sites."""

from collections.abc import Iterable
from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac._text import abbreviate, choose_names
from scmaxatac.containers._copies import copied
from scmaxatac.containers._storable import check_storable
from scmaxatac.evaluate._motif_hits import load_fimo
from scmaxatac.evaluate._motif_search import motifs_of
from scmaxatac.evaluate._motifs import Motifs, read_any_motifs
from scmaxatac.evaluate._site_hits import hits_in_sites
from scmaxatac.genome._genome import Genome
from scmaxatac.predict._predicted_genome import check_sequence
from scmaxatac.results._entries import check_entry, read_entry, write_entry
from scmaxatac.results._entry import MOTIF_HITS, MOTIFS
from scmaxatac.results._provenance import entry_used, made_from
from scmaxatac.results._read_sites import read_sites
from scmaxatac.results._reader import find_results


@shared_docs
@checked_arguments
def motif_hits(
    data: Any,
    motifs: Motifs | None = None,
    *,
    genome: Genome | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    names: str | Iterable[str] | None = None,
    p_value: float = 1e-4,
    pseudocount: float = 0.8,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Find where motifs stand within the called sites of each factor and group.

    The sequence of the sites is scanned on both strands, so what is found are all places that look like a motif, with
    or without a contribution; the places that have one are the seqlets of :func:`find_motifs`. :func:`motif_scan`
    counts the same matches in bins of accessible regions, as scores to compare predictions with.

    Parameters
    ----------
    data
        {results}
    motifs
        Motifs to look for, in the sites of all factors: a file in MEME text format or of JASPAR's count matrices, plain
        or gzip; or ``{tf: matrix}`` with counts or probabilities of A, C, G and T, (width, 4). By default those that
        :func:`find_motifs` found, each in the sites of its own factor.
    genome
        The genome that was predicted.
    tfs
        {tfs}
        Without `motifs`, by default those that motifs were found of.
    groups
        {groups}
    names
        Motifs to look for, by their identifiers (such as ``"MA0139.2"`` or ``"CTCF_1"``) or by the factors that they
        are named after; by default all.
    p_value
        Matches have a p-value below this: the probability that a random sequence of equal base frequencies scores as
        high (Grant et al. 2011, FIMO, as implemented in memelite), for log odds rounded to 0.002 bits.
    pseudocount
        Added to every count; 0.8 is what JASPAR uses.
    key
        {key}
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. The object gets ``uns[key + "_motif_hits"]``, whose tables
    :func:`scmaxatac.get.motif_hits` reads and :func:`scmaxatac.pl.motif_hits` draws. Positions are 0-based and
    half-open.

    hits
        A row a match and site: tf and group of the site; motif, chrom, start, end and strand of the match; score in
        bits, p; site_start, site_end; distance (bp from the middle of the site to that of the match). A match belongs
        to the site that its middle base lies in.
    summary
        A row a factor, group and motif: n_sites, n_with_hit (sites with a match), share of them (NaN where there is no
        site), n_hits, and n_expected
        (at most so many matches are expected in sequence of equal base frequencies: two strands times `p_value` times
        the bases of the sites).

    Warns
    -----
    UserWarning
        If a motif is so short that none of its matches has a p-value below `p_value`.

    Raises
    ------
    FileNotFoundError
        If the motif file does not exist.
    ImportError
        If memelite is not installed.
    KeyError
        If there are no results under `key`, no such TF, group or motif, or no motifs were given or found.
    ValueError
        If the genome is missing or not the one that was predicted, the motifs or options are malformed, there is no
        site, or the object can't be written to.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> sma.tl.motif_hits(mdata, toy.motifs, names="CTCF", genome=toy.genome, tfs="CTCF", groups="B")
    >>> hits = sma.get.motif_hits(mdata)
    >>> bool(hits["distance"].abs().median() < 30)
    True
    """
    check_number("p_value", p_value)
    check_number("pseudocount", pseudocount)
    if not 0 < p_value < 1 or not pseudocount > 0:
        raise ValueError(
            f"p_value is {p_value} and pseudocount {pseudocount}; they have to be 0 < p_value < 1 and pseudocount > 0"
        )
    load_fimo()
    if copy:
        data = copied(data)
    results = find_results(data, key, mod)
    check_entry([results.adata], MOTIF_HITS, MOTIF_HITS.beside(key))
    check_storable(data, key, mod=mod)
    if motifs is None:
        found = read_entry(results.adata, MOTIFS, MOTIFS.beside(key))[0]
        table = found["motifs"]
        if table.empty:
            raise KeyError("no motif was found by scmaxatac.tl.find_motifs: give motifs, or search in more sites")
        tf_names = choose_names(tfs, list(dict.fromkeys(table["tf"])), "TF", source="motifs were found of")
        table = table[table["tf"].isin(tf_names)]
        chosen = motifs_of(found["matrices"], list(table["motif"]))
        wanted = _named([(name, tf) for name, tf in zip(table["motif"], table["tf"], strict=True)], names)
        of_tf = {tf: [name for name in table.loc[table["tf"] == tf, "motif"] if name in wanted] for tf in tf_names}
        tf_names = [tf for tf in tf_names if of_tf[tf]]
    else:
        tf_names = results.pick_tfs(tfs)
        chosen = read_any_motifs(motifs)
        wanted = _named([(motif.id, motif.tf) for motif in chosen], names)
        of_tf = dict.fromkeys(tf_names, wanted)
    chosen = [motif for motif in chosen if motif.id in wanted]
    genome = check_sequence(genome, results.params["genome"])
    if short := [f"{motif.id} ({len(motif.counts)} bp)" for motif in chosen if 4.0 ** -len(motif.counts) >= p_value]:
        warn(f"too short for any match with p < {p_value:g}: {abbreviate(short)}; take a larger p_value")
    sites = read_sites(results, tf_names, groups)
    if sites.empty:
        raise ValueError(f"there is no site of {abbreviate(tf_names)}; call sites at a lower threshold")
    group_names = results.pick_groups(groups)
    hits, summary = hits_in_sites(genome, sites, chosen, of_tf, group_names, p_value=p_value, pseudocount=pseudocount)
    origin = made_from(results)
    if motifs is None:
        origin["entry"] = entry_used(results.adata, MOTIFS.beside(key))
    params: dict[str, Any] = {"made_from": origin, "tfs": tf_names, "groups": group_names}
    params |= {"motifs": [motif.id for motif in chosen], "p_value": p_value, "pseudocount": pseudocount}
    params["source"] = "found" if motifs is None else "given"
    write_entry([results.adata], MOTIF_HITS, MOTIF_HITS.beside(key), {"hits": hits, "summary": summary}, params)
    return data if copy else None


def _named(known: list[tuple[str, str]], names: str | Iterable[str] | None) -> list[str]:
    """Identifiers of motifs that are asked for by identifier or factor."""
    texts = list(dict.fromkeys(name for pair in known for name in pair))
    asked = set(choose_names(names, texts, "motif", source="there are"))
    return [identifier for identifier, tf in known if asked & {identifier, tf}]
