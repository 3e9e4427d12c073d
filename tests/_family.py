"""A second family of models: other windows, bins and blocks than the published ones, and several factors a network."""

import numpy as np

from scmaxatac.models import Block, Calibration, NetworkSpec, TFModel

TFS = ("AAA", "BBB::CCC", "DDD")
SPEC = NetworkSpec(
    window=2048,
    bin=64,
    outputs=3,
    blocks=(
        Block(filters=6, kernel=5, convolutions=1, pool=4),
        Block(filters=9, dilation=2, kernel=7, convolutions=2, pool=4),
        Block(filters=10, dilation=3, kernel=3, convolutions=1, pool=1),
        Block(filters=11, kernel=3, convolutions=1, pool=4),
    ),
    epsilon=1e-4,
)


def family_weights(seed: int) -> dict[str, np.ndarray]:
    """Weights of an untrained network whose scores spread over 0 to 1, differently for each factor."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in SPEC.shapes.items():
        kind = name.split(".")[0] + "." + name.split(".")[-1]
        if kind == "convs.weight":
            weights[name] = rng.normal(0, np.sqrt(2 / (shape[1] * shape[2])), shape)
        elif kind == "norms.running_var":
            weights[name] = rng.uniform(0.4, 1.6, shape)
        elif kind == "norms.weight":
            weights[name] = rng.uniform(0.6, 1.4, shape) * rng.choice([-1, 1], shape)
        elif kind == "head.weight":
            weights[name] = rng.normal(0, 0.5, shape)
        else:
            weights[name] = rng.normal(0, 0.2, shape)
    codes = rng.integers(0, 4, (4, SPEC.window))
    signal = np.repeat(rng.gamma(0.4, 0.8, (4, SPEC.window // 64)), 64, axis=1)
    scores = family_forward(weights, codes, signal)
    logits = np.log(scores / (1 - scores))
    stretch = 1.5 / logits.std(axis=(1, 2))
    weights["head.weight"] *= stretch[:, None, None]
    weights["head.bias"] = (weights["head.bias"] - logits.mean(axis=(1, 2))) * stretch - 1
    return {name: array.astype(np.float32) for name, array in weights.items()}


def family_model(seed: int = 0, *, calibrated: bool = True) -> TFModel:
    """An untrained model of three factors, each with thresholds of its own."""
    from _networks import calibration_frame

    tables = {tf: Calibration(calibration_frame(0.4 + 0.1 * i, rate=0.05)) for i, tf in enumerate(TFS)}
    return TFModel(
        TFS, family_weights(seed), tables if calibrated else None, {"source": "random"}, spec=SPEC, assembly="hg38"
    )


def family_forward(weights, codes: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Score windows in float64 with plain numpy, written out block by block; (n, 2048) to (3, n, 32)."""
    plan = [(5, 1, 4), (7, 2, 1), (7, 2, 4), (3, 3, 1), (3, 1, 4)]  # width of the kernel, dilation, pooling
    x = np.stack([*(codes == base for base in range(4)), signal], axis=1).astype(float)
    for k, (width, dilation, pool) in enumerate(plan):
        kernel, reach, length = weights[f"convs.{k}.weight"].astype(float), width // 2 * dilation, x.shape[2]
        padded = np.pad(x, ((0, 0), (0, 0), (reach, reach)))
        taps = [padded[:, :, i * dilation : i * dilation + length] for i in range(width)]
        x = sum(np.einsum("oi,nil->nol", kernel[:, :, i], tap) for i, tap in enumerate(taps))
        x = np.maximum(x + weights[f"convs.{k}.bias"][:, None], 0)
        mean, variance, gamma, beta = (
            weights[f"norms.{k}.{name}"].astype(float)[:, None]
            for name in ("running_mean", "running_var", "weight", "bias")
        )
        x = gamma * (x - mean) / np.sqrt(variance + 1e-4) + beta
        x = x.reshape(*x.shape[:2], -1, pool).max(axis=3)
    logits = np.einsum("oi,nil->onl", weights["head.weight"][:, :, 0].astype(float), x)
    return 1 / (1 + np.exp(-(logits + weights["head.bias"].astype(float)[:, None, None])))
