"""Keras in an interpreter of its own: reads requests from stdin, one JSON a line, and answers each with one line.

The first request names the model and the windows; the others are ``{"batch": b, "n": windows}`` and are answered with
the seconds that ``predict`` took. An empty line ends it.
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # whatever libraries print does not mix with the answers

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def main() -> None:
    """Answer until there is nothing more to answer."""
    first = json.loads(sys.stdin.readline())
    # its loss and metrics are functions of the original's code, and training goes on nowhere
    model = keras.models.load_model(first["model"], compile=False)
    x = np.load(first["windows"])
    np.save(first["scores"], model.predict(x, batch_size=64, verbose=0).reshape(len(x), -1))
    print(json.dumps({"keras": keras.__version__, "tensorflow": tf.__version__}), file=answers)
    while line := sys.stdin.readline().strip():
        request = json.loads(line)
        many = np.resize(x, (request["n"], *x.shape[1:]))
        model.predict(many[: request["batch"]], batch_size=request["batch"], verbose=0)  # traces this shape
        start = time.perf_counter()
        model.predict(many, batch_size=request["batch"], verbose=0)
        print(time.perf_counter() - start, file=answers)


main()
