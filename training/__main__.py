"""Command line: ``python -m training --data DIR`` makes the model, ``--evaluate`` judges it."""

import argparse
import json
import logging
from dataclasses import asdict, replace
from pathlib import Path

import torch

from assistant.index.embedding import StaticEmbedder
from assistant.index.translation import TermTranslator
from training.evaluate import (
    dense_scores,
    fused_scores,
    judge,
    lexical_scores,
)
from training.recipe import Recipe, make_model
from training.searches import held_out_searches
from training.train import TrainingPlan

_MODEL = Path(__file__).resolve().parent.parent / "assistant" / "model"


def main() -> None:
    """Run the stages that the command line asks for."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # More threads than free cores make each step slower, not faster: they wait for each other.
    torch.set_num_threads(arguments.threads)
    if not arguments.evaluate:
        plan = replace(TrainingPlan(), steps=arguments.steps, seed=arguments.seed)
        recipe = Recipe(plan=plan, row_limit=arguments.rows)
        make_model(arguments.data, arguments.output, recipe)
    print(json.dumps(_judged(arguments.data, arguments.output), indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the *.jsonl.gz files")
    parser.add_argument("--output", type=Path, default=_MODEL, help="folder to write")
    parser.add_argument("--steps", type=int, default=TrainingPlan().steps)
    parser.add_argument("--seed", type=int, default=TrainingPlan().seed)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rows", type=int, help="rows to read of each file: a trial run")
    parser.add_argument("--evaluate", action="store_true", help="only judge the folder's model")
    return parser.parse_args()


def _judged(data: Path, model: Path) -> dict[str, object]:
    embedder = StaticEmbedder.load(model)
    translator = TermTranslator.load(model / "translation")
    report: dict[str, object] = {}
    for name, search in held_out_searches(data).items():
        dense = dense_scores(search, embedder)
        scores = {"embedder": asdict(judge(dense, search.wanted))}
        if not name.startswith("sentence"):  # 5,000 × 5,000 sentences say little about BM25
            same = len(set(name.split()[-1].split("-"))) == 1
            lexical = lexical_scores(search, None if same else translator)
            scores["lexical"] = asdict(judge(lexical, search.wanted))
            scores["fused"] = asdict(judge(fused_scores(lexical, dense), search.wanted))
        report[name] = scores
    return report


if __name__ == "__main__":
    main()
