"""A trained table as the folder that ships: int8 rows with a scale a token."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

_MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": "sentence_transformers.models.StaticEmbedding",
    },
    {
        "idx": 1,
        "name": "1",
        "path": "1_Normalize",
        "type": "sentence_transformers.models.Normalize",
    },
]


def export_model(folder: Path, tokenizer: Tokenizer, weights: np.ndarray, *, name: str, version: str) -> None:
    """Write the model in the layout that sentence-transformers and StaticEmbedder both read.

    ``weights``: (n, dimension) float32. Rows become int8, scaled by their largest entry.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows, scales = quantize(weights)
    tensors = {
        "embeddings": rows,
        "mapping": np.arange(len(rows), dtype=np.int32),
        "weights": scales,
    }
    save_file(tensors, folder / "model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    _write_json(folder / "modules.json", _MODULES)
    (folder / "1_Normalize").mkdir(exist_ok=True)
    _write_json(folder / "1_Normalize" / "config.json", {})
    _write_json(folder / "config.json", {"name": name, "version": version, "dimension": rows.shape[1]})
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )


def quantize(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 rows and the float32 factor that turns each back."""
    largest = np.abs(weights).max(axis=1)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(weights / scales[:, None]).astype(np.int8), scales


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
