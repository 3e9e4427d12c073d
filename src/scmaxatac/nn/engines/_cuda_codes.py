"""Sequence that stays on a device."""

from collections.abc import Iterator

import numpy as np
import torch


class CudaCodes:
    """Base codes of the chromosomes that were used last, within a share of the device's memory.

    The groups of a run follow each other on the same chromosomes, so each is copied once where memory allows.

    Parameters
    ----------
    device
        Where the codes go.
    most_bytes
        Memory for chromosomes. The one in use is held even if it is larger.
    """

    def __init__(self, device: torch.device, most_bytes: int) -> None:
        self._device = device
        self._most_bytes = most_bytes
        self._held: list[tuple[np.ndarray, torch.Tensor]] = []  # the last one was used last

    def __getitem__(self, codes: np.ndarray) -> torch.Tensor:
        """Codes of a chromosome, (length,) uint8; the same array is known again."""
        for i, (known, held) in enumerate(self._held):
            if known is codes:
                self._held.append(self._held.pop(i))
                return held
        while self._held and sum(self._sizes()) + codes.nbytes > self._most_bytes:
            self._held.pop(0)
        # a copy, because torch warns of memory that is mapped for reading only
        self._held.append((codes, torch.from_numpy(np.array(codes)).to(self._device)))
        return self._held[-1][1]

    def _sizes(self) -> Iterator[int]:
        return (known.nbytes for known, _ in self._held)


def memory_for_codes(device: torch.device) -> int:
    """Bytes of a device that may hold chromosomes: an eighth of a GPU's memory, which is a genome on a large one."""
    return torch.cuda.mem_get_info(device)[1] // 8 if device.type == "cuda" else 0
