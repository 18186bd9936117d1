"""Three optimizers that PyTorch does not have: Lion, Adan and LaProp. `--optimizer` takes their names.

Letters in this file: t number of the step, g gradient, m mean of gradients, v mean of their squares or differences.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

Betas = tuple[float, ...]


class _OwnOptimizer(Optimizer):
    """What the three share: checks of their settings, and the walk over all weights.

    Parameters
    ----------
    params
        The weights.
    lr
        Learning rate.
    betas
        How much of each mean is kept at a step.
    weight_decay
        Share of a weight that is taken off at a step, times the learning rate (Loshchilov and Hutter 2019).
    eps
        Keeps divisions by small numbers in bounds.
    """

    def __init__(self, params: Any, lr: float, betas: Betas, weight_decay: float = 0.0, eps: float = 1e-8) -> None:
        if lr < 0:
            raise ValueError(f"Invalid learning rate: {lr}")  # in torch's own words
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"Invalid betas: {betas}")
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Change each weight that has a gradient; return what `closure` gives."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self.change(weight, weight.grad, self.state[weight], group)
        return loss

    def change(self, weight: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change one weight in place.

        Parameters
        ----------
        weight
            The weight.
        g
            Its gradient.
        state
            What is kept of it from step to step; empty at first.
        group
            The settings.
        """
        raise NotImplementedError


class Lion(_OwnOptimizer):
    """Each weight moves by the same amount, up or down: the sign of a mean of gradients decides.

    X. Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2. A step is larger than Adam's, so
    its learning rate is three to ten times smaller.
    """

    def __init__(self, params: Any, lr: float = 1e-4, betas: Betas = (0.9, 0.99), weight_decay: float = 0.0) -> None:
        super().__init__(params, lr, betas, weight_decay)

    def change(self, weight: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the base class."""
        (first, second), lr = group["betas"], group["lr"]
        m = state.setdefault("m", torch.zeros_like(weight))
        weight.mul_(1 - lr * group["weight_decay"])
        weight.sub_(lr * m.lerp(g, 1 - first).sign())
        m.lerp_(g, 1 - second)


class Adan(_OwnOptimizer):
    """Adam with a look ahead: how the gradient changed since the last step counts as well.

    X. Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models", 2022, algorithm 1,
    with the correction of means that begin at 0, as in its authors' code; their betas are 1 minus these.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: Betas = (0.98, 0.92, 0.99),
        weight_decay: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, weight_decay, eps)

    def change(self, weight: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the base class."""
        if not state:
            state |= {
                "t": 0,
                "before": g.clone(),
                **{name: torch.zeros_like(g) for name in ("m", "difference", "square")},
            }
        state["t"] += 1
        first, second, third = group["betas"]
        change = g - state["before"]
        state["m"].lerp_(g, 1 - first)
        state["difference"].lerp_(change, 1 - second)
        state["square"].lerp_((g + second * change).square(), 1 - third)
        state["before"].copy_(g)
        correct = [1 - beta ** state["t"] for beta in group["betas"]]
        ahead = state["m"] / correct[0] + second * state["difference"] / correct[1]
        weight.sub_(group["lr"] * ahead / ((state["square"] / correct[2]).sqrt() + group["eps"]))
        weight.div_(1 + group["lr"] * group["weight_decay"])


class LaProp(_OwnOptimizer):
    """Adam, with the mean taken of gradients that are already divided by their size, not divided afterwards.

    L. Ziyin, Z. Wang and M. Ueda, "LaProp: Separating Momentum and Adaptivity in Adam", 2020, algorithm 1. A mean of
    gradients from before the size changed does no harm then, so `betas` may be chosen one without the other.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 4e-4,
        betas: Betas = (0.9, 0.999),
        weight_decay: float = 0.0,
        eps: float = 1e-15,
    ) -> None:
        super().__init__(params, lr, betas, weight_decay, eps)

    def change(self, weight: torch.Tensor, g: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the base class."""
        if not state:
            state |= {"t": 0, "m": torch.zeros_like(g), "v": torch.zeros_like(g)}
        state["t"] += 1
        first, second = group["betas"]
        state["v"].lerp_(g.square(), 1 - second)
        size = (state["v"] / (1 - second ** state["t"])).sqrt() + group["eps"]
        state["m"].lerp_(g / size, 1 - first)
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.sub_(group["lr"] / (1 - first ** state["t"]) * state["m"])


OWN_OPTIMIZERS: dict[str, type[Optimizer]] = {"Lion": Lion, "Adan": Adan, "LaProp": LaProp}
