"""Training a network on ChIP-seq data of one's own."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scmaxatac._arguments import checked_arguments
from scmaxatac._docs import shared_docs
from scmaxatac._logging import logger as log
from scmaxatac.genome._genome import Genome
from scmaxatac.io._output import output_folder
from scmaxatac.io._owned_folder import OwnedFolder
from scmaxatac.models import NetworkSpec, TFModel, load
from scmaxatac.train._options import training_options
from scmaxatac.train._split import split_chroms
from scmaxatac.train._table import read_training_table
from scmaxatac.zoo._model_folder import MODEL_KIND, remove_rest
from scmaxatac.zoo._tf_model import write_model

if TYPE_CHECKING:
    from pytorch_lightning.callbacks import Callback
    from pytorch_lightning.loggers import Logger
    from pytorch_lightning.strategies import Strategy


@shared_docs
@checked_arguments
def train(
    table: str | PathLike[str] | pd.DataFrame,
    tf: str,
    *,
    genome: Genome,
    data: Any = None,
    groupby: str | Sequence[str] | None = None,
    chroms_train: str | Iterable[str] | None = None,
    chroms_valid: str | Iterable[str] | None = None,
    chroms_test: str | Iterable[str] | None = None,
    pan_cell: bool = True,
    random_ratio: float = 0.0,
    reverse_complement: bool = True,
    jitter: int = 0,
    signal_scaling: tuple[float, float] | None = None,
    init: str | PathLike[str] | TFModel | None = None,
    epochs: int = 100,
    batch_size: int = 1000,
    batches_per_epoch: int = 100,
    max_validation: int = 100_000,
    learning_rate: float = 1e-3,
    decay: float = 1e-5,
    patience: int | None = None,
    seed: int = 0,
    precision: str = "32-true",
    accelerator: str = "auto",
    devices: int | str | list[int] = 1,
    strategy: "str | Strategy" = "auto",
    logger: "Logger | Sequence[Logger] | bool" = False,
    callbacks: "Sequence[Callback]" = (),
    out_dir: str | PathLike[str],
    resume: bool = True,
) -> TFModel:
    """Train a network that predicts where a transcription factor binds, from ATAC-seq and ChIP-seq of some cell types.

    The network and its training are those of Cazares et al. 2023: windows of 1,024 bp around the ATAC and ChIP-seq
    peaks of the training cell types, each shown in any of these cell types; a bin of 32 bp is positive if more than
    half of it lies in a ChIP-seq peak; binary cross-entropy, Adam; the epoch with the best Dice coefficient on the
    validation chromosomes is kept. Half of the windows are shown as their true reverse complement. Precision and
    recall by threshold are then measured on the whole validation chromosomes, and a model that ranks their bins no
    better than chance, or than the ATAC signal alone, is warned of.

    Parameters
    ----------
    table
        A row a cell type: a data frame, or a file with tabs between the columns.

        ``name``
            Name of the cell type.
        ``signal``
            ATAC signal: a bigWig as :func:`scmaxatac.pp.tn5_tracks` and :func:`scmaxatac.pp.average_replicates` write
            it (99th percentile 1), or the name of a group of `data`.
        ``atac_peaks``, ``chip_peaks``
            BED or narrowPeak files (in a data frame also tables with chrom, start and end; 0-based, half-open).
        ``role``
            ``"train"``, ``"validation"`` (chooses the epoch and the thresholds; without one the training cell types do)
            or ``"test"`` (nothing is read).
        ``unknown``
            Optional: regions where it is not known whether the factor binds; bins that touch them are ignored.

        In a file, lines that start with ``#`` are comments.

        Relative paths start from the folder of the file, in a data frame from the working directory.
    tf
        Name of the transcription factor.
    genome
        {genome}
    data
        Object with the groups that signals are named after: AnnData, MuData, SnapATAC2's AnnData, a list of them, or,
        for all other options (several fragment files, replicates), what :func:`scmaxatac.pp.pseudobulk` gives.
    groupby
        Column of ``obs`` that holds the groups; not needed with pseudobulks.
    chroms_train, chroms_valid, chroms_test
        Chromosomes to learn from, to choose by, and to leave alone. By default the original's split of the human
        genome: chr2 and chr19 for validation, chr1 and chr8 for testing, the other autosomes for training.

    Parameters: examples
    --------------------
    pan_cell
        Show each region in a training cell type that is drawn uniformly; otherwise in the one it is a peak of.
    random_ratio
        Share of each batch that comes from anywhere in the training chromosomes instead of from peaks: from 100,000
        windows that the seed chooses once (more if a batch has more).
    reverse_complement
        Show half of the training windows as their reverse complement.
    jitter
        Shift each training window at random by up to this many bp, so that peaks are not always in the middle.
    signal_scaling
        Multiply the signal of each training window with a factor drawn uniformly from this range, such as
        ``(0.9, 1.15)``.

    Parameters: training
    --------------------
    init
        Model to start from, as :func:`scmaxatac.models.load` takes it, or a model; by default random weights.
    epochs
        Epochs in all. A finished run goes on from its checkpoint when it is called again with a larger number; a
        smaller one is an error.
    batch_size
        Windows in a batch, over all devices together.
    batches_per_epoch
        Batches in an epoch.
    max_validation
        Windows that Dice is computed on at most; a seeded choice if there are more.
    learning_rate, decay
        Learning rate of Adam: ``learning_rate / (1 + decay * step)``.
    patience
        Stop after so many epochs without a better Dice; by default never. Like `epochs`, it can be another one when a
        run is called again.
    seed
        Seed of the weights and of all draws. On one machine and number of threads and devices the same seed gives the
        same network (on a GPU up to the order of its sums).

    Parameters: running
    -------------------
    precision, accelerator, devices, strategy
        As in Lightning's ``Trainer``: ``precision="bf16-mixed"`` on GPUs; ``devices=4, strategy="ddp"`` for several
        ones, each of which gets a quarter of every batch. With ``"ddp"`` the whole script runs once a device.
    logger
        A logger of Lightning or a list of them, which get ``train_loss``, ``val_loss`` and ``val_dice`` of every epoch.
    callbacks
        Callbacks of Lightning. What they change is not noted: a run that goes on does so with those of that call.
        ModelCheckpoint is refused, as `out_dir` holds the checkpoints; in place of EarlyStopping use `patience`, which
        a finished run knows of.

    Parameters: output
    ------------------
    out_dir
        Folder of the model, which :func:`scmaxatac.tl.predict_tfbs` takes as ``models=out_dir``; created when missing.
    resume
        Continue the run in `out_dir` if it was stopped, with the same result as without the stop, or give its model if
        it is finished. Otherwise its checkpoints are deleted as soon as all arguments have been checked, and its model
        is replaced when the new one is complete.

    Returns
    -------
    The model. `out_dir` holds it (``model.safetensors``, ``calibration.tsv``, and ``model.json`` with where it comes
    from: checksums of all inputs, chromosomes, options, learning curve, versions), the learning curve
    (``history.csv``, drawn by :func:`scmaxatac.pl.learning_curve`), what the run was started with
    (``training.json``), checkpoints (``last.ckpt``, ``previous.ckpt``, ``checkpoints.sha256``) that can be deleted when
    it is finished, and a list of these files (``scmaxatac.json``): others in the folder are never touched.

    Warns
    -----
    UserWarning
        If a signal is not scaled, a validation cell type has no positive bin, or the model learned nothing: it gives
        one score everywhere, or its average precision on 200-bp bins of the validation chromosomes is not above that
        of 99 shifts of the sites (p > 0.05), or not above that of the ATAC signal. ``provenance["validation"]`` has
        these figures.

    Raises
    ------
    FileNotFoundError
        If the table, a file in it, or the initial model does not exist.
    KeyError
        If a chromosome or group does not exist.
    ValueError
        If the table, the chromosomes or an option don't fit, peaks lie off the genome, there are none to learn from,
        or `out_dir` holds a run with other inputs or options, one that has to go on and has no checkpoints, or a file
        of one of these names that scmaxatac did not write.
    RuntimeError
        If training diverges, or another process is writing to `out_dir`.

    Examples
    --------
    A run of a few seconds, which starts from the demo model; that took ten epochs of 200 batches.

    >>> from tempfile import mkdtemp
    >>> import pandas as pd
    >>> import scmaxatac as sma
    >>> toy = sma.datasets.toy()
    >>> table = pd.DataFrame({"name": ["B", "Mono"], "signal": ["B", "Mono"], "role": "train"})
    >>> table["atac_peaks"] = [toy.peaks[toy.peaks[cluster]] for cluster in table["name"]]
    >>> ctcf = toy.chip_peaks[toy.chip_peaks["tf"] == "CTCF"]
    >>> table["chip_peaks"] = [ctcf[ctcf["group"] == cluster] for cluster in table["name"]]
    >>> model = sma.tl.train(
    ...     table,
    ...     "CTCF",
    ...     genome=toy.genome,
    ...     out_dir=mkdtemp(),
    ...     data=toy.adata,
    ...     groupby="cell_type",
    ...     chroms_train=["chr1", "chr2", "chr3"],
    ...     chroms_valid="chr4",
    ...     init="demo:CTCF",
    ...     learning_rate=1e-4,
    ...     epochs=1,
    ...     batches_per_epoch=5,
    ...     batch_size=16,
    ... )
    >>> list(model.provenance["history"])
    ['epoch', 'train_loss', 'val_loss', 'val_dice']
    """
    options, lengths, seed = training_options(
        tf,
        epochs=epochs,
        patience=patience,
        seed=seed,
        pan_cell=pan_cell,
        random_ratio=random_ratio,
        reverse_complement=reverse_complement,
        jitter=jitter,
        signal_scaling=signal_scaling,
        batch_size=batch_size,
        batches_per_epoch=batches_per_epoch,
        max_validation=max_validation,
        learning_rate=learning_rate,
        decay=decay,
        precision=precision,
    )
    folder = Path(out_dir).expanduser()
    rows, held_out = read_training_table(table)
    split = split_chroms(genome, chroms_train, chroms_valid, chroms_test)
    start = init if init is None or isinstance(init, TFModel) else load(init)
    if start is not None and start.spec != NetworkSpec():
        raise ValueError(f"init is {start.id}, a network of another geometry than the published one, which is trained")

    from scmaxatac.train._batches import make_batches, make_module
    from scmaxatac.train._fit import TrainingRun
    from scmaxatac.train._folder import (
        check_training_folder,
        claim_training_folder,
        fingerprint,
        finished_model,
        how_to_go_on,
    )
    from scmaxatac.train._inputs import read_inputs
    from scmaxatac.train._lightning import check_callbacks, check_loggers, is_first_process, others_wait
    from scmaxatac.train._new_model import make_model
    from scmaxatac.train._skill import warn_of_no_skill

    loggers, others = check_loggers(logger), check_callbacks(callbacks)
    check_training_folder(folder)
    inputs = read_inputs(rows, genome, split, data, groupby)
    request = {
        "tf": tf,
        "cell_types": inputs.records,
        "test_cell_types": held_out,
        "genome": {"file": Path(genome.source).name, "fingerprint": genome.fingerprint},
        "chroms": split._asdict(),
        "init": None if start is None else {"id": start.id, "sha256": start.sha256},
        "options": options,
        "seed": seed,
    }
    done = partial(finished_model, folder, request, **lengths._asdict(), resume=resume)
    finished = done()
    if finished is not None:
        log.info("%s holds the finished model; %s", folder, how_to_go_on(finished, **lengths._asdict()))
        remove_rest(folder)
        warn_of_no_skill(finished.provenance)
        return finished
    run = TrainingRun(
        output_folder(folder),
        batch_size=options["batch_size"],
        **lengths._asdict(),
        accelerator=accelerator,
        devices=devices,
        strategy=strategy,
        precision=precision,
        fingerprint=fingerprint(request),
        loggers=loggers,
        callbacks=others,
    )
    module, batches = make_module(start, options, seed), make_batches(inputs, genome, split, options, seed)
    with ExitStack() as stack:
        held = stack.enter_context(OwnedFolder(folder, MODEL_KIND)) if is_first_process() else None
        if held is not None:
            finished = done()  # another process may have held the folder until now
            if finished is not None:
                return finished
            claim_training_folder(held, request, resume=resume)
        weights, history = run.fit(module, batches, resume=resume)
        with others_wait():
            if held is not None:
                how = {"accelerator": accelerator, "devices": devices, "strategy": str(strategy)}
                model = make_model(weights, history, inputs, genome, request, lengths._asdict() | how, run.device)
                write_model(model, held)
                warn_of_no_skill(model.provenance)
        return TFModel.read(folder)
