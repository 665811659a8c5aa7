"""Compilation of the kernels, cached on disk under the digest of their sources.

numba looks only at the file of the function it loads, so a change in a file that the function
calls into would go unseen; a folder by the digest of all their sources is never stale.
NUMBA_CACHE_DIR is respected.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numba

_PACKAGE = Path(__file__).parent


def _digest() -> str:
    kernels = ("calibration", "intrinsics", "reasons", "repeats", "scoring", "svm", "tally")
    named = [_PACKAGE / f"{name}.py" for name in kernels]
    sources = sorted([*named, *_PACKAGE.glob("features/*.py")])
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


_root = Path(os.environ.get("NUMBA_CACHE_DIR") or _PACKAGE / "__pycache__")
numba.config.CACHE_DIR = str(_root / f"kernels-{_digest()}")

compiled = numba.njit(cache=True)
"""A kernel with a place of its own in the cache."""
unmanaged = numba.njit(cache=True, _nrt=False)
"""A kernel that makes no array: without numba's counting of references, a call in inner loops."""
inlined = numba.njit(inline="always", _nrt=False)
"""A small part of kernels, compiled into each of them."""
