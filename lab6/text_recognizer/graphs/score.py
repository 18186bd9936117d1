"""Scores of graphs on a network's emissions, for a whole batch, with gradients.

Reading frame by frame is equivalent to composing with the graph of all emissions, but does not build that graph.

Letters in this file: B batch, S frames, C classes, A arcs and N states of all graphs together.
"""

from collections.abc import Sequence
from typing import Any

import torch

from text_recognizer.graphs.batch import Arcs, Batch, pack
from text_recognizer.graphs.graph import EPSILON, Graph


def forward_scores(emissions: torch.Tensor, graphs: Sequence[Graph]) -> torch.Tensor:
    """Return the log-sum-exp of the scores of all paths of S labels through each graph.

    A path's score is the sum of its arcs' weights and of the emissions of its labels. The gradient is that of the
    forward-backward algorithm (Rabiner 1989, section III): the posterior probability of each arc in each frame.

    Parameters
    ----------
    emissions
        (B, S, C) scores, such as logarithms of probabilities.
    graphs
        One for each example.

    Returns
    -------
    Tensor
        (B,); minus infinity where no path has S labels, with a gradient of 0.
    """
    batch, weights = _prepare(emissions, graphs)
    return _ForwardScores.apply(emissions, weights, batch)


def best_paths(emissions: torch.Tensor, graphs: Sequence[Graph]) -> list[list[int]]:
    """Return the S labels of the best path through each graph (Viterbi 1967); none where no path has S labels."""
    batch, weights = _prepare(emissions.detach(), graphs)
    steps = emissions.detach().transpose(0, 1).flatten(1)  # (S, B * C)
    scores, best_arcs = _start_scores(batch, weights), []
    for step in range(-1, len(steps)):
        best = torch.full_like(scores, -1, dtype=torch.int64)
        if step >= 0:
            ways = scores[batch.reading.sources] + weights[batch.reading.numbers] + steps[step][batch.reading.cells]
            scores = _keep_best(torch.full_like(scores, -torch.inf), ways, batch.reading, best)
        for arcs in batch.silent:
            scores = _keep_best(scores, scores[arcs.sources] + weights[arcs.numbers], arcs, best)
        best_arcs.append(best)
    return _trace_back(batch, graphs, scores, torch.stack(best_arcs))


def _prepare(emissions: torch.Tensor, graphs: Sequence[Graph]) -> tuple[Batch, torch.Tensor]:
    if len(emissions) != len(graphs):
        raise ValueError(f"{len(graphs)} graphs for a batch of {len(emissions)}: expected one for each")
    batch = pack(graphs, emissions.shape[2], emissions.device)
    return batch, torch.cat([graph.weights for graph in graphs]).to(emissions)


class _ForwardScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, emissions: torch.Tensor, weights: torch.Tensor, batch: Batch) -> torch.Tensor:
        steps = emissions.transpose(0, 1).flatten(1)  # (S, B * C)
        alphas = [_close(_start_scores(batch, weights), weights, batch)]  # of each state: all ways from the start
        reading = batch.reading
        for step in steps:
            ways = alphas[-1][reading.sources] + weights[reading.numbers] + step[reading.cells]
            alphas.append(_close(_logsumexp(ways, reading.targets, len(batch.rows)), weights, batch))
        ends = alphas[-1][batch.is_final]
        totals = _logsumexp(ends, batch.rows[batch.is_final], batch.num_graphs)  # (B,)
        ctx.save_for_backward(emissions, weights, torch.stack(alphas), totals)
        ctx.batch = batch
        return totals

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        emissions, weights, alphas, totals = ctx.saved_tensors
        batch: Batch = ctx.batch
        reading = batch.reading
        steps = emissions.transpose(0, 1).flatten(1)  # (S, B * C)
        grad_steps, grad_weights = torch.zeros_like(steps), torch.zeros_like(weights)
        totals = totals.masked_fill(totals == -torch.inf, torch.inf)[batch.rows]  # (N,); no path, no gradient
        grad = grad[batch.rows]
        beta = torch.where(batch.is_final, 0.0, -torch.inf).to(weights)  # of each state: all ways to the end
        beta = _close_back(beta, alphas[-1] - totals, grad, weights, grad_weights, batch)
        for step in reversed(range(len(steps))):
            before = alphas[step] - totals  # (N,)
            ways = beta[reading.targets] + weights[reading.numbers] + steps[step][reading.cells]
            share = (before[reading.sources] + ways).exp() * grad[reading.sources]  # of the paths, through each arc
            grad_steps[step].index_add_(0, reading.cells, share)
            grad_weights.index_add_(0, reading.numbers, share)
            beta = _logsumexp(ways, reading.sources, len(batch.rows))
            beta = _close_back(beta, before, grad, weights, grad_weights, batch)
        grad_emissions = grad_steps.unflatten(1, (len(emissions), -1)).transpose(0, 1)
        return grad_emissions, grad_weights, None


def _start_scores(batch: Batch, weights: torch.Tensor) -> torch.Tensor:
    return torch.where(batch.is_start, 0.0, -torch.inf).to(weights)


def _close(scores: torch.Tensor, weights: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Propagate the scores of states (N,) along the epsilon arcs."""
    for arcs in batch.silent:
        ways = scores[arcs.sources] + weights[arcs.numbers]
        scores = torch.logaddexp(scores, _logsumexp(ways, arcs.targets, len(scores)))
    return scores


def _close_back(
    beta: torch.Tensor,
    before: torch.Tensor,
    grad: torch.Tensor,
    weights: torch.Tensor,
    grad_weights: torch.Tensor,
    batch: Batch,
) -> torch.Tensor:
    """Propagate gradients back along the epsilon arcs."""
    for arcs in reversed(batch.silent):
        ways = beta[arcs.targets] + weights[arcs.numbers]
        grad_weights.index_add_(0, arcs.numbers, (before[arcs.sources] + ways).exp() * grad[arcs.sources])
        beta = torch.logaddexp(beta, _logsumexp(ways, arcs.sources, len(beta)))
    return beta


def _logsumexp(scores: torch.Tensor, places: torch.Tensor, num: int) -> torch.Tensor:
    """Sum scores (A,) with the same target by log-sum-exp: (num,)."""
    highest = scores.new_full((num,), -torch.inf).scatter_reduce(0, places, scores, "amax")
    highest = highest.masked_fill(highest == -torch.inf, 0.0)  # where nothing comes, 0 - 0 rather than inf - inf
    sums = scores.new_zeros(num).index_add(0, places, (scores - highest[places]).exp())
    return sums.log() + highest


def _keep_best(scores: torch.Tensor, ways: torch.Tensor, arcs: Arcs, best: torch.Tensor) -> torch.Tensor:
    """Return the higher of each state's score and that of its best arc, and write that arc into `best` (N,)."""
    higher = scores.scatter_reduce(0, arcs.targets, ways, "amax")
    is_best = (ways == higher[arcs.targets]) & (ways > scores[arcs.targets])
    best[arcs.targets[is_best]] = arcs.numbers[is_best]
    return higher


def _trace_back(
    batch: Batch, graphs: Sequence[Graph], scores: torch.Tensor, best_arcs: torch.Tensor
) -> list[list[int]]:
    """Follow the best arcs (S + 1, N) from the best final state of each graph to its start."""
    paths, first_state, first_arc = [], 0, 0
    ends = scores.masked_fill(~batch.is_final, -torch.inf).tolist()
    back = best_arcs.cpu().numpy()
    for graph in graphs:
        mine = ends[first_state : first_state + graph.num_states]
        state = max(range(graph.num_states), key=mine.__getitem__, default=0)
        labels: list[int] = []
        step = len(back) - 1 if graph.num_states and mine[state] > -torch.inf else -1
        while step >= 0 and (arc := int(back[step, first_state + state]) - first_arc) >= 0:
            state = int(graph.sources[arc])
            if graph.labels[arc] != EPSILON:
                labels.append(int(graph.labels[arc]))
                step -= 1
        paths.append(labels[::-1])
        first_state, first_arc = first_state + graph.num_states, first_arc + graph.num_arcs
    return paths
