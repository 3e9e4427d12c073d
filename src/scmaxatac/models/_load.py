"""Loading one model."""

import os

from scmaxatac._arguments import checked_arguments
from scmaxatac.zoo._load_model import load_quietly, warn_weak
from scmaxatac.zoo._tf_model import TFModel


@checked_arguments
def load(name: str | os.PathLike[str]) -> TFModel:
    """Load a pretrained model.

    Parameters
    ----------
    name
        - A transcription factor such as ``"CTCF"``: from ``settings.model_dir`` (environment variable
          ``SCMAXATAC_MODEL_DIR``), then from what :func:`download` fetched. ``"maxatac:CTCF"`` means the same, but
          refuses another model of that name.
        - ``"demo:CTCF"``: a small model that the package ships, trained on simulated data.
        - The path of one model: a folder of ours, a folder of the original maxATAC, or a Keras ``.h5`` file. A text is
          taken as a path when it ends as a Keras file does, holds a ``/``, or is a folder and no model's name.

    Warns
    -----
    UserWarning
        If the model's largest F1 on the validation chromosome is below 0.14.

    Raises
    ------
    FileNotFoundError
        If the model is not installed or the path does not exist; the message has the line that downloads it.
    KeyError
        If no such model is known; the message suggests the nearest names.
    ValueError
        If its file is damaged.

    Examples
    --------
    >>> from scmaxatac import models
    >>> model = models.load("CTCF")  # doctest: +SKIP
    >>> model.threshold(("precision", 0.8))  # doctest: +SKIP
    """
    model = load_quietly(name)
    warn_weak([model])
    return model
