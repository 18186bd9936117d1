"""`make standin`: whole files in the official formats, never in the place of real ones, and the same ones each time."""

import errno
import hashlib
import io
import itertools
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections import Counter

import numpy as np
import pytest
import standin
from PIL import Image

from stand_ins import character_sets, compare, form_set, forms, line_set, work
from stand_ins.characters import CLASSES, fit_emnist, uneven_labels
from text_recognizer.data import (
    EMNIST,
    CopisteLines,
    IAMLines,
    IAMOnDBLines,
    IAMParagraphs,
    copiste_lines,
    emnist,
    iam,
    iam_lines,
    iam_ondb,
    iam_ondb_lines,
    iam_paragraphs,
)
from text_recognizer.data.paragraphs.canvas import OUTPUT_LENGTH, encode_paragraph
from text_recognizer.data.prose.text import TextSource
from text_recognizer.data.storage.stand_in import NOTICE, is_stand_in
from text_recognizer.handwriting import hands

SMALL = [
    "--emnist_train=300",
    "--emnist_test=62",
    "--forms=8",
    "--copiste_lines=40",
    "--whiteboards=20",
]
SMALL += ["--processes=1"]


@pytest.fixture(scope="module", autouse=True)
def _hershey_only(tmp_path_factory):
    """Draw with the strokes that always install, whatever fonts this machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hands, "FONTS_DIRNAME", tmp_path_factory.mktemp("no_fonts"))
        hands.find_hands.cache_clear()
        yield
    hands.find_hands.cache_clear()


@pytest.fixture
def downloaded(tmp_path, monkeypatch):
    """Point all sets to an empty data directory."""
    dirname = tmp_path / "downloaded"
    monkeypatch.setattr(emnist, "ZIP_FILENAME", dirname / "emnist" / "matlab.zip")
    monkeypatch.setattr(emnist, "PREPARED_FILENAME", tmp_path / "byclass.h5")
    monkeypatch.setattr(iam, "ZIP_FILENAME", dirname / "iam" / "iamdb.zip")
    monkeypatch.setattr(iam, "UNPACKED_DIRNAME", dirname / "iam" / "iamdb")
    monkeypatch.setattr(copiste_lines, "ZIP_FILENAME", dirname / "copiste" / "copiste_lines.zip")
    monkeypatch.setattr(copiste_lines, "PREPARED_FILENAME", tmp_path / "copiste.h5")
    for name in ("ARCHIVES", "ARRAYS"):
        files = tuple(dirname / "iam_ondb" / path.name for path in getattr(iam_ondb, name))
        monkeypatch.setattr(iam_ondb, name, files)
    monkeypatch.setattr(iam_ondb_lines, "PREPARED_FILENAME", tmp_path / "strokes.h5")
    monkeypatch.setattr(iam_ondb_lines, "LEFT_OUT_FILENAME", dirname / "iam_ondb" / "left_out.csv")
    monkeypatch.setattr(iam_lines, "PREPARED_FILENAME", tmp_path / "lines.h5")
    monkeypatch.setattr(iam_paragraphs, "PREPARED_FILENAME", tmp_path / "paragraphs.h5")
    return dirname


@pytest.fixture(scope="module")
def drawn(tmp_path_factory, _hershey_only):
    """All sets, drawn once."""
    dirname = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emnist, "ZIP_FILENAME", dirname / "emnist" / "matlab.zip")
        patch.setattr(iam, "ZIP_FILENAME", dirname / "iam" / "iamdb.zip")
        patch.setattr(iam, "UNPACKED_DIRNAME", dirname / "iam" / "iamdb")
        patch.setattr(copiste_lines, "ZIP_FILENAME", dirname / "copiste" / "copiste_lines.zip")
        for name in ("ARCHIVES", "ARRAYS"):
            files = tuple(dirname / "iam_ondb" / path.name for path in getattr(iam_ondb, name))
            patch.setattr(iam_ondb, name, files)
        standin.main(SMALL)
    return dirname


@pytest.fixture
def sets(drawn, downloaded):
    """The drawn sets in a directory to play with."""
    shutil.copytree(drawn, downloaded)
    return downloaded


def hashes(dirname):
    files = sorted(path for path in dirname.rglob("*") if path.is_file())
    return {str(path.relative_to(dirname)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def prepared(data):
    data.prepare_data()
    data.setup()
    return data


@pytest.mark.usefixtures("sets")
@pytest.mark.parametrize("data_class", [EMNIST, IAMLines, IAMParagraphs, CopisteLines, IAMOnDBLines])
def test_the_labs_read_it_and_say_what_it_is(data_class, capsys):
    data = prepared(data_class())
    assert data.is_stand_in
    assert NOTICE in str(data)
    image, _ = data.data_train[0]
    assert image.max() - image.median() > 0.3  # ink on paper


def test_characters_are_fitted_as_emnists_paper_says():
    crop = np.zeros((40, 10), np.uint8)
    crop[:, 3:] = 255
    large = fit_emnist(crop).any(axis=1)
    assert 24 <= large.sum() <= 28


def test_classes_are_as_uneven_as_emnists():
    counts = Counter(uneven_labels(20_000, 4, np.random.default_rng(0)).tolist())
    assert set(counts) == set(range(62))
    assert sum(counts[digit] for digit in range(10)) == pytest.approx(10_000, rel=0.01)
    assert counts[CLASSES.index("e")] > 5 * counts[CLASSES.index("z")]


@pytest.mark.usefixtures("sets")
def test_emnist_has_its_real_structure():
    splits = emnist._read_splits(emnist.ZIP_FILENAME)
    for split, (pixels, classes) in splits.items():
        assert pixels.dtype == classes.dtype == np.uint8
        assert pixels.shape == (len(classes), 784)
        assert classes.shape[1] == 1
        assert set(classes.ravel().tolist()) == set(range(62)), split
    pixels, classes = splits["train"]
    ones = pixels[classes.ravel() == CLASSES.index("l")].reshape(-1, 28, 28).swapaxes(1, 2)
    upright = [image.any(axis=1).sum() > image.any(axis=0).sum() for image in ones]  # an l is higher than wide
    assert np.mean(upright) > 0.9


@pytest.mark.usefixtures("sets")
def test_splits_are_disjoint_by_writer_and_by_family():
    source = iam.IAM()
    assert {split: len(ids) for split, ids in source.splits.items()} == {"train": 5, "val": 2, "test": 1}
    writers = {split: {source.form(form_id).writer_id for form_id in ids} for split, ids in source.splits.items()}
    families = {split: set(forms.hands_of(split).families) for split in source.splits}
    for one, other in itertools.combinations(source.splits, 2):
        assert not writers[one] & writers[other]
        assert families[one]
        assert not families[one] & families[other]


def test_each_writer_of_copistes_is_in_the_split_whose_hands_are_his(sets):
    splits = copiste_lines.split_writers(copiste_lines.read_lines(sets / "copiste" / "copiste_lines.zip"))
    tasks = line_set.tasks_of(40, seed=0)
    assert {task.page: task.split for task in tasks} == {
        writer: split for split, writers in splits.items() for writer in writers
    }
    assert sum(task.num_lines for task in tasks) == 40
    assert [task.num_lines for task in line_set.tasks_of(3_000, seed=0)] == pytest.approx([23] * 130, abs=1)


def test_copistes_lines_are_dark_on_light_and_64_pixels_high(sets):
    with zipfile.ZipFile(sets / "copiste" / "copiste_lines.zip") as archive:
        rows = [json.loads(row) for row in archive.read("lines.jsonl").decode().splitlines()]
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(row["image"])))) for row in rows]
    assert len(rows) == 40
    assert {(len(picture), picture.ndim) for picture in pictures} == {(64, 2)}  # grey
    assert all(np.median(picture) > picture.mean() for picture in pictures)  # paper, with darker ink on it
    assert all(picture.shape[1] > 4 * len(row["text"]) for picture, row in zip(pictures, rows, strict=True))


def test_hundreds_of_writers_fill_one_to_five_forms_each_in_one_list():
    lists = form_set.tasks_of(1500, seed=0)
    counts = {name: Counter(task.writer_id for task in tasks) for name, tasks in lists.items()}
    assert len(sum(counts.values(), Counter())) == sum(len(count) for count in counts.values()) > 500
    assert {number for count in counts.values() for number in count.values()} == {1, 2, 3, 4, 5}
    ids = [task.form_id for tasks in lists.values() for task in tasks]
    assert len(set(ids)) == 1500
    assert all(re.fullmatch(r"s\d\d-\d\d\d", form_id) for form_id in ids)


@pytest.mark.usefixtures("sets")
def test_boxes_go_around_the_ink_of_their_words():
    source = iam.IAM()
    assert source.scale == 2
    xml = source._parse(source.form_ids[0])
    words = xml.findall("handwritten-part/line/word")
    assert sum(len(word.findall("cmp")) for word in words) > 1.5 * len(words)  # letters that do not hang together
    for form_id in source.form_ids:
        page, form = 255 - source.image(form_id), source.form(form_id)
        assert iam_paragraphs.is_whole(form, page)
        ink = page > 60
        for line in form.lines:
            left, top, right, bottom = line.box
            ink[top:bottom, left:right] = False
        printed = source._parse(form_id).findall("machine-printed-part/machine-print-line")
        rule = forms.rule_below(printed)
        rest = ink[rule + 4 : forms.LAST_RULE - 4]
        assert rest.mean() < 0.001  # nothing is written outside of the boxes
        assert ink[:rule].any()  # the print
        assert min(line.box[1] for line in form.lines) > rule


@pytest.mark.usefixtures("sets")
def test_what_is_printed_is_what_is_written():
    source = iam.IAM()
    for form_id in source.form_ids:
        xml = source._parse(form_id)
        printed = " ".join(line.get("text") for line in xml.findall("machine-printed-part/machine-print-line"))
        written = forms.as_printed([line.get("text") for line in xml.findall("handwritten-part/line")])
        assert printed.split() == written.split()
        for line in xml.findall("handwritten-part/line"):
            assert line.get("text") == " ".join(word.get("text") for word in line.findall("word"))


def test_quotation_marks_are_escaped_twice_as_in_iam(monkeypatch, downloaded):
    monkeypatch.setattr(TextSource, "paragraph", lambda *args: ['He said "no" & left,', "<so> it was"])
    standin.main([*SMALL, "--only", "iam", "--forms=4"])
    source = iam.IAM()
    assert [line.text for line in source.form(source.form_ids[0]).lines] == ['He said "no" & left,', "<so> it was"]
    with zipfile.ZipFile(iam.ZIP_FILENAME) as archive:
        content = archive.read(f"iamdb/xml/{source.form_ids[0]}.xml").decode()
    assert "&amp;quot;no&amp;quot; &amp; left" in content


def test_the_longest_text_has_room_above_and_below_the_rule():
    lines = ["which would be as long as any line of handwriting is"] * 13
    printed = textwrap.wrap(" ".join(lines), forms.PRINTED_CHARACTERS)
    image = np.asarray(forms._print(form_set.tasks_of(4, 0)["trainset"][0], printed)) > 0
    rule = forms.rule_below(printed)
    rows = np.flatnonzero(image[: forms.LAST_RULE - 4].any(axis=1))
    assert rows.max() <= rule + 2
    assert not image[rule - 4 : rule - 1].any()
    assert forms.LAST_RULE - rule > 900


def test_no_form_has_more_text_than_a_model_reads(monkeypatch):
    line = "which would be as long as any line of handwriting is"
    monkeypatch.setattr(TextSource, "paragraph", lambda *args: [line] * 14)
    form = forms.draw_form(form_set.tasks_of(4, 0)["trainset"][0])
    text = "\n".join(line.text for line in form.lines)
    assert len(form.lines) == 12
    assert len(encode_paragraph(text)) == OUTPUT_LENGTH  # or it would have raised an error


def test_print_joins_broken_words_and_leaves_out_crossed_out_ones():
    assert forms.as_printed(["a govern-", "ment # of", "well-known"]) == "a government of well-known"


def test_the_same_seed_gives_the_same_files_with_any_number_of_processes(drawn, downloaded):
    standin.main([*SMALL[:-1], "--processes=2"])
    assert hashes(downloaded) == hashes(drawn)


def test_another_seed_gives_other_files(drawn, downloaded):
    standin.main([*SMALL, "--only", "emnist", "--seed=1"])
    assert not set(hashes(downloaded).values()) & set(hashes(drawn).values())


def test_what_is_there_already_is_not_drawn_again_and_other_sizes_are(sets, capsys, monkeypatch):
    before = hashes(sets)
    with monkeypatch.context() as patch:
        patch.setattr(form_set, "draw_form", None)  # cannot be called
        standin.main(SMALL)
    assert hashes(sets) == before
    assert capsys.readouterr().out.count("is this stand-in already") == len(standin.SETS)
    standin.main([*SMALL, "--only", "iam", "--forms=5"])
    assert len(iam.IAM().form_ids) == 5


@pytest.mark.parametrize(
    "name",
    [
        "emnist/matlab.zip",
        "iam/iamdb.zip",
        "copiste/copiste_lines.zip",
        "iam_ondb/lineStrokes-all.tar.gz",
        "iam_ondb/strokes.npz",
    ],
)
def test_a_file_that_is_no_stand_in_is_left_as_it_is(downloaded, capsys, name):
    filename = downloaded / name
    filename.parent.mkdir(parents=True)
    filename.write_bytes(b"mine")
    standin.main([*SMALL, "--only", filename.parent.name])
    assert hashes(downloaded) == {name: hashlib.sha256(b"mine").hexdigest()}
    assert f"{filename} is not a stand-in: it is left as it is" in capsys.readouterr().out


def test_an_unpacked_iam_is_left_as_it_is(downloaded, capsys):
    (downloaded / "iam" / "iamdb" / "xml").mkdir(parents=True)
    standin.main([*SMALL, "--only", "iam"])
    assert not iam.ZIP_FILENAME.exists()
    assert "iamdb is not a stand-in" in capsys.readouterr().out


def test_a_file_that_is_missing_of_several_is_drawn_again(sets):
    before = hashes(sets)
    iam_ondb.ARCHIVES[0].unlink()
    standin.main([*SMALL, "--only", "iam_ondb"])
    assert hashes(sets) == before


def interrupt(*args):
    raise KeyboardInterrupt


def no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("has_older", [False, True])
@pytest.mark.parametrize(
    ("name", "broken", "function", "expected"),
    [
        ("emnist", character_sets, "add_member", "cannot be written (No space left on device)"),
        ("iam", form_set, "add_member", "cannot be written (No space left on device)"),
        ("emnist", character_sets, "draw_characters", "interrupted: what was not finished is not there"),
        ("iam", form_set, "draw_form", "interrupted: what was not finished is not there"),
    ],
)
def test_what_fails_leaves_nothing_half_made(
    drawn, downloaded, monkeypatch, name, broken, function, expected, has_older
):
    if has_older:
        shutil.copytree(drawn / name, downloaded / name)
    before = hashes(downloaded)
    monkeypatch.setattr(broken, function, no_space if "No space" in expected else interrupt)
    with pytest.raises(SystemExit) as stop:
        standin.main([*SMALL, "--only", name, "--seed=1"])
    assert expected in str(stop.value)
    assert hashes(downloaded) == before


def test_a_folder_that_cannot_be_written_is_named(downloaded):
    downloaded.parent.mkdir(exist_ok=True)
    downloaded.write_text("a file where a folder should be")
    with pytest.raises(SystemExit, match=r"emnist/.*cannot be written .*TEXT_RECOGNIZER_DATA"):
        standin.main([*SMALL, "--only", "emnist"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may do anything can write anywhere")
def test_a_read_only_folder_is_named(downloaded):
    downloaded.mkdir(parents=True)
    downloaded.chmod(0o555)
    with pytest.raises(SystemExit, match="cannot be written"):
        standin.main([*SMALL, "--only", "emnist"])


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="workers would not know of the change here")
def test_a_killed_worker_is_an_error_and_no_endless_wait(downloaded, monkeypatch):
    monkeypatch.setattr(forms, "draw_camera", lambda *args: os._exit(1))
    with pytest.raises(SystemExit, match="error: a drawing process was killed"):
        standin.main([*SMALL[:-1], "--only", "iam", "--processes=2"])
    assert hashes(downloaded) == {}


DRAWS_FOR_EVER = """
import os, time
from stand_ins.work import draw_all

def draw(task):
    os.write(1, f"{os.getpid()}\\n".encode())  # at once: what print writes in two parts, two workers mix
    time.sleep(1000 * task)

if __name__ == "__main__":
    list(draw_all(draw, [0, 1, 1], 2, "Drawing"))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_workers_end_with_a_main_process_that_is_killed(tmp_path):
    (tmp_path / "draws.py").write_text(DRAWS_FOR_EVER)
    paths = [str(standin.REPOSITORY_DIRNAME / name) for name in ("tools", "lab7")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, str(tmp_path / "draws.py")]
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        ending = threading.Timer(1200, os.killpg, (process.pid, signal.SIGKILL))  # or else a line might never come
        ending.start()
        workers = {int(process.stdout.readline()) for _ in range(3)}
        process.kill()
        process.communicate(timeout=1200)  # ends when no worker holds the other end of its output
        ending.cancel()
    assert workers
    assert process.pid not in workers


def test_without_fonts_it_is_drawn_in_hersheys_strokes_and_says_so(downloaded, capsys):
    standin.main([*SMALL, "--only", "emnist"])
    assert "Hershey's strokes only" in capsys.readouterr().out


ENTRY = {"family": "caveat", "file": "caveat-400.woff2", "x_height": 0.3, "ascent": 2.5, "descent": 1.5}
ENTRY |= {"stroke": 0.15, "hairline": 0.1}


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("{", "index.json is damaged .*`make fonts`"),
        (json.dumps([ENTRY]), "caveat-400.woff2 cannot be read .*`make fonts`"),
    ],
)
def test_a_damaged_folder_of_fonts_is_an_error_and_nothing_is_drawn(downloaded, tmp_path, monkeypatch, index, expected):
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / hands.INDEX_NAME).write_text(index)
    monkeypatch.setattr(hands, "FONTS_DIRNAME", tmp_path / "fonts")
    hands.find_hands.cache_clear()
    with pytest.raises(SystemExit, match=f"error: .*{expected}"):
        standin.main([*SMALL, "--only", "emnist"])
    hands.find_hands.cache_clear()
    assert hashes(downloaded) == {}


@pytest.mark.parametrize("flag", ["--forms=3", "--emnist_test=-5", "--processes=0", "--seed=-1"])
def test_sizes_without_sense_are_refused(downloaded, flag):
    with pytest.raises(SystemExit, match=f"error: {flag}: expected"):
        standin.main([flag])
    assert not downloaded.exists()


def test_real_data_and_stand_ins_are_put_side_by_side_and_what_is_missing_is_named(sets, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(compare, "NUM_CHARACTERS", 4)
    monkeypatch.setattr(compare, "NUM_FORMS", 6)
    standin.main(["compare", "--out", str(tmp_path / "picture.png")])
    printed = capsys.readouterr().out
    assert "Nothing real to show: EMNIST here is a stand-in" in printed
    assert "iamdb.zip is a stand-in" in printed
    assert "non-commercial" not in printed
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_the_marker_is_in_each_file(drawn):
    paths = [path for path in drawn.rglob("*") if path.is_file()]
    assert len(paths) == 5
    assert all(map(is_stand_in, paths))
    assert work.marker_of(drawn / "iam" / "iamdb.zip").startswith(NOTICE)
