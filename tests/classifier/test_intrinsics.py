"""What kernels read of a table of float16 is what numpy reads of it."""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.intrinsics import weight_at


@unmanaged
def _read(table, out):
    for place in range(len(table)):
        out[place] = weight_at(table, place)


def test_every_finite_float16_is_read_as_it_is() -> None:
    bits = np.arange(1 << 16).astype(np.uint16)
    bits = bits[np.isfinite(bits.view(np.float16))]
    found = np.empty(len(bits), np.float32)
    _read(bits, found)
    assert found.tobytes() == bits.view(np.float16).astype(np.float32).tobytes()


def test_a_table_of_floats_is_read_as_it_is() -> None:
    table = np.array([0.25, -3.5], np.float32)
    found = np.empty(2, np.float32)
    _read(table, found)
    assert found.tolist() == table.tolist()
