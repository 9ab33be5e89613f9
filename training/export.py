"""A trained table as the folder that ships: int8 rows with a scale a token."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import Unigram

from assistant.index.linetable import table_lines

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
    export_vocabulary(folder, tokenizer)
    _write_json(folder / "modules.json", _MODULES)
    (folder / "1_Normalize").mkdir(exist_ok=True)
    _write_json(folder / "1_Normalize" / "config.json", {})
    _write_json(folder / "config.json", {"name": name, "version": version, "dimension": rows.shape[1]})
    _write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )


def export_vocabulary(folder: Path, tokenizer: Tokenizer) -> None:
    """Write a tokenizer of the kind that ``training.vocabulary`` builds as the assistant opens it.

    ``vocabulary.txt`` has its words with number and score, ``vocabulary.json`` all but its words.
    """
    pieces = json.loads(tokenizer.to_str())["model"]["vocab"]
    if min(score for _, score in pieces) != pieces[0][1]:
        # An unknown character costs what the least likely word does and some more; the assistant
        # cuts a text by a few words and this one, which has to be that least likely word.
        raise ValueError(f"{pieces[0][0]} is not the least likely word.")
    table = {word: f"{number} {score}" for number, (word, score) in enumerate(pieces)}
    (folder / "vocabulary.txt").write_bytes(table_lines(table))
    rules = Tokenizer(Unigram([tuple(pieces[0])], 0, False))
    rules.normalizer, rules.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    rules.save(str(folder / "vocabulary.json"), pretty=False)


def quantize(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 rows and the float32 factor that turns each back."""
    largest = np.abs(weights).max(axis=1)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(weights / scales[:, None]).astype(np.int8), scales


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
