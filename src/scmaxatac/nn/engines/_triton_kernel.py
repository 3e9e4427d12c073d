"""A whole network in one kernel for NVIDIA GPUs, written in Triton."""

from typing import NamedTuple

import triton
import triton.language as tl

from scmaxatac._constants import UNKNOWN_BASE


class Step(NamedTuple):
    """A convolution, its clamp and its pooling as the kernel runs it; a matrix product for each tap of the filters.

    Attributes
    ----------
    n_in, n_out
        Channels of a position where the step reads and where it writes; multiples of 16, those added are zero.
    width, dilation
        Of the filters.
    length
        Positions that it reads.
    pool
        Positions of which the largest value goes on.
    rows, columns, depth
        Positions after pooling, filters and channels of a product of tiles; powers of two of 16 at least.
    n_columns
        Filters with those added: a multiple of the columns.
    weights, bounds
        Where its weights (width, n_in, n_columns) and its bias, low and high (3, n_columns) begin.
    """

    n_in: int
    n_out: int
    width: int
    dilation: int
    length: int
    pool: int
    rows: int
    columns: int
    depth: int
    n_columns: int
    weights: int
    bounds: int


_UNKNOWN = tl.constexpr(UNKNOWN_BASE)


@triton.jit(do_not_specialize=["n"])  # one compilation, whatever number there is
def score_windows(
    codes: tl.tensor,
    signal: tl.tensor,
    scratch: tl.tensor,
    weights: tl.tensor,
    bounds: tl.tensor,
    scores: tl.tensor,
    n: tl.tensor,
    STEPS: tl.constexpr,
    SPACE: tl.constexpr,
    OUTPUTS: tl.constexpr,
    WIDEN: tl.constexpr,
) -> None:
    """Score windows, one after the other in each program, the programs side by side.

    Triton gives a program no shared memory to hold activations between two products that read them shifted, so each
    program has a scratch of its own: one step reads what the step before has written. It is small enough (64 KB in
    bfloat16 for a published network) that those of all programs stay in the L2 cache of a large GPU. A barrier between
    the steps makes what one thread wrote visible to the others of the program.

    Not measured, because it never ran on a GPU: the rate, the best tiles, programs a processor and warps, and whether
    the scratch stays in the caches. Filters are padded to powers of two, which Triton's tiles are: twice the
    multiply-adds of a published network, so that float32 products, which tensor cores can't give exactly, will not
    reach a million windows a second on an H100.

    Parameters
    ----------
    codes, signal
        (n, window) uint8 and float32.
    scratch
        (programs, 2, SPACE), of the type that products are computed in.
    weights, bounds
        Those of all steps; the type of the scratch, and float32.
    scores
        (n, bins, OUTPUTS) float32, written.
    n
        Windows.
    STEPS
        The steps; the last one is the head.
    SPACE
        Largest number of values between two steps.
    OUTPUTS
        Outputs of the network.
    WIDEN
        Whether to multiply in float32, because the interpreter can't multiply bfloat16 numbers.
    """
    near = scratch + tl.program_id(0).to(tl.int64) * (2 * SPACE)
    far = near + SPACE
    for window in range(tl.program_id(0), n, tl.num_programs(0)):
        at = tl.cast(window, tl.int64)
        first = at * STEPS[0].length
        _convolve(codes + first, signal + first, near, weights, bounds, near, STEPS[0], True, False, WIDEN)
        for k in tl.static_range(1, len(STEPS) - 1):
            tl.debug_barrier()
            if k % 2 == 1:
                _convolve(codes, signal, near, weights, bounds, far, STEPS[k], False, False, WIDEN)
            else:
                _convolve(codes, signal, far, weights, bounds, near, STEPS[k], False, False, WIDEN)
        tl.debug_barrier()
        row = scores + at * (STEPS[len(STEPS) - 1].length * OUTPUTS)
        if len(STEPS) % 2 == 0:
            _convolve(codes, signal, near, weights, bounds, row, STEPS[len(STEPS) - 1], False, True, WIDEN)
        else:
            _convolve(codes, signal, far, weights, bounds, row, STEPS[len(STEPS) - 1], False, True, WIDEN)
        tl.debug_barrier()  # the next window is written where this one is still read


@triton.jit
def _convolve(
    codes: tl.tensor,
    signal: tl.tensor,
    source: tl.tensor,
    weights: tl.tensor,
    bounds: tl.tensor,
    target: tl.tensor,
    STEP: tl.constexpr,
    FIRST: tl.constexpr,
    LAST: tl.constexpr,
    WIDEN: tl.constexpr,
) -> None:
    """Run a step on a window: from codes and signal if it is the first, to scores if it is the last."""
    weights += STEP.weights
    bounds += STEP.bounds
    rows = tl.arange(0, STEP.rows)
    columns = tl.arange(0, STEP.columns)
    inner = tl.arange(0, STEP.depth)
    for left in range(0, STEP.length // STEP.pool, STEP.rows):
        for low in range(0, STEP.n_columns, STEP.columns):
            kernels = weights + inner[:, None] * STEP.n_columns + (low + columns)[None, :]
            best = tl.full((STEP.rows, STEP.columns), float("-inf"), tl.float32)
            for phase in range(0, STEP.pool):
                middle = (left + rows) * STEP.pool + phase - STEP.width // 2 * STEP.dilation
                total = tl.zeros((STEP.rows, STEP.columns), tl.float32)
                for part in range(0, STEP.width * (STEP.n_in // STEP.depth)):
                    place = middle + part // (STEP.n_in // STEP.depth) * STEP.dilation
                    channel = part % (STEP.n_in // STEP.depth) * STEP.depth + inner
                    is_inside = (place >= 0) & (place < STEP.length)
                    if FIRST:
                        code = tl.load(codes + place, is_inside, _UNKNOWN).to(tl.int32)
                        level = tl.load(signal + place, is_inside, 0.0)
                        base = ((code[:, None] == channel[None, :]) & (code < _UNKNOWN)[:, None]).to(tl.float32)
                        values = tl.where(channel[None, :] == _UNKNOWN, level[:, None], base)
                        values = values.to(source.dtype.element_ty)
                    else:
                        beginnings = source + place[:, None] * STEP.n_in
                        values = tl.load(beginnings + channel[None, :], is_inside[:, None], 0.0)
                    kernel = tl.load(kernels + part * (STEP.depth * STEP.n_columns))
                    if WIDEN:
                        values, kernel = values.to(tl.float32), kernel.to(tl.float32)
                    total = tl.dot(values, kernel, total, input_precision="ieee")
                best = tl.maximum(best, total, propagate_nan=tl.PropagateNan.ALL)
            bias = tl.load(bounds + low + columns)[None, :]
            smallest = tl.load(bounds + STEP.n_columns + low + columns)[None, :]
            largest = tl.load(bounds + 2 * STEP.n_columns + low + columns)[None, :]
            best = tl.maximum(best + bias, smallest, propagate_nan=tl.PropagateNan.ALL)
            best = tl.minimum(best, largest, propagate_nan=tl.PropagateNan.ALL)
            if LAST:
                best = 1 / (1 + tl.exp(-best))
            here, filters = (left + rows)[:, None], (low + columns)[None, :]
            is_wanted = (here < STEP.length // STEP.pool) & (filters < STEP.n_out)
            tl.store(target + here * STEP.n_out + filters, best.to(target.dtype.element_ty), is_wanted)
