"""Files of a run for genome browsers."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from scmaxatac import _keys
from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac.predict._browser_files import Choice, check_formats, colors_for, place_for, write_files
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def write_browser_files(
    data: Any,
    folder: str | PathLike[str],
    *,
    formats: str | Iterable[str] | None = None,
    tfs: str | Iterable[str] | None = None,
    groups: str | Iterable[str] | None = None,
    signal: bool = True,
    assembly: str | None = None,
    region: Any = None,
    name: str = "scmaxatac",
    email: str | None = None,
    key: str = _keys.KEY_ADDED,
    mod: str = "atac",
) -> Path:
    """Write signal, scores and sites for genome browsers: a session of IGV, and a track hub of UCSC.

    The folder can be moved, shared, or put on a web server as a whole: what is in it refers to its own files by
    relative paths. It holds

    - ``igv_session.xml``, which IGV opens (*File*, *Open Session*);
    - ``hub.txt``, ``genomes.txt`` and ``trackDb.txt``, the hub: on a web server, the address of ``hub.txt`` goes into
      *My Data*, *Track Hubs*, *Connected Hubs* of the UCSC browser;
    - ``tracks/``: ``CD4_T.SPI1.bw`` are the scores of SPI1 in the group CD4/T, ``CD4_T.SPI1.narrowPeak`` its sites,
      ``CD4_T.SPI1.bb`` the same for the hub, and ``CD4_T.signal.bw`` the ATAC signal of the group;
    - ``files.tsv``, which says what each of these holds.

    Names of files have ``_`` in place of what not every system takes, and a number where two would be the same; tracks
    are called by the groups' own names, as "SPI1 in CD4/T". Sites are the current ones, in ten columns (BED6+4, as
    narrowPeak) sorted by chromosome and start, with the score from 0 to 1,000 and as it was computed; a factor without
    sites in a group has no such file. bigWigs that the run saved are linked, or copied where the file system can't
    link; where it saved none, they are written from the bins that it kept, of at least ``settings.min_stored_score``.

    Parameters
    ----------
    data
        {results}
    folder
        The folder, apart from the run's own. What scmaxatac did not write there is not touched. A second call for the
        same run replaces what the first wrote, and removes what it does not write again.
    formats
        ``"igv"``, ``"ucsc"`` or both. By default both, and where the genome's name is not known IGV alone.
    tfs
        {tfs}
    groups
        {groups}
    signal
        Whether the ATAC signal is wanted.
    assembly
        Name of the genome in the browsers, such as ``"hg38"``. By default what the name of the genome's file says
        (``hg38.fa``, ``GRCh38.primary.fa``); for IGV alone the file itself will do.
    region
        What IGV shows first: a region such as ``"chr22:18,712,000-18,730,000"`` (0-based, half-open), a gene, or a row
        of a table with chrom, start and end; by default the site with the largest score.
    name
        Name of the hub.
    email
        Address of whom users of the hub can ask. UCSC's documentation asks for one in every hub; without it ``hub.txt``
        has no such line.
    key
        {key}
    mod
        {mod}

    Returns
    -------
    The folder.

    Warns
    -----
    UserWarning
        If `formats` is not given and the genome's name is not known, so that no hub is written.

    Raises
    ------
    FileNotFoundError
        If the run's files are not where they were written; :func:`relocate` says where they are.
    KeyError
        If there are no results under `key`, or no such TF, group or gene.
    RuntimeError
        If another process is writing to the folder.
    ValueError
        If the folder can't be written to, is the run's own, holds tracks of another run, or something of the user's
        under the name of a file; if a file of the run was changed, has no checksum or lies outside its folder; if a hub
        is asked for and the genome's name is not known or no name of UCSC's, or the region is not understood.

    Examples
    --------
    >>> import scmaxatac as sma, tempfile
    >>> with tempfile.TemporaryDirectory() as temporary:
    ...     folder = sma.tl.write_browser_files(mdata, temporary, tfs="SPI1", groups="CD4/T", assembly="hg38")
    ...     sorted(path.name for path in folder.glob("[!.s]*"))
    ...     sorted(path.name for path in folder.glob("tracks/*"))
    ['files.tsv', 'genomes.txt', 'hub.txt', 'igv_session.xml', 'trackDb.txt', 'tracks']
    ['CD4_T.SPI1.bb', 'CD4_T.SPI1.bw', 'CD4_T.SPI1.narrowPeak', 'CD4_T.signal.bw']
    """
    results = read_results(data, key, mod)
    wanted = check_formats(formats, results, assembly)
    choice = Choice(results.pick_groups(groups), results.pick_tfs(tfs), signal)
    place = place_for(results, region, choice)
    colors = colors_for(data, results, mod)
    target = Path(folder).expanduser()
    write_files(results, target, choice, colors, place, formats=wanted, assembly=assembly, name=name, email=email)
    return target
