"""Arrays used where they lie in their file."""

from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from assistant.index.tensors import map_tensors

ARRAYS = {
    "bytes": np.arange(-3, 4, dtype=np.int8).reshape(7, 1),
    "shares": np.linspace(0, 1, 5, dtype=np.float32),
    "numbers": np.arange(6, dtype=np.int32).reshape(2, 3),
    "none": np.zeros((0, 4), np.uint8),
}


def test_arrays_are_those_that_the_package_reads(tmp_path: Path):
    save_file(ARRAYS, tmp_path / "a.safetensors", metadata={"made": "here"})
    mapped, copied = map_tensors(tmp_path / "a.safetensors"), load_file(tmp_path / "a.safetensors")
    assert mapped.keys() == copied.keys() == ARRAYS.keys()
    for name, array in mapped.items():
        assert (array.dtype, array.shape) == (copied[name].dtype, copied[name].shape)
        assert np.array_equal(array, copied[name])
        assert not array.flags.writeable


def test_a_damaged_or_foreign_file_is_told(tmp_path: Path):
    path = tmp_path / "a.safetensors"
    save_file(ARRAYS, path)
    content = path.read_bytes()
    for damaged in (content[:-1], content[:20], b"", b"not tensors"):
        path.write_bytes(damaged)
        with pytest.raises((SafetensorError, ValueError, OSError)):
            map_tensors(path)
    save_file({"complex": np.zeros(2, np.float64)}, path)
    with pytest.raises(ValueError, match="complex is of type F64"):
        map_tensors(path)
