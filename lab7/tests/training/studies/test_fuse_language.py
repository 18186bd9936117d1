"""Reading with a language model beside the decoder is measured beside reading without."""

import pytest

from training.studies import fuse_language


def test_each_beam_and_weight_gets_a_row(capsys):
    fuse_language.main(["--beams=[1,2]", "--weights=[0,0.2]", "--num_pages=1"])
    rows = capsys.readouterr().out.splitlines()
    for beam in (1, 2):
        for weight in (0.0, 0.2):
            (row,) = (row for row in rows if row.startswith(f"beam {beam}, weight {weight}: CER "))
            assert row.endswith("s a page")


def test_a_model_without_a_decoder_is_refused():
    with pytest.raises(SystemExit, match="--artifact=paragraph_text_recognizer: it has no decoder"):
        fuse_language.main(["--artifact=paragraph_text_recognizer"])
