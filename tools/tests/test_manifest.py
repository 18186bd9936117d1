"""What `labs.txt` may say, and what is said of its mistakes."""

import pytest
from courses import INIT, MANIFEST, UTIL, Course

from staging.manifest import ManifestError, parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lab1\n  + a.py\n\nlab2\n  + a.py\n", "labs.txt:5: '+ a.py', but lab1 has it already: write '~ a.py'"),
        ("lab1\n  ~ a.py\n", "labs.txt:2: '~ a.py', but no lab before lab1 has it: write '+ a.py'"),
        ("lab1\n  - a.py\n", "labs.txt:2: '- a.py', but no lab before lab1 has it"),
        ("lab1\n  + a.py\nlab2\n  - a.py\nlab3\n  ~ a.py\n", "labs.txt:6: '~ a.py', but no lab before lab3 has it"),
        ("lab1\n  * a.py\n", "labs.txt:2: expected a lab such as"),
        ("lab1\n  +\n", "labs.txt:2: expected a lab such as"),
        ("# title\n+ a.py\nlab1\n", "labs.txt:2: '+ a.py' comes before any lab"),
        ("lab2\nlab1\n", "labs.txt:2: lab1 comes after lab2"),
        ("lab1\nlab1\n", "labs.txt:2: lab1 comes after lab1"),
        ("lab1\n  + a.py\n  + a.py\n", "labs.txt:3: a.py is marked twice in lab1"),
        ("lab1\n  + /a.py\n", "labs.txt:2: '/a.py' is no path inside a lab"),
        ("lab1\n  + a\\b.py\n", "is no path inside a lab"),
        ("lab1\n  + ../b.py\n", "is no path inside a lab"),
        ("lab1\n  + readme.md\n", "labs.txt:2: readme.md belongs to every lab and is never listed"),
        ("# nothing\n", "labs.txt names no lab"),
    ],
)
def test_manifest_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ManifestError) as error:
        parse(text)
    assert message in str(error.value)


def test_manifest_knows_titles_and_sources() -> None:
    manifest = parse(MANIFEST.replace("\n", "\r\n"))
    lab3 = manifest.find("3")
    assert (lab3.name, lab3.title) == ("lab3", "Running | and more")
    assert lab3.sources[INIT] == "lab2"
    assert lab3.sources[UTIL] == "lab1"
    assert manifest.find("lab3") is lab3


def test_file_can_go_and_come_again() -> None:
    manifest = parse("lab1\n + a\nlab2\n - a\nlab3\n + a\nlab4\n ~ a\n")
    assert list(manifest.versions()) == [("lab3/a", "lab4/a")]
    assert manifest.sources() == {"lab1/a": "lab1/a", "lab3/a": "lab3/a", "lab4/a": "lab4/a"}


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("lab1\n  ? a\n", "labs.txt:2:"),
        ("lab1\nlab9\n", "names labs without a directory: mkdir lab9"),
        (None, "labs.txt is missing"),
    ],
)
def test_bad_manifest_stops_every_command(course: Course, manifest: str | None, message: str) -> None:
    if manifest is None:
        course.delete("labs.txt")
    else:
        course.write("labs.txt", manifest)
    for command in ("check", "sync", "forward"):
        status, out, err = course.run(command)
        assert (status, out) == (2, "")
        assert message in err


def test_unknown_lab_names_the_known(course: Course) -> None:
    status, _, err = course.run("tree", "9")
    assert status == 2
    assert "choose one of lab1, lab2, lab3" in err


def test_a_manifest_that_is_not_utf_8_is_named(course: Course) -> None:
    (course.root / "labs.txt").write_bytes("lab1  # Übung\n".encode("latin-1"))
    status, _, err = course.run("check")
    assert status == 2
    assert "labs.txt is not UTF-8" in err
    assert "save it as UTF-8" in err
