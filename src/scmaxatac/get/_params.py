"""Parameters of a run."""

from typing import Any

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._keys import KEY_ADDED
from scmaxatac.results._reader import read_results
from scmaxatac.results._schema import PARAMS
from scmaxatac.results._schema_docs import columns_text


@shared_docs(fields=columns_text(PARAMS))
@checked_arguments
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
    The decoded parameters:

    {fields}

    {warns_and_raises}

    Examples
    --------
    >>> import scmaxatac as sma
    >>> sma.get.params(mdata)["groupby"]
    'cell_type'
    """
    return read_results(data, key, mod).params
