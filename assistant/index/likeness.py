"""How passages and a question compare word by word, from the cosines of their tokens."""

from collections.abc import Sequence

import numpy as np

# What is told of each passage: of the question's words the mean nearness of the passage's nearest,
# anywhere and within two neighbouring blocks; the same with the words weighed that tell passages
# apart; how near the passage's own words are to the question's, of all of it and of its beginning,
# where its headings stand; and the logarithm of its length in tokens.
SIGNALS = ("anywhere", "together", "telling", "telling_together", "asked", "asked_first", "length")
BLOCK = 16  # tokens: two of them are about a sentence


def signals(
    cosines: np.ndarray,
    places: np.ndarray,
    lengths: Sequence[int],
    asked_weights: np.ndarray,
    token_weights: np.ndarray,
) -> np.ndarray:
    """Return ``SIGNALS`` of each passage, (passages, 7) float32.

    ``cosines``: (asked, distinct tokens); ``places``: which of those the tokens of all passages are,
    end to end; ``lengths``: tokens of each passage, none 0. The weights say how telling a token is
    in general, those of the question sum to 1.
    Late interaction (Khattab & Zaharia, 2020, arXiv:2004.12832), in both directions.
    """
    sizes = np.asarray(lengths)
    blocks = -(-sizes // BLOCK)  # of each passage
    first = np.cumsum(blocks) - blocks
    within = np.arange(blocks.sum()) - np.repeat(first, blocks)
    starts = np.repeat(np.cumsum(sizes) - sizes, blocks) + within * BLOCK
    nearest = np.maximum.reduceat(cosines.take(places, axis=1), starts, axis=1)
    anywhere = np.maximum.reduceat(nearest, first, axis=1)
    # A word that every passage has, or none, says nothing of which of them is asked for.
    telling = asked_weights * (1 - anywhere.mean(axis=1))
    weights = np.stack((asked_weights, telling / max(float(telling.sum()), 1e-9)))
    following = nearest[:, np.minimum(np.arange(1, len(starts) + 1), np.repeat(first + blocks - 1, blocks))]
    together = np.maximum.reduceat(weights @ np.maximum(nearest, following), first, axis=1)
    whole = weights @ anywhere
    weighed = np.stack((cosines.max(axis=0) * token_weights, token_weights)).take(places, axis=1)
    by_block = np.add.reduceat(weighed, starts, axis=1)
    by_passage = np.add.reduceat(by_block, first, axis=1)
    begun = by_block[:, first]
    return np.stack(
        (whole[0], together[0], whole[1], together[1], _ratio(by_passage), _ratio(begun), np.log(sizes)), axis=1
    ).astype(np.float32)


def _ratio(pair: np.ndarray) -> np.ndarray:
    return pair[0] / np.maximum(pair[1], 1e-9)
