"""The error rates on drawn pictures are compared with those of the same handwriting on plain paper."""

import json

import pytest

from training.studies.compare_with_plain import main


def figures_of(tmp_path, name, readings):
    """Write figures of pictures (name, text, read) as evaluate_recognizer.py does; return their file."""
    counts = {"num": 2, "found": 1, "missed": 1, "read": 1, "invented": 0, "joined": 0, "out_of_order": 0}
    rows = [{"name": stem, "text": text, "read": read, "cer": 0.5, "lines": counts} for stem, text, read in readings]
    filename = tmp_path / name
    filename.write_text(json.dumps(rows))
    return filename


def test_each_kind_is_compared_with_its_own_sheets(tmp_path, capsys):
    pictures = figures_of(
        tmp_path, "pictures.json", [("desk_40_01", "ten letters", "ten lettxxx"), ("word_01", "word", "word")]
    )
    plain = [("desk_40_01_a", "ten l", "ten l"), ("desk_40_01_b", "etters", "etterx"), ("word_01_a", "word", "word")]
    main([f"--pictures={pictures}", f"--plain={figures_of(tmp_path, 'plain.json', plain)}"])
    told = capsys.readouterr().out.splitlines()
    assert told[1].split()[:6] == ["desk_40", "27.3%", "9.1%", "3.00", "3.00", "1"]
    assert told[1].split()[-1] == "over"
    assert told[2].split()[:5] == ["word", "0.0%", "0.0%", "1.00", "1.00"]
    assert told[-1].startswith("1 of 2 kinds")


def test_cells_that_are_read_in_a_row_count_as_spaces_in_one_line(tmp_path, capsys):
    pictures = figures_of(tmp_path, "pictures.json", [("table_01", "a\nb\nc", "a b c")])
    plain = figures_of(tmp_path, "plain.json", [("table_01_a", "a\nb\nc", "a\nb\nx")])
    main([f"--pictures={pictures}", f"--plain={plain}"])
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["table", "40.0%", "20.0%", "2.00", "0.00"]


@pytest.mark.parametrize(("num", "expected"), [(5, "over"), (6, "surely over")])
def test_several_pictures_make_it_sure(tmp_path, capsys, num, expected):
    texts = [(f"word_0{i}", "abcdefghij", "xyzdefghij") for i in range(num)]
    pictures = figures_of(tmp_path, "pictures.json", texts)
    sheets = [(f"{name}_a", text, "xbcdefghij") for name, text, _ in texts]
    main([f"--pictures={pictures}", f"--plain={figures_of(tmp_path, 'plain.json', sheets)}"])
    told = capsys.readouterr().out.splitlines()[1]
    assert told.rstrip().endswith(f"{expected}")
    assert ("surely" in told) is (num == 6)


def test_a_kind_that_one_picture_of_several_decides_is_not_surely_over(tmp_path, capsys):
    texts = [(f"word_0{i}", "abcdefghij", "abcdefghij" if i else "xxxxxxxxxx") for i in range(6)]
    pictures = figures_of(tmp_path, "pictures.json", texts)
    sheets = [(f"{name}_a", text, "xbcdefghij") for name, text, _ in texts]
    main([f"--pictures={pictures}", f"--plain={figures_of(tmp_path, 'plain.json', sheets)}"])
    told = capsys.readouterr().out.splitlines()
    assert told[1].split()[3] == "1.67"
    assert not told[1].rstrip().endswith("over")
    worse = [(name, text, read.replace("abc", "xbc")) for name, text, read in texts]
    main([f"--pictures={figures_of(tmp_path, 'worse.json', worse)}", f"--plain={tmp_path / 'plain.json'}"])
    told = capsys.readouterr().out.splitlines()
    assert told[1].split()[3] == "2.50"
    assert told[1].split()[-2:] != ["surely", "over"]
    assert told[1].split()[-1] == "over"


def test_a_picture_without_plain_sheets_is_named(tmp_path):
    pictures = figures_of(tmp_path, "pictures.json", [("word_01", "word", "word")])
    plain = figures_of(tmp_path, "plain.json", [("word_02_a", "word", "word")])
    with pytest.raises(SystemExit, match="no plain sheet of 'word_01'"):
        main([f"--pictures={pictures}", f"--plain={plain}"])


def test_another_file_is_refused(tmp_path):
    other = tmp_path / "other.json"
    other.write_text("[3]")
    with pytest.raises(SystemExit, match=r"other.json\[0\] is 3"):
        main([f"--pictures={other}", f"--plain={other}"])
