"""The model file: a manifest and arrays, read without running anything that is in it.

Layout: magic (8 bytes), length of the manifest (uint32, little endian), manifest (JSON), arrays
one after another as the manifest lists them. The manifest names a SHA-256 over the arrays.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

MAGIC = b"WINNOWM\n"
FORMAT = 1
LARGEST = 64 << 20
"""A model file beyond this many bytes is refused unread."""

_HEAD = struct.Struct("<8sI")
_TYPES = {"float16", "float32", "float64", "int64", "uint8", "uint16", "uint32", "uint64"}


class ModelError(ValueError):
    """A model or learner that cannot be used, with one line that says why."""


class _Array(msgspec.Struct):
    name: str
    type: str
    length: int


def write_arrays(
    manifest: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], magic: bytes = MAGIC
) -> bytes:
    """Return the file of a manifest and one-dimensional arrays."""
    body = b"".join(
        np.ascontiguousarray(a, a.dtype.newbyteorder("<")).tobytes() for a in arrays.values()
    )
    described = manifest | {
        "format": FORMAT,
        "digest": hashlib.sha256(body).hexdigest(),
        "arrays": [
            {"name": name, "type": array.dtype.name, "length": len(array)}
            for name, array in arrays.items()
        ],
    }
    head = msgspec.json.encode(described, order="sorted")
    return _HEAD.pack(magic, len(head)) + head + body


def read_arrays(
    blob: bytes, magic: bytes = MAGIC, what: str = "model file"
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return manifest and arrays (read-only views); raise `ModelError` for anything else."""
    if len(blob) > LARGEST:
        raise ModelError(f"the {what} is larger than {LARGEST >> 20} MiB")
    if len(blob) < _HEAD.size or not blob.startswith(magic):
        raise ModelError(f"this is not a Winnow {what}")
    size = _HEAD.unpack_from(blob)[1]
    try:
        manifest = msgspec.json.decode(blob[_HEAD.size : _HEAD.size + size])
        version = manifest["format"]
        if not isinstance(version, int) or version > FORMAT:
            raise ModelError(f"the {what} was written by a newer Winnow (format {version!r:.20})")
        listed = msgspec.convert(manifest["arrays"], list[_Array])
    except (
        msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError, TypeError,
        AttributeError,
    ) as error:  # fmt: skip
        raise ModelError(f"the {what} is damaged: its manifest cannot be read") from error
    body = blob[_HEAD.size + size :]
    if hashlib.sha256(body).hexdigest() != manifest.get("digest"):
        raise ModelError(f"the {what} is damaged or cut short: its digest does not match")
    return manifest, _split(body, listed, what)


def _split(body: bytes, listed: list[_Array], what: str) -> dict[str, npt.NDArray[Any]]:
    arrays, offset = {}, 0
    for item in listed:
        if item.type not in _TYPES or item.length < 0:
            raise ModelError(f"the {what} is damaged: an array is described wrongly")
        width = np.dtype(item.type).itemsize
        if offset + width * item.length > len(body):
            raise ModelError(f"the {what} is damaged: an array is cut short")
        array = np.frombuffer(body, np.dtype(item.type).newbyteorder("<"), item.length, offset)
        arrays[item.name] = array.astype(item.type, copy=False)
        offset += width * item.length
    if offset != len(body):
        raise ModelError(f"the {what} is damaged: it is longer than its manifest says")
    return arrays
