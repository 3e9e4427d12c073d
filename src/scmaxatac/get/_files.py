"""Files of a run."""

from typing import Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._files_of_run import list_files
from scmaxatac.results._reader import read_results


@shared_docs
@checked_arguments
def files(data: Any, *, key: str = KEY_ADDED, mod: str = "atac") -> pd.DataFrame:
    """Files that a run wrote, and whether they are still there.

    Where they were moved, :func:`scmaxatac.tl.relocate` says where they are now. Files for a genome browser, under
    names that read, are written by :func:`scmaxatac.tl.write_browser_files`.

    Parameters
    ----------
    data
        {results}
    key
        {key}
    mod
        {mod}

    Returns
    -------
    A row a file or folder:

    kind : text
        ``store`` (the run's own folder, with all that the others are read from), ``scores`` (of regions), ``bigwig``
        (scores of all bins), ``sites_bigwig`` (of the bins that are kept), ``signal_bigwig`` or ``bed`` (sites).
    group : text
        Group; empty for files of all groups.
    tf : text
        Transcription factor; empty for files of all factors.
    path : text
        Absolute path.
    bytes : Int64
        Size, of a folder with all that it holds; missing where it is not there.
    exists : bool
        Whether it is there.

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> files = sma.get.files(mdata)
    >>> files[["kind", "exists"]].to_dict("records")
    [{'kind': 'store', 'exists': True}]
    """
    return list_files(read_results(data, key, mod))
