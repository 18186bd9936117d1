"""--help of each tool, and what is said of a flag that there is not."""

from importlib.util import find_spec

import pytest
from conftest import LAB_DIRNAME, ROOT_DIRNAME
from scripts import Script

SCRIPTS = sorted(
    str(path.relative_to(ROOT_DIRNAME))
    for folder in (LAB_DIRNAME / "training", ROOT_DIRNAME / "tools")
    for path in folder.rglob("*.py")
    if '__name__ == "__main__"' in path.read_text()
    and not {"tests", "faults"} & set(path.relative_to(ROOT_DIRNAME).parts)
)
SCRIPTS.append("lab7/text_recognizer/paragraph_text_recognizer.py")

NEEDED = {  # words without which these commands do not look at their flags
    "lab7/text_recognizer/paragraph_text_recognizer.py": ["page.png"],
    "lab7/training/studies/draw_attention.py": ["resnet_transformer", "--output=attention.png"],
    "lab7/training/sweep.py": ["training/sweeps/emnist_lines2_line_cnn_transformer.yml"],
    "tools/labs.py": ["check"],
    "tools/real_characters.py": ["letters", "some.ckpt"],
}


def run(script, *words):
    done = Script(ROOT_DIRNAME / script, words, LAB_DIRNAME)
    done.wait()
    return done


def test_all_tools_are_tried():
    assert len(SCRIPTS) > 50


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_works(script):
    done = run(script, "--help")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 80


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_flag_that_there_is_not_is_no_traceback(script):
    if script == "lab7/training/main.py" and find_spec("hydra") is None:
        pytest.skip("its flags are Hydra's, which is an extra")
    done = run(script, *NEEDED.get(script, []), "--no_such_flag=1")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "no_such_flag" in done.stderr + done.stdout


WRITERS = {
    "lab7/training/studies/draw_characters.py": ["{place}/out"],
    "lab7/training/studies/draw_model.py": ["{place}/out.png", "--model_class=MLP", "--data_class=MNIST"],
    "lab7/training/studies/draw_handwriting.py": ["--out={place}/out.png"],
    "lab7/training/language/count_ngrams.py": ["--order=2", "--output={place}/out.npz"],
    "lab7/text_recognizer/tokens/extract_iam_text.py": ["--save_text={place}/out.txt"],
    "lab7/text_recognizer/data/storage/cut_chars74k.py": ["{place}/Img"],
}


@pytest.mark.parametrize("script", WRITERS)
def test_a_place_that_cannot_be_written_is_one_line(script, tmp_path):
    place = tmp_path / "a_file"
    place.write_text("old")
    done = run(script, *[word.format(place=place) for word in WRITERS[script]])
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert place.read_text() == "old"
