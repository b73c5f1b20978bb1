"""Arrays that grow without being copied.

A search does not know how much it will find. A `Block` is an anonymous memory map that the system
enlarges in place (`mremap` on Linux), so that growing never needs room for two; elsewhere it is
copied. Pages that nothing was written to take no memory.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Block:
    """A growing array of `width` columns (0 for a plain sequence), zero where nothing was written.

    `array` is the whole of it; it is made anew by `grow`, so nobody may keep the old one.
    `scattered` says that it is read here and there, not in order: then large pages are better.
    """

    def __init__(
        self, dtype: Any, width: int = 0, capacity: int = 1024, scattered: bool = False
    ) -> None:
        self.dtype = np.dtype(dtype)
        self.width = width
        self.scattered = scattered
        self._map = _mapped(self._bytes(capacity))
        self._choose_pages()
        self.array = self._view(capacity)

    @property
    def capacity(self) -> int:
        return len(self.array)

    @property
    def nbytes(self) -> int:
        return int(self.array.nbytes)

    def grow(self, capacity: int) -> None:
        """Make room for at least `capacity` rows."""
        if capacity <= self.capacity:
            return
        size = self._bytes(capacity)
        old = self.array
        self.array = np.empty(0, self.dtype)  # lets go of the map, which could not move otherwise
        try:
            del old
            self._map.resize(size)
        except (SystemError, BufferError, ValueError):
            larger = _mapped(size)
            larger[: len(self._map)] = self._map[:]
            self._map = larger
        self._choose_pages()
        self.array = self._view(capacity)

    def _choose_pages(self) -> None:
        if self.scattered and hasattr(mmap, "MADV_HUGEPAGE") and len(self._map) >= 1 << 22:
            self._map.madvise(mmap.MADV_HUGEPAGE)

    def _bytes(self, capacity: int) -> int:
        return max(capacity, 1) * max(self.width, 1) * int(self.dtype.itemsize)

    def _view(self, capacity: int) -> Array:
        flat = np.frombuffer(self._map, self.dtype, capacity * max(self.width, 1))
        return flat.reshape(capacity, self.width) if self.width else flat


def _mapped(size: int) -> mmap.mmap:
    if hasattr(mmap, "MAP_PRIVATE"):  # a shared map cannot be enlarged
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return mmap.mmap(-1, size)
