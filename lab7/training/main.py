"""Runs run_experiment.py through Hydra: experiments are composed of files in groups.

    cd training
    python main.py +experiment=resnet_transformer_paragraphs
    python main.py data=iam_lines network=line_resnet_lstm optimizer.lr=0.001 trainer.max_epochs=5
    python main.py --multirun optimizer.lr=0.001,0.0003 network=line_cnn_lstm,line_resnet_lstm

The groups are the directories below conf/. Their files hold flags of run_experiment.py by name; other flags keep their
defaults. So a run is the same whether flags, YAML or Hydra describe it. Hydra is an extra:
python -m pip install -r requirements/extras.txt.
"""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

# This lab's own text_recognizer comes first, even where another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from text_recognizer.util import UserError
from training import run_experiment
from training.command_line.flags import parse
from training.command_line.settings import one_line_errors

CONF_DIRNAME = Path(__file__).resolve().parent / "conf"
OVERRIDE = re.compile(r"[a-z]\w*(\.\w+)?=")
CHOICE = re.compile(r"\+{0,2}([a-z]\w*)=([\w,-]+)")  # the choice of one file of a group, or of several for several runs


def flags_of(config: dict[str, Any]) -> list[str]:
    """Return the flags of run_experiment.py for a configuration of groups."""
    values: dict[str, Any] = {}
    for group, content in config.items():
        for key, value in content.items() if isinstance(content, dict) else [(group, content)]:
            if key in values:
                raise UserError(f"{group}.{key}={value}: another group sets {key}={values[key]} already")
            values[key] = value
    return [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in values.items()]


def run(config: Any) -> float:
    """Train with a configuration; return the best val_loss, which Hydra's sweepers minimise."""
    from omegaconf import OmegaConf

    with one_line_errors():
        flags = flags_of(OmegaConf.to_container(config, resolve=True))
        print("The same with flags: " + shlex.join(["python", "training/run_experiment.py", *flags]))
        args = parse(flags)
        trained = run_experiment.train(args)
        run_experiment.measure(*trained, memorises=args.overfit_batches > 0)
        score = getattr(trained[0].checkpoint_callback, "best_model_score", None)
        return float("nan") if score is None else float(score)


def may_add(word: str) -> str:
    """Let `group.flag=value` add any flag to a group; run_experiment.py checks whether there is such a flag."""
    return f"++{word}" if OVERRIDE.match(word) and not is_group(word.split("=")[0]) else word


def check_choice(word: str) -> None:
    """Refuse a file that is not in its group in one line; Hydra takes ten."""
    match = CHOICE.fullmatch(word)
    if match is None or not is_group(match[1]):
        return
    names = sorted(path.stem for path in (CONF_DIRNAME / match[1]).glob("*.yaml"))
    for name in match[2].split(","):
        if name not in [*names, "null"]:
            raise UserError(f"{match[1]}={name}: no such file in conf/{match[1]}. Expected one of {', '.join(names)}")


def is_group(name: str) -> bool:
    """Tell whether a name is that of a group."""
    return (CONF_DIRNAME / name).is_dir()


def main(argv: list[str] | None = None) -> None:
    """Run from the command line."""
    words = sys.argv[1:] if argv is None else argv
    with one_line_errors():
        try:
            import hydra
        except ImportError:
            if {"--help", "-h"} & {*words}:
                print(f"{__doc__}\nHydra, which shows the groups, is not installed: python -m pip install hydra-core")
                return
            raise UserError(
                "Hydra is not installed: type python -m pip install hydra-core, or set flags with run_experiment.py"
            ) from None
        for word in words:
            check_choice(word)
    sys.argv[1:] = [may_add(word) for word in words]
    hydra.main(version_base="1.3", config_path="conf", config_name="config")(run)()


if __name__ == "__main__":
    main()
