"""Parameters of a run."""

from typing import Any

from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.get._results import find_results


@shared_docs
def params(data: Any, *, key: str = KEY_ADDED, mod: str = "atac") -> dict[str, Any]:
    """Parameters that a run of :func:`scmaxatac.tl.predict_tfbs` was made with.

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
    The decoded parameters: groupby, TFs, identifiers and sha256 of the models, thresholds, genome, regions, step,
    strand, precision, version, folder of the files.

    Raises
    ------
    KeyError
        If there are no results under `key`.

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.get.params(mdata)["groupby"]
    'cell_type'
    """
    return find_results(data, key, mod).params
