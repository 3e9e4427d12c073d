"""Copies between host and device that don't make either wait for the other."""

import numpy as np
import torch


def to_device(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """Copy an array; a GPU gets it when it has done what it was told before."""
    tensor = torch.from_numpy(array)
    # only from memory that is pinned does a GPU copy while the host goes on
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


class AsyncHostCopy:
    """A tensor that is on its way from its device."""

    def __init__(self, tensor: torch.Tensor) -> None:
        on_gpu = tensor.device.type == "cuda"
        self._host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=on_gpu)
        self._host.copy_(tensor, non_blocking=True)
        self._arrived = torch.cuda.Event() if on_gpu else None
        if self._arrived is not None:
            self._arrived.record(torch.cuda.current_stream(tensor.device))

    def wait(self) -> np.ndarray:
        """The array, once it is there."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._host.numpy()
