"""Draw the picture of the front page: ``python docs/pictures.py``, from the simulated data alone."""

import argparse
from pathlib import Path

import matplotlib

import scmaxatac as sma

HERE = Path(__file__).resolve().parent


def front_page(path: Path) -> None:
    """Tracks of three clusters around a gene of the simulated data, as README and front page show them."""
    toy = sma.datasets.toy()
    mdata = toy.mdata
    sma.tl.predict_tfbs(mdata, groupby="cell_type", genome=toy.genome, models="demo", chroms=["chr5"])
    sma.pl.tracks(
        mdata,
        "chr5:322,000-334,600",
        tfs=["CTCF", "SPI1", "GATA3"],
        layout="groups",
        highlight="chr5:329,600-331,600",
        figsize=(9, 6),
        save=path,
    )


def main() -> None:
    """Draw it into docs/_static, or where --out says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "_static" / "tracks.png", help="file to write")
    matplotlib.use("Agg")
    front_page(parser.parse_args().out)


if __name__ == "__main__":
    main()
