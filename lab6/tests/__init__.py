"""The tests log to Weights & Biases offline, also where somebody has logged in."""

import os

os.environ["WANDB_MODE"] = "offline"
