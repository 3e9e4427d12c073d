"""Pretrained models: list, download, convert, load."""

from scmaxatac.models._download import download
from scmaxatac.models._download_blacklist import download_blacklist
from scmaxatac.models._download_chrom_sizes import download_chrom_sizes
from scmaxatac.models._list_models import list_models
from scmaxatac.models._load import load
from scmaxatac.models._load_many import load_many
from scmaxatac.nn import Block, NetworkSpec
from scmaxatac.zoo._calibration import Calibration
from scmaxatac.zoo._from_keras import from_keras
from scmaxatac.zoo._tf_model import TFModel

__all__ = [
    "Block",
    "Calibration",
    "NetworkSpec",
    "TFModel",
    "download",
    "download_blacklist",
    "download_chrom_sizes",
    "from_keras",
    "list_models",
    "load",
    "load_many",
]
