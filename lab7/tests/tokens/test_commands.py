"""The three commands, one after the other, on a small IAM."""

import re

import pytest

from tests import small_iam
from text_recognizer.graphs.transitions import load_transitions
from text_recognizer.tokens import build_transitions, extract_iam_text, make_wordpieces
from text_recognizer.tokens.word_pieces import WordPieces


def read(filename):
    return filename.read_text(encoding="utf-8").splitlines()


def extract(tmp_path, *flags):
    files = ["--save_text", str(tmp_path / "train.txt"), "--save_tokens", str(tmp_path / "letters.txt")]
    extract_iam_text.main([*files, *flags])
    return read(tmp_path / "train.txt")


@pytest.fixture
def data_dir(tmp_path):
    """IAM unpacked, with the lists that the labs' zip file may lack."""
    small_iam.write_directory(tmp_path / "iamdb", small_iam.files_of(small_iam.make_forms()))
    lines = "# a comment\na01-000u-00 ok 154 19 408 746 1661 89 A|MOVE|to # stop\nz99-000-00 ok 1 2 3 4 5 6 Other\n"
    words = "a01-000u-00-00 ok 154 408 768 27 51 AT A\na01-000u-00-01 err 154 408 768 27 51 AT bad\n"
    (tmp_path / "iamdb" / "ascii").mkdir()
    (tmp_path / "iamdb" / "ascii" / "lines.txt").write_text(lines)
    (tmp_path / "iamdb" / "ascii" / "words.txt").write_text(words)
    return tmp_path / "iamdb"


def test_lines_come_from_the_list_with_a_sign_for_each_space(tmp_path, data_dir):
    assert extract(tmp_path, "--data_dir", str(data_dir)) == ["A▁MOVE▁to▁stop"]
    assert set(read(tmp_path / "letters.txt")) == set("AMOVEtospOther▁")
    assert extract(tmp_path, "--data_dir", str(data_dir), "--lower_case") == ["a▁move▁to▁stop"]


def test_words_whose_place_is_doubtful_are_left_out(tmp_path, data_dir):
    assert extract(tmp_path, "--data_dir", str(data_dir), "--use_words") == ["A"]


def test_without_the_lists_the_texts_of_the_training_lines_are_those_of_the_forms(tmp_path):
    lines = extract(tmp_path)
    num_listed = sum(3 for _ in small_iam.LISTS["trainset"])
    assert len(lines) == num_listed
    assert 'He▁said▁"no"▁and▁left' in lines
    words = extract(tmp_path, "--use_words")
    assert words == [word for line in lines for word in line.split("▁")]


def run_all(tmp_path, num_pieces, *flags):
    pytest.importorskip("sentencepiece", reason="SentencePiece is an extra: requirements/extras.txt")
    extract(tmp_path)
    prefix = ["--output_prefix", str(tmp_path / "pieces"), "--text_file", str(tmp_path / "train.txt")]
    make_wordpieces.main([*prefix, "--num_pieces", str(num_pieces)])
    tokens = str(tmp_path / f"pieces_tokens_{num_pieces}.txt")
    files = ["--tokens", tokens, "--text_file", str(tmp_path / "train.txt"), "--save_path", str(tmp_path / "some.bin")]
    build_transitions.main([*files, *flags])
    return tokens, load_transitions(tmp_path / "some.bin")


@pytest.mark.extras
def test_the_commands_go_together(tmp_path):
    tokens, transitions = run_all(tmp_path, 50, "--blank", "optional", "--self_loops", "--prune", "0", "1")
    assert len(read(tmp_path / "pieces_tokens_50.txt")) == transitions.num_tokens == 50
    assert transitions.blank == "optional"
    pieces = WordPieces.read(tokens)
    for row in read(tmp_path / "pieces_lex_50.txt"):
        word, *spelling = row.split(" ")
        assert pieces.segment(word) == spelling


@pytest.mark.extras
def test_more_pieces_than_the_text_gives_are_refused_with_the_number_that_it_gives(tmp_path):
    pytest.importorskip("sentencepiece", reason="SentencePiece is an extra: requirements/extras.txt")
    for asked, words in ((5000, "at most"), (5, "at least")):
        with pytest.raises(SystemExit, match=rf"--num_pieces {asked}: the text .* \d+ pieces {words}") as stop:
            run_all(tmp_path, asked)
        number = re.findall(r"\d+", str(stop.value))[-1]
        run_all(tmp_path, int(number))


@pytest.mark.parametrize(
    ("command", "flags", "message"),
    [
        (extract_iam_text, ["--data_dir", "nowhere"], "nowhere: no such zip file or directory"),
        (make_wordpieces, ["--text_file", "./nowhere.txt"], r"--text_file nowhere.txt: no such file.*extract_iam_text"),
        (make_wordpieces, ["--num_pieces", "0"], "--num_pieces 0: expected 1 or more"),
        (make_wordpieces, ["--num_pieces", "x"], "invalid int value"),
        (build_transitions, ["--tokens", "./nowhere.txt"], "--tokens nowhere.txt: no such file.*make_wordpieces"),
        (build_transitions, ["--blank", "maybe"], "invalid choice: 'maybe'"),
    ],
)
def test_mistakes_are_one_line(command, flags, message):
    with pytest.raises(SystemExit, match=message) as stop:
        command.main(flags)
    assert str(stop.value).startswith("error: ")
    assert "\n" not in str(stop.value)


def test_an_empty_text_and_a_text_with_other_letters_are_refused(tmp_path):
    (tmp_path / "train.txt").write_text("\n\n")
    with pytest.raises(SystemExit, match="the file is empty"):
        make_wordpieces.main(["--text_file", str(tmp_path / "train.txt")])
    (tmp_path / "tokens.txt").write_text("▁\na\n", encoding="utf-8")
    (tmp_path / "train.txt").write_text("a▁b\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"row 1: 'b' is not among the tokens"):
        build_transitions.main(["--tokens", str(tmp_path / "tokens.txt"), "--text_file", str(tmp_path / "train.txt")])
