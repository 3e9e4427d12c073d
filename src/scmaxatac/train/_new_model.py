"""From trained weights to the model that lies in the folder of a run."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import torch

from scmaxatac.genome._genome import Genome
from scmaxatac.nn._spec import PUBLISHED, PlainNetwork
from scmaxatac.nn.engines import _registry
from scmaxatac.train._folder import MADE_BY
from scmaxatac.train._held_out import measure_network
from scmaxatac.train._inputs import TrainingInputs
from scmaxatac.train._log import best_epoch
from scmaxatac.train._skill import SKILL
from scmaxatac.zoo import TFModel


def make_model(
    weights: dict[str, np.ndarray],
    history: pd.DataFrame,
    inputs: TrainingInputs,
    genome: Genome,
    request: Mapping[str, Any],
    how: Mapping[str, Any],
    device: torch.device,
) -> TFModel:
    """Measure a network on the validation chromosomes, and say where it comes from.

    Parameters
    ----------
    weights
        Weights of the best epoch.
    history
        Learning curve.
    inputs, genome
        What was learned from.
    request
        What the run was started with.
    how
        How long and on what it was trained.
    device
        The device that was trained on; the network runs there if that is a GPU of NVIDIA.
    """
    network = PlainNetwork(PUBLISHED, weights)
    engine = _registry.make_engine([network], device=str(device) if device.type == "cuda" else "cpu")
    held_out = measure_network(engine, inputs.valid, genome, request["chroms"]["valid"])
    curve = history.to_dict("list")
    provenance = {
        "made_by": MADE_BY,
        **request,
        "options": request["options"] | how,
        "best_epoch": curve["epoch"][best_epoch(history.to_dict("records"))],
        "history": curve,
        SKILL: None if held_out.skill is None else held_out.skill._asdict(),
        "versions": {name: version(name) for name in ("scmaxatac", "torch", "pytorch-lightning", "numpy")},
    }
    return TFModel(request["tf"], weights, held_out.calibration, provenance, assembly=genome.human_assembly)
