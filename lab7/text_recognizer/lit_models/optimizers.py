"""Three optimizers that PyTorch does not have: Lion, Adan and LaProp. `--optimizer` takes their names.

Letters in this file: t number of the step, g gradient, m mean of gradients, v mean of their squares or differences.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

Betas = tuple[float, ...]


class _OwnOptimizer(Optimizer):
    """What the three share: the checks of their settings, and the loop over all weights.

    Parameters
    ----------
    params
        The weights.
    lr
        Learning rate.
    betas
        Decay rates of the running means.
    weight_decay
        Share of a weight, times the learning rate, that is subtracted in each step (Loshchilov and Hutter 2019).
    eps
        Is added to divisors, so that none is 0.
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
            Its running means; empty in the first step.
        group
            The settings.
        """
        raise NotImplementedError


class Lion(_OwnOptimizer):
    """Each weight moves by the same amount; the sign of a mean of gradients says whether up or down.

    X. Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2. Its steps are larger than
    Adam's, so its learning rate should be three to ten times smaller.
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
    """Adam with Nesterov momentum: the change of the gradient since the last step counts as well.

    X. Xie et al., "Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models", 2022, algorithm 1,
    with the bias correction of its authors' code; their betas are 1 minus these.
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
    """Adam, but gradients are divided by their size before the mean is taken, not after.

    L. Ziyin, Z. Wang and M. Ueda, "LaProp: Separating Momentum and Adaptivity in Adam", 2020, algorithm 1. So
    each gradient is divided by the size of its own time, and the two `betas` may be chosen independently.
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
