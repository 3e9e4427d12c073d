"""Footprints of factors in the insertions of groups."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._checks import check_number
from scmaxatac._docs import shared_docs
from scmaxatac._text import choose_names
from scmaxatac.atac._pseudobulk import Pseudobulks
from scmaxatac.atac._read_pseudobulks import scope_of
from scmaxatac.containers._copies import copied
from scmaxatac.containers._objects import unwrap
from scmaxatac.containers._storable import check_storable
from scmaxatac.genome._genome import Genome
from scmaxatac.genome._interval_table import Table
from scmaxatac.genome._intervals import Intervals
from scmaxatac.genome._intervals_on_genome import regions_on
from scmaxatac.predict._footprint_sites import called_only as keep_called
from scmaxatac.predict._footprint_sites import given_sites, peaks_of, place_windows, predicted_sites
from scmaxatac.predict._footprints import (
    FootprintOptions,
    insertions_of_bulks,
    insertions_of_run,
    measure_bias,
    take_footprints,
)
from scmaxatac.predict._predicted_genome import check_genome
from scmaxatac.predict._run import Run
from scmaxatac.results._entries import check_entry, write_entry
from scmaxatac.results._entry import FOOTPRINT
from scmaxatac.results._group_object import group_object
from scmaxatac.results._provenance import made_from
from scmaxatac.results._reader import find_results
from scmaxatac.results._run_folder import run_folder
from scmaxatac.stats._footprint import Correction, check_widths


@shared_docs
@checked_arguments
def footprint(
    data: Any,
    sites: Table | None = None,
    *,
    genome: Genome | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    called_only: bool = False,
    peaks: Table | None = None,
    correction: Correction = "subtract",
    flank: int = 250,
    outer: int = 50,
    core: int = 20,
    shoulder: int = 40,
    n_bootstrap: int = 500,
    block_size: int = 10_000,
    rng: np.random.Generator | int | None = 0,
    key: str = _keys.KEY_ADDED,
    key_added: str = FOOTPRINT.name,
    mod: str = "atac",
    copy: bool = False,
) -> Any:
    """Aggregate the Tn5 insertions around a factor's sites in each group, corrected for Tn5's sequence preference.

    Three curves by the distance from the middle of the sites. *Uncorrected*: insertions, one base each, of both ends of
    fragments, over their mean in the outer positions. *Expected*: what Tn5's preference alone gives, likewise scaled.
    *Corrected*: the first less the second, or divided by it. A bound factor protects its site, so the corrected curve
    is lower there than beside it; where nothing is bound it is flat whatever the motif's sequence.

    The preference is measured on the insertions of all groups outside `peaks`: for each pair of a hexamer and its
    reverse complement, insertions over what their share of the positions there makes expect, with one insertion added
    to both. A site is expected to have as many insertions as it has, spread over its window as the preference of the
    hexamers there says; so sites weigh in the expectation as in what is observed (in ArchR and Signac all weigh the
    same there).

    Where insertions lie: shifted by +4 and -5, the first base of a fragment is the middle of Tn5's 9-bp cut, and the
    last base lies one before it (0 and 1 bp to the centre in :func:`scmaxatac.pp.check_tn5_shift`). Both ends together
    are symmetric around the border between an insertion's base and the next. The hexamer is the one around that border,
    two bases before the insertion to three after it, since only then do both orientations share one preference; windows
    of sites on the reverse strand are mirrored at it too. The two ends still blur each other by 1 bp.

    Parameters
    ----------
    data
        AnnData, MuData or SnapATAC2's backed AnnData with results, whose insertions are in the folder of the run; or
        pseudobulks of :func:`scmaxatac.pp.pseudobulk`, which need `sites` and `peaks`.
    sites
        Motif hits or other sites: a BED file, or a table with chrom, start, end (0-based, half-open) and, where it has
        them, tf, group (a site counts in this group alone) and strand ("+", "-"; others are read forwards). By default
        the predicted sites of each group. These are bins of 32 bp and more without a strand, so their footprints are
        blurred; motif hits are sharp.
    genome
        {genome}
        It needs sequence, and to be the one that was predicted.
    tfs
        One TF or several; by default all that there are sites of. The name of all sites where these have no tf.
    groups
        {groups}
    called_only
        Keep of `sites` those whose middle lies in a site that was called for the same factor in the group.
    peaks
        Accessible chromatin, outside of which the preference is measured: a BED file or a table. By default the regions
        of the prediction, or, where the whole genome was predicted, the sites of all factors and groups. Regions that
        are only some of the peaks won't do.
    correction
        ``"subtract"`` or ``"divide"``.
    flank
        Half the width of the window in bp.
    outer
        Outermost positions of either side, whose mean becomes 1, in bp.
    core
        Width of the middle that a factor protects, in bp; even.
    shoulder
        Width of what lies beside it on either side, in bp.
    n_bootstrap
        Draws for the 95% intervals; 0 leaves them out.
    block_size
        Length of the blocks of the genome that are drawn, in bp; of more than 400 with sites neighbours are joined.
        Below ten blocks intervals are too narrow, and a note says so.
    rng
        {rng}
    key
        {key}
    key_added
        Name under which footprints are stored: ``uns[key_added]``.
    mod
        {mod}
    copy
        {copy}

    Returns
    -------
    None, or the changed copy; of pseudobulks an AnnData with a row a group. The object gets ``uns[key_added]``, which
    :func:`scmaxatac.get.footprint` reads. ``"profiles"``, a row a factor, group and position:

    tf, group, position
        Position in bp from the site's middle base, in the direction of its strand; cuts lie half a base after it.
    uncorrected, expected, corrected
        The curves, each with the ends of its 95% interval (``_low``, ``_high``): other sites, and for the expectation
        the numbers of insertions behind the preference.

    ``"depths"``, a row a factor and group, also where there is no site:

    n_sites, n_left_out, n_insertions, n_blocks
        Sites that count, those that are left out, insertions around the former, blocks of the genome that they lie in.
    depth, depth_low, depth_high
        Mean corrected curve of the shoulders less that of the core, with its interval; above 0 where DNA is protected.
    flank_accessibility, flank_accessibility_low, flank_accessibility_high
        Mean corrected curve of the shoulders less that of the outer positions.
    note
        Why there are no numbers or intervals, or that intervals rest on fewer than ten blocks; "" otherwise.

    ``"bias"``, a row a hexamer: n_insertions and n_positions outside peaks, bias (1 without a preference).

    Warns
    -----
    UserWarning
        If sites are left out: how many and why (within reach of an end of the contig, of unknown bases or of the
        blacklist, on contigs or of groups without insertions, repeated). If fewer than 20,000 insertions lie outside
        peaks, or footprints can't be taken.

    Raises
    ------
    KeyError
        If nothing was predicted under `key`, or there is no such factor or group.
    FileNotFoundError
        If a file does not exist, or the folder of the run is gone.
    ValueError
        If the genome has no sequence or is not the one that was predicted, sites or peaks can't be read or are empty,
        no insertion lies outside peaks, widths don't fit each other, or the object can't be written to.

    References
    ----------
    Granja et al. 2021, Nat Genet 53:403 (ArchR); Stuart et al. 2021, Nat Methods 18:1333 (Signac); Baek et al. 2017,
    Cell Rep 19:1710 (depth and accessibility of flanks).

    Examples
    --------
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> motifs = toy.sites.query("chrom == 'chr5' and tf == 'CTCF'")
    >>> sma.tl.footprint(mdata, motifs, genome=toy.genome, groups="CD4/T", called_only=True)
    >>> table = sma.get.footprint(mdata, "depths")
    >>> bool(table["depth_low"].iloc[0] > 0)
    True
    """
    check_widths(flank=flank, outer=outer, core=core, shoulder=shoulder)
    check_number("n_bootstrap", n_bootstrap, low=0, whole=True)
    check_number("block_size", block_size, low=1, whole=True)
    if correction not in ("subtract", "divide"):
        raise ValueError(f"correction is {correction!r}; it can be 'subtract' or 'divide'")
    if called_only and sites is None:
        raise ValueError("called_only chooses among sites; give sites=, or leave it out for all that were called")
    options = FootprintOptions(flank, outer, core, shoulder, correction, n_bootstrap, block_size, rng)
    of_groups = isinstance(data, Pseudobulks)
    if of_groups:
        if sites is None or peaks is None or called_only:
            raise ValueError("pseudobulks have no predicted sites and no peaks: give sites= and peaks=, no called_only")
        check_entry([], FOOTPRINT, key_added)
        genome = scope_of(data, genome, None, None).genome
        chosen = choose_names(groups, data.groups, "group", source="there are")
        source, origin = insertions_of_bulks(data, genome), None
        groupby: Any = data.options.groupby
    else:
        if copy:
            data = copied(data)
        adata = unwrap(data, mod)
        check_entry([adata], FOOTPRINT, key_added)
        check_storable(data, key_added, mod=mod)
        results = find_results(data, key, mod)
        chosen = results.pick_groups(groups)
        run = Run.open(run_folder(results.params))
        genome = check_genome(run, genome, results.params["genome"])
        source, origin = insertions_of_run(run.store), made_from(results)
        groupby = results.params["groupby"]
    if not genome.has_sequence:
        raise ValueError(f"{genome.source} holds no sequence, so there are no hexamers; give Genome('hg38.fa')")
    if sites is None:
        given = predicted_sites(results, tfs, chosen)
    else:
        given = given_sites(sites, tfs, chosen, source.groups, genome)
        given = keep_called(given, results, chosen) if called_only else given
    closed = Intervals.from_frame(peaks_of(results)) if peaks is None else regions_on(peaks, genome, None, "peaks")
    windows = place_windows(given, source.chroms, genome, flank)
    bias = measure_bias(source, genome, closed)
    found = take_footprints(source, windows, given.tfs, chosen, genome, bias, options)
    params = {
        "made_from": origin,
        "groupby": groupby,
        "tfs": given.tfs,
        "groups": chosen,
        "sites": "predicted" if sites is None else "called among those given" if called_only else "given",
        "peaks": "prediction" if peaks is None else "given",
        "correction": correction,
        "flank": flank,
        "outer": outer,
        "core": core,
        "shoulder": shoulder,
        "n_bootstrap": n_bootstrap,
        "block_size": block_size,
        "rng": rng if isinstance(rng, int) else "generator" if rng is not None else None,
        "n_insertions_outside_peaks": bias.n_insertions,
    }
    if of_groups:
        adata, _ = group_object(data.qc, data.groups)
        data = adata
    write_entry([adata], FOOTPRINT, key_added, found._asdict(), params)
    return data if copy or of_groups else None
