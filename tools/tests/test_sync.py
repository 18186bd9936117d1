"""What `sync` writes, and what it refuses to overwrite."""

import os
import subprocess
from pathlib import Path

import pytest
from courses import CNN, INIT, MANIFEST, UTIL, Course, needs_modes

from staging import repo


def test_sync_carries_an_edited_source_and_no_more(course: Course) -> None:
    course.edit(f"lab1/{UTIL}", "3", "33")
    before = course.snapshot()
    assert f"copied lab1/{UTIL} -> lab2 lab3\n" in course.syncs()
    changed = {name for name, content in course.snapshot().items() if content != before[name]}
    assert changed == {str(course.root / f"{lab}/{UTIL}") for lab in ("lab2", "lab3")}


def test_sync_twice_has_nothing_to_do(course: Course) -> None:
    assert course.syncs().startswith("nothing to copy\n3 labs in step")


def test_sync_again_before_a_commit(course: Course) -> None:
    for number in ("33", "333"):
        course.edit(f"lab1/{UTIL}", "3", number)
        course.syncs()
    course.git("checkout", "-q", "HEAD", "--", f"lab1/{UTIL}")
    course.syncs()
    assert course.git("status", "--porcelain") == ""


def test_sync_carries_a_source_that_was_committed_without_it(course: Course) -> None:
    for number in ("33", "333"):
        course.edit(f"lab1/{UTIL}", "3", number)
        course.commit()
    assert f"copied lab1/{UTIL} -> lab2 lab3\n" in course.syncs()


def test_sync_writes_missing_copies_and_new_folders(course: Course) -> None:
    course.write("labs.txt", MANIFEST.replace(f"  + {CNN}\n", f"  + {CNN}\n  + deep/er/a.json\n"))
    course.write("lab2/deep/er/a.json", "{}")
    course.delete(f"lab3/{UTIL}")
    course.syncs()
    assert course.read("lab3/deep/er/a.json") == "{}"


@needs_modes
def test_sync_carries_the_mode(course: Course) -> None:
    (course.root / f"lab1/{UTIL}").chmod(0o755)
    course.syncs()
    assert os.access(course.root / f"lab3/{UTIL}", os.X_OK)


def test_sync_refuses_an_edited_copy_and_writes_nothing(course: Course) -> None:
    course.edit(f"lab2/{UTIL}", "3", "33")
    course.edit(f"lab2/{CNN}", "3", "33")  # this one could be copied
    course.refuses(
        f"lab2/{UTIL} was edited, but it is a copy of lab1/{UTIL}",
        f"cp lab2/{UTIL} lab1/{UTIL} && make sync",
        f"rm lab2/{UTIL} && make sync",
        f"add '~ {UTIL}' under lab2 in labs.txt",
    )


def test_the_cures_for_an_edited_copy_work(course: Course) -> None:
    text = course.read(f"lab1/{UTIL}")
    course.edit(f"lab2/{UTIL}", "3", "33")
    course.commit()
    course.refuses("was edited")
    course.delete(f"lab2/{UTIL}")
    course.syncs()
    assert course.read(f"lab2/{UTIL}") == text
    course.edit(f"lab2/{UTIL}", "3", "33")
    course.write(f"lab1/{UTIL}", course.read(f"lab2/{UTIL}"))
    course.syncs()
    assert "33" in course.read(f"lab3/{UTIL}")


def test_sync_refuses_when_both_were_edited(course: Course) -> None:
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.edit(f"lab2/{UTIL}", "4", "44")
    course.refuses(
        f"lab2/{UTIL} and its source lab1/{UTIL} were both edited",
        f"git diff --no-index lab1/{UTIL} lab2/{UTIL}",
        f"rm lab2/{UTIL} && make sync",
    )


def test_sync_refuses_when_both_were_edited_and_committed(course: Course) -> None:
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.edit(f"lab2/{UTIL}", "4", "44")
    course.commit()
    course.refuses("were both edited")


@pytest.mark.parametrize("commit", [False, True])
def test_sync_refuses_a_file_that_never_was_a_copy(course: Course, commit: bool) -> None:
    course.write("labs.txt", MANIFEST.replace(f"  + {CNN}\n", f"  + {CNN}\n  + new.py\n"))
    course.write("lab2/new.py", "one\n")
    course.write("lab3/new.py", "two\n")
    if commit:
        course.commit()
    course.refuses("lab3/new.py differs from lab2/new.py and never was a copy of it", "rm lab3/new.py && make sync")


def test_sync_in_a_shallow_clone_asks_for_history(course: Course) -> None:
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.commit()
    course.git("clone", "-q", "--depth=1", course.root.as_uri(), str(course.root.parent / "clone"))
    clone = Course(course.root.parent / "clone", course.capsys)
    clone.refuses("git fetch --unshallow")


def test_sync_after_a_mark_was_dropped(course: Course) -> None:
    course.write("labs.txt", MANIFEST.replace(f"  ~ {INIT}   # imports the new one\n", ""))
    assert f"copied lab1/{INIT} -> lab2 lab3\n" in course.syncs()


def test_sync_after_a_mark_was_dropped_keeps_edits_not_committed(course: Course) -> None:
    course.write("labs.txt", MANIFEST.replace(f"  ~ {INIT}   # imports the new one\n", ""))
    course.edit(f"lab2/{INIT}", "3", "33")
    course.refuses(f"lab2/{INIT} was edited, but it is a copy of lab1/{INIT}")


def test_sync_after_a_mark_was_added(course: Course) -> None:
    course.edit("labs.txt", f"  + {CNN}\n", f"  + {CNN}\n  ~ {UTIL}\n")
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.edit(f"lab2/{UTIL}", "4", "44")
    out = course.syncs()
    assert f"copied lab2/{UTIL} -> lab3\n" in out
    assert f"copied lab1/{UTIL}" not in out


def test_sync_after_a_mark_was_added_and_committed(course: Course) -> None:
    course.edit("labs.txt", f"  + {CNN}\n", f"  + {CNN}\n  ~ {UTIL}\n")
    course.edit(f"lab2/{UTIL}", "4", "44")
    course.commit()
    assert f"copied lab2/{UTIL} -> lab3\n" in course.syncs()


def test_line_ends_of_windows_are_no_edit(course: Course) -> None:
    course.write(f"lab2/{UTIL}", course.read(f"lab2/{UTIL}").replace("\n", "\r\n"))
    course.fails("check", f"lab2/{UTIL} differs")
    course.syncs()
    course.write("lab2/readme.md", course.read("lab2/readme.md").replace("\n", "\r\n"))
    assert course.run("check")[0] == 0


def test_sync_without_git_refuses_only_where_it_must(course: Course) -> None:
    course.forget_git()
    course.delete(f"lab3/{UTIL}")
    course.syncs()
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.refuses(f"lab2/{UTIL} (a copy of lab1/{UTIL})", "sync needs git's history", "clone the course with git")


def test_sync_without_a_commit_needs_history(course: Course) -> None:
    course.forget_git()
    course.git("init", "-q")
    course.syncs()
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.refuses("sync needs git's history", "there is no commit yet", "git init && git add -A && git commit")


def test_sync_reports_what_check_finds(course: Course) -> None:
    course.write("lab2/stray.py", "x")
    status, out, err = course.run("sync")
    assert (status, out) == (1, "nothing to copy\n")
    assert "lab2/stray.py" in err


def test_write_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        repo.write(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_sync_where_git_is_not_installed_says_so(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    course.edit(f"lab1/{UTIL}", "3", "33")
    monkeypatch.setenv("PATH", "")
    course.refuses("sync needs git's history", "git is not installed")


def test_sync_within_another_repository_says_so(course: Course, tmp_path: Path) -> None:
    course.forget_git()
    subprocess.run(["git", "init", "-q", str(course.root.parent)], check=True)
    course.edit(f"lab1/{UTIL}", "3", "33")
    course.refuses("sync needs git's history", "does not lie at the top of its git repository")


def test_a_file_that_cannot_be_read_is_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    status, _, err = course.run("check")
    assert status == 1
    assert "Permission denied" in err
    assert str(course.root) in err
