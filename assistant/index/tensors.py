"""Arrays of a safetensors file, used where they lie."""

import json
import mmap
from pathlib import Path

import numpy as np
from safetensors import safe_open

_TYPES = {"I8": np.int8, "U8": np.uint8, "I32": np.int32, "I64": np.int64, "F16": np.float16, "F32": np.float32}
_LENGTH_BYTES = 8  # of the header that says where each array begins, little endian


def map_tensors(path: Path) -> dict[str, np.ndarray]:
    """Return each array by its name, read-only; only what is used of it takes memory.

    safetensors' own loader copies every array. The file is never changed in place. Raises OSError,
    ValueError or SafetensorError where it is missing, cut short or of another kind.
    """
    with safe_open(path, framework="numpy"):  # checks the header, and that the arrays fill the file
        pass
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    begin = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    arrays: dict[str, np.ndarray] = {}
    for name, told in json.loads(content[_LENGTH_BYTES:begin]).items():
        if name == "__metadata__":
            continue
        if told["dtype"] not in _TYPES:
            raise ValueError(f"{name} is of type {told['dtype']}")
        start, end = told["data_offsets"]
        flat = np.frombuffer(content, np.uint8, end - start, begin + start).view(_TYPES[told["dtype"]])
        arrays[name] = flat.reshape(told["shape"])
    return arrays
