"""Compilation of the kernels, cached on disk under the digest of their sources.

numba looks only at the file of the function it loads, so a change in a file that the function
calls into would go unseen; a folder by the digest of all that kernels are made of is never stale.
NUMBA_CACHE_DIR is respected.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

import numba

_PACKAGE = Path(__file__).parent


def digest_of(package: Path) -> str:
    """Return the digest of everything that a kernel of a package may be made of.

    That is every module beside this one and below `features`, whether a kernel calls it today or
    not, and the versions of what compiles them.
    """
    sources = sorted([*package.glob("*.py"), *package.glob("features/*.py")])
    versions = f"{numba.__version__} {platform.python_version()}".encode()
    data = b"\0".join([versions, *(path.read_bytes() for path in sources)])
    return hashlib.sha256(data).hexdigest()[:16]


ROOT = Path(os.environ.get("NUMBA_CACHE_DIR") or _PACKAGE / "__pycache__")
"""Where the folders of all digests are."""
FOLDER = ROOT / f"kernels-{digest_of(_PACKAGE)}"
"""Where numba keeps what it compiles of these sources."""
numba.config.CACHE_DIR = str(FOLDER)

compiled = numba.njit(cache=True)
"""A kernel with a place of its own in the cache."""
unmanaged = numba.njit(cache=True, _nrt=False)
"""A kernel that makes no array: without numba's counting of references, a call in inner loops."""
inlined = numba.njit(inline="always", _nrt=False)
"""A small part of kernels, compiled into each of them."""
