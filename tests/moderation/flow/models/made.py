"""Model files as somebody makes them elsewhere: the shipped one, changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier import Model
from classifier.model_file import read_arrays, write_arrays


def model_file(name: str = "made-1", scale: float = 0.5, **changes: Any) -> bytes:
    """Return the shipped model under another name, its weights scaled, its manifest changed."""
    manifest, arrays = read_arrays(Model.load().to_bytes())
    arrays["base"] = (arrays["base"].astype(np.float32) * scale).astype(np.float16)
    for key in ("arrays", "digest", "format"):
        manifest.pop(key)
    manifest |= {"name": name} | changes
    return write_arrays({k: v for k, v in manifest.items() if v is not None}, arrays)
