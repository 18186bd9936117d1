"""The tests log to Weights & Biases offline, also where somebody has logged in."""

import os

os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB__SERVICE_WAIT"] = "1200"  # seconds for the start of its process, which a busy machine may need
