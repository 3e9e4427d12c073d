"""Motifs in the contributions of the bases around sites."""

from collections.abc import Iterable
from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._logging import warn
from scmaxatac._text import choose_names
from scmaxatac.containers._copies import copied
from scmaxatac.containers._storable import check_storable
from scmaxatac.evaluate._match_motifs import load_tomtom, warn_of_few
from scmaxatac.evaluate._motif_search import Method, search_motifs, told
from scmaxatac.evaluate._motifs import Motifs, read_any_motifs
from scmaxatac.results._entries import check_entry, write_entry
from scmaxatac.results._entry import MOTIFS
from scmaxatac.results._provenance import contributions_used, made_from
from scmaxatac.results._read_contributions import count_sites, read_contribution_params, read_contributions
from scmaxatac.results._reader import find_results
from scmaxatac.sequence._contributions import Contributions
from scmaxatac.sequence._modisco import load_modisco

_METHODS = ("cluster", "modisco")


@shared_docs
@checked_arguments
def find_motifs(
    data: Any,
    motifs: Motifs | None = None,
    *,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    method: Method = "cluster",
    min_seqlets: int = 20,
    fdr: float = 0.05,
    rng: int = 0,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Find the motifs that a factor's network reads at its sites, and the known ones that they are like.

    From the contributions of :func:`contributions`. Intervals whose contributions add up to more than chance lets them
    (seqlets) are aligned, clustered and averaged. What comes out is what the network goes by, whether or not it is the
    factor's own motif: partners and the sequence of open chromatin come out as well.

    ``method="cluster"`` is a small form of TF-MoDISco. Seqlets of 21 bp are those that hold so large a share of their
    site's contributions that at most a share `fdr` as many do when these are put in random order. They are compared by
    the cosine of their hypothetical contributions in the best alignment on either strand, clustered by average linkage
    that is cut at a cosine of 0.5, and averaged until nothing changes. ``method="modisco"`` calls modisco-lite, which
    takes minutes where this takes seconds, needs more than 100 seqlets, and rests on leidenalg and igraph, which are
    under the GPL.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's backed AnnData with contributions.
    motifs
        Known motifs to compare with: a file in MEME text format or of JASPAR's count matrices, plain or gzip; or
        ``{tf: matrix}`` with counts or probabilities of A, C, G and T, (width, 4). Best a whole collection, because
        the p-values take their background from it.
    tfs
        TFs; by default all that there are contributions of.
    groups
        Groups whose sites are searched, together; by default all that there are contributions in. Of sites that overlap
        the one with the largest score counts, as their sequence is the same.
    method
        ``"cluster"`` or ``"modisco"``.
    min_seqlets
        Motifs of fewer seqlets are left out.
    fdr
        False discovery rate of the seqlets; for ``method="cluster"``.
    rng
        Seed of the random orders.
    key
        {key}
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy. The object gets ``uns[key + "_motifs"]``, whose tables :func:`scmaxatac.get.motifs` reads
    and :func:`scmaxatac.pl.motifs` draws. Positions are 0-based and half-open.

    motifs
        A row a motif, those of most seqlets first: motif (its name, such as ``"CTCF_1"``), tf, sign (``"positive"``
        where it raises the score, ``"negative"`` where it lowers it), n_seqlets, width (bp), consensus (upper case from
        1 bit on), information (bits over equal base frequencies), contribution (mean change in
        logit by a seqlet), match and match_tf (identifier and factor of the known motif that is most like it), p (by
        Tomtom) and q (adjusted by Benjamini and Hochberg over the known motifs, for each motif by itself).
    matrices
        A row a position of a motif: motif, position, how many seqlets have A, C, G and T there, and contribution_A to
        contribution_T, the mean contribution of each.
    seqlets
        A row a seqlet: motif, tf, group, chrom, start, end, strand, contribution (its sum).
    matches
        The ten known motifs that are most like each: motif, match, match_tf, p, q, overlap (bp), strand. A motif with a
        match of q < 0.05 is turned to read as that does.
    searches
        A row a factor: tf, n_sites, n_overlapping (sites left out because they overlap a better one), n_seqlets,
        n_motifs, remark ("no pattern found from N seqlets" where there is none).

    Warns
    -----
    UserWarning
        If no motif of a factor was found, or there are fewer than 25 known motifs.

    Raises
    ------
    FileNotFoundError
        If the motif file does not exist.
    ImportError
        If memelite (for matches) or modisco-lite is not installed.
    KeyError
        If there are no results or contributions under `key`, or none of a factor or group.
    ValueError
        If the motif file holds none, contributions cover less than 41 bp around each site, a factor has fewer sites
        than `min_seqlets`, or the object can't be written to.

    References
    ----------
    Shrikumar A, Tian K, Avsec Z, et al. Technical note on Transcription Factor Motif Discovery from Importance Scores
    (TF-MoDISco) version 0.5.6.5. arXiv:1811.00416. Gupta S, Stamatoyannopoulos JA, Bailey TL, Noble WS. Quantifying
    similarity between motifs. Genome Biol 2007;8:R24.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> best = sma.get.sites(mdata, tfs="CTCF", groups="B").nlargest(30, "score")
    >>> sma.tl.contributions(mdata, "CTCF", "B", genome=toy.genome, regions=best, width=64)
    >>> sma.tl.find_motifs(mdata, min_seqlets=10)
    >>> sma.get.motifs(mdata)["motif"].iloc[0]
    'CTCF_1'
    """
    check_number("min_seqlets", min_seqlets, low=2, whole=True)
    check_number("fdr", fdr, low=0, high=1)
    check_number("rng", rng, low=0, whole=True)
    if method not in _METHODS:
        raise ValueError(f"method is {method!r}; it can be {' or '.join(map(repr, _METHODS))}")
    if method == "modisco":
        load_modisco()
    known = [] if motifs is None else read_any_motifs(motifs)
    if known:
        load_tomtom()
        warn_of_few(known)
    if copy:
        data = copied(data)
    results = find_results(data, key, mod)
    check_entry([results.adata], MOTIFS, MOTIFS.beside(key))
    check_storable(data, key, mod=mod)
    params = read_contribution_params(results)
    source = "contributions were computed for"
    tf_names = choose_names(tfs, params["tfs"], "TF", source=source)
    group_names = choose_names(groups, params["groups"], "group", source=source)
    for tf in tf_names:
        if (n_sites := count_sites(results, tf, group_names)) < min_seqlets:
            raise ValueError(
                f"there are contributions of {n_sites} sites of {tf}; a motif takes min_seqlets={min_seqlets} seqlets, "
                "better hundreds: compute them for more sites or groups, or leave the factor out of tfs"
            )
    by_tf = ((tf, [Contributions(*read_contributions(results, tf, group)) for group in group_names]) for tf in tf_names)
    tables = search_motifs(by_tf, known, method=method, min_seqlets=min_seqlets, fdr=fdr, seed=rng)
    if remarks := told(tables["searches"]):
        warn(remarks)
    origin = made_from(results) | {"contributions": contributions_used(results)}
    used: dict[str, Any] = {"made_from": origin, "tfs": tf_names, "groups": group_names, "method": method}
    used |= {"min_seqlets": min_seqlets, "fdr": fdr, "rng": rng, "n_known": len(known)}
    write_entry([results.adata], MOTIFS, MOTIFS.beside(key), tables, used)
    return data if copy else None
