"""Contrastive training of one vector a token, on the CPU."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_matrix

from training.tasks import Task


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides the outcome besides the data."""

    steps: int = 3000
    batch: int = 1280
    learning_rate: float = 0.004
    temperature: float = 0.05
    one_source_share: float = 0.3  # of the batches: negatives from the same repository
    token_dropout: float = 0.1
    long_dropout: float = 0.4  # of texts over 40 tokens: as good, and faster
    seed: int = 7


class RowAdam:
    """Adam (Kingma & Ba, 2015) on the rows that a batch touches; the others stand still."""

    def __init__(self, weights: torch.Tensor) -> None:
        self.weights = weights
        self._mean = torch.zeros_like(weights)
        # One second moment a row, not an entry: as good here, and half the memory traffic.
        self._square = torch.zeros(len(weights), 1)
        self._steps = torch.zeros(len(weights), 1)

    def step(self, rows: torch.Tensor, gradient: torch.Tensor, learning_rate: float) -> None:
        """Move ``weights[rows]`` against ``gradient``; rows are unique."""
        steps = self._steps[rows] + 1
        mean = self._mean[rows].mul_(0.9).add_(gradient, alpha=0.1)
        square = self._square[rows].mul_(0.99).add_(gradient.square().mean(1, keepdim=True), alpha=0.01)
        self._steps[rows], self._mean[rows], self._square[rows] = steps, mean, square
        scale = (square / (1 - 0.99**steps)).sqrt_().add_(1e-10)
        update = mean / (1 - 0.9**steps) / scale
        self.weights.index_add_(0, rows, update, alpha=-learning_rate)


def idf(counts: np.ndarray) -> np.ndarray:
    """Return the weight of each token, mean about one."""
    weights = np.log(1 + counts.sum() / 40 / (counts + 5))
    return weights / weights.mean()


def train(tasks: Sequence[Task], weights: np.ndarray, plan: TrainingPlan) -> Iterator[tuple[int, float]]:
    """Train ``weights`` in place; yields the step and its loss, smoothed, every 50 steps."""
    table = torch.from_numpy(weights)
    optimizer = RowAdam(table)
    random = np.random.default_rng(plan.seed)
    shares = np.array([task.share for task in tasks])
    samplers = [_Sampler(task, plan, random) for task in tasks]
    smoothed = 0.0
    for step in range(plan.steps):
        chosen = random.choice(len(tasks), p=shares / shares.sum())
        warm = min(1.0, (step + 1) / 100)
        rate = plan.learning_rate * warm * (1 - step / plan.steps)
        loss = _step(tasks[chosen], samplers[chosen].draw(), optimizer, plan, rate, random)
        smoothed = loss if step == 0 else 0.98 * smoothed + 0.02 * loss
        if step % 50 == 0:
            yield step, smoothed


class _Sampler:
    """Draws the pairs of a batch, from all sources or from one."""

    def __init__(self, task: Task, plan: TrainingPlan, random: np.random.Generator) -> None:
        self._size = min(plan.batch, len(task))
        self._total = len(task)
        self._share = plan.one_source_share
        self._random = random
        order = np.argsort(task.groups, kind="stable")
        bounds = np.flatnonzero(np.diff(task.groups[order])) + 1
        groups = np.split(order, bounds)
        self._groups = [group for group in groups if len(group) >= self._size // 4]
        sizes = np.array([len(group) for group in self._groups], float)
        self._odds = sizes / sizes.sum() if len(sizes) else sizes

    def draw(self) -> np.ndarray:
        if self._groups and self._random.random() < self._share:
            group = self._groups[self._random.choice(len(self._groups), p=self._odds)]
            return self._random.choice(group, min(self._size, len(group)), replace=False)
        return self._random.choice(self._total, self._size, replace=False)


def _step(
    task: Task,
    chosen: np.ndarray,
    optimizer: RowAdam,
    plan: TrainingPlan,
    rate: float,
    random: np.random.Generator,
) -> float:
    """One step of symmetric InfoNCE (van den Oord et al., 2018) with in-batch negatives."""
    sides = [_drop_tokens(*task.store.take(texts[chosen]), plan, random) for texts in (task.left, task.right)]
    ids = np.concatenate([ids for ids, _ in sides])
    lengths = np.concatenate([lengths for _, lengths in sides])
    rows, positions = _distinct(ids, len(optimizer.weights))
    bags = csr_matrix(
        (np.ones(len(ids), np.float32), positions, np.concatenate([[0], np.cumsum(lengths)])),
        (len(lengths), len(rows)),
    )
    row_ids = torch.from_numpy(rows)
    block = optimizer.weights[row_ids]
    # scipy's product beats torch's embedding_bag here, and its transpose is the gradient.
    sums = torch.from_numpy(bags @ block.numpy())
    loss, gradient = _contrast(sums, _same_text(task, chosen), plan.temperature)
    optimizer.step(row_ids, torch.from_numpy(bags.T.tocsr() @ gradient.numpy()), rate)
    return loss


def _contrast(sums: torch.Tensor, same: torch.Tensor, temperature: float) -> tuple[float, torch.Tensor]:
    """Return the loss and its gradient by ``sums``, the left texts and then the right ones.

    Written out because both softmaxes then share one exponential, which autograd computes twice.
    """
    half = len(sums) // 2
    lengths = sums.norm(dim=1, keepdim=True).clamp_min_(1e-6)
    vectors = sums / lengths
    left, right = vectors[:half], vectors[half:]
    scores = left @ right.T
    # Cosines end at 1, so this never overflows and no maximum needs to be found.
    chances = torch.exp_((scores - 1) / temperature).masked_fill_(same, 0)
    by_row, by_column = chances.sum(1), chances.sum(0)
    own = (scores.diagonal() - 1) / temperature
    loss = float((by_row.log() + by_column.log() - 2 * own).mean() / 2)
    pull = chances / by_row[:, None] + chances / by_column[None, :]
    pull.diagonal().sub_(2)
    pull *= 1 / (2 * half * temperature)
    by_vector = torch.cat([pull @ right, pull.T @ left])
    along = (by_vector * vectors).sum(1, keepdim=True)
    return loss, (by_vector - along * vectors) / lengths


def _drop_tokens(
    ids: np.ndarray, lengths: np.ndarray, plan: TrainingPlan, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Leave tokens out at random; a text of one token keeps it."""
    rate = np.where(lengths > 40, plan.long_dropout, plan.token_dropout) * (lengths > 1)
    kept = random.random(len(ids)) >= np.repeat(rate, lengths)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    return ids[kept], np.bincount(owner[kept], minlength=len(lengths))


def _distinct(ids: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct ids, ascending, and where each id stands among them."""
    present = np.zeros(size, bool)
    present[ids] = True
    rows = np.flatnonzero(present)
    place = np.zeros(size, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    return rows, place[ids]


def _same_text(task: Task, chosen: np.ndarray) -> torch.Tensor:
    """Mark the pairs whose left or right text equals another's: no negatives of each other."""
    mask = torch.zeros(len(chosen), len(chosen), dtype=torch.bool)
    for texts in (task.left, task.right):
        labels = torch.from_numpy(task.store.labels[texts[chosen]].sum(axis=1))
        mask |= labels[:, None] == labels[None, :]
    return mask.fill_diagonal_(False)
