"""A set of one's own handwriting trains like IAMLines."""

import json
import shutil

import pytest

from tests.own_pages import TEXTS, write_export
from text_recognizer.data import OwnHandwriting, own_handwriting
from text_recognizer.util import UserError
from text_recognizer.vocabulary import decode
from training.command_line.flags import parse
from training.run_experiment import run


@pytest.fixture
def sets_dirname(tmp_path, monkeypatch):
    monkeypatch.setattr(own_handwriting, "SETS_DIRNAME", tmp_path / "own")
    monkeypatch.setattr(own_handwriting, "PREPARED_FILENAME", tmp_path / "processed" / "lines.h5")
    return tmp_path / "own"


def import_pages(tmp_path, *flags, **settings):
    own_handwriting.main(["import", str(write_export(tmp_path / "pages", **settings)), *flags])


def load(**settings):
    data = OwnHandwriting(**settings)
    data.prepare_data()
    data.setup()
    return data


def test_each_writer_is_in_one_split_and_each_line_is_there(tmp_path, sets_dirname):
    import_pages(tmp_path)
    data = load(augment=False)
    texts = [
        {decode(target.tolist()) for _, target in dataset}
        for dataset in (data.data_train, data.data_val, data.data_test)
    ]
    assert sorted(map(sorted, texts)) == sorted(map(sorted, TEXTS))  # a page for each
    image, _ = data.data_train[0]
    assert image.shape == data.input_dims
    assert image.median() == 0
    assert image.max() > 0.9, "white ink on black"


def test_a_single_hand_is_split_by_page_and_that_is_said(tmp_path, sets_dirname, capsys):
    import_pages(tmp_path, writers=(None, None, None))
    load()
    assert "split by page" in capsys.readouterr().out


def test_each_import_is_a_version_that_knows_its_parent_and_a_run_names_it(tmp_path, sets_dirname, capsys):
    import_pages(tmp_path)
    shutil.rmtree(tmp_path / "pages")
    import_pages(tmp_path, "--licence=CC0", shape=lambda box, degrees: write_narrow(box))
    first, second = own_handwriting.versions()
    manifests = [own_handwriting.read_manifest(dirname) for dirname in (first, second)]
    assert manifests[1].parent == manifests[0].version != manifests[1].version
    assert "v2" in OwnHandwriting().provenance
    assert "v1" in OwnHandwriting(own_version="v1").provenance
    flags = (
        "--data_class=OwnHandwriting --own_version=v1 --model_class=LineTDS --tds_channels=1 --tds_blocks=1 --loss=ctc"
    )
    run(parse([*flags.split(), "--max_epochs=1", "--batch_size=2", f"--default_root_dir={tmp_path}"]))
    config = next(tmp_path.rglob("config.yaml")).read_text()
    assert config.startswith("# own handwriting, v1")
    assert manifests[0].version in config


def write_narrow(box):
    left, top, width, height = box
    return {"x": left / 5, "y": top / 3, "width": width / 10, "height": height / 3, "rotation": 0}


def test_a_set_that_was_changed_by_hand_is_refused(tmp_path, sets_dirname):
    import_pages(tmp_path)
    filename = sets_dirname / "v1" / "lines.jsonl"
    rows = [json.loads(row) for row in filename.read_text().splitlines()]
    filename.write_text("".join(json.dumps(row | {"text": "other"}) + "\n" for row in rows))
    with pytest.raises(UserError, match=r"not as its manifest says: changed  lines\.jsonl"):
        load()


def test_what_is_missing_is_said(tmp_path, sets_dirname):
    with pytest.raises(UserError, match=r"holds no handwriting.*own_handwriting import"):
        load()
    import_pages(tmp_path)
    with pytest.raises(UserError, match="--own_version=v7: expected one of v1"):
        OwnHandwriting(own_version="v7")


def test_problems_are_told_without_a_traceback(tmp_path, sets_dirname):
    (tmp_path / "export.json").write_text("[]")
    with pytest.raises(SystemExit, match=r"error: .*no pages in it"):
        own_handwriting.main(["import", str(tmp_path / "export.json")])
