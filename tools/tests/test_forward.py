"""How an edit of an older version travels into the newer ones."""

from courses import INIT, RUN, Course


def fix(course: Course, lab: str) -> None:
    course.edit(f"{lab}/{RUN}", "line 2\n", "line two\n")
    course.edit(f"{lab}/{RUN}", "line 27\n", "line 27\nand a half\n")


def test_forward_carries_a_fix_through_four_versions_and_the_copies(chain: Course) -> None:
    fix(chain, "lab1")
    status, out, err = chain.run("forward")
    assert (status, err) == (0, "")
    pairs = [(1, 3), (3, 5), (5, 6)]
    assert out == "".join(f"merged lab{a}/{RUN} -> lab{b}/{RUN}\n" for a, b in pairs) + "now run: make sync\n"
    chain.syncs()
    for number, source in zip(range(1, 8), (1, 1, 3, 3, 5, 6, 6), strict=True):
        text = chain.read(f"lab{number}/{RUN}")
        assert "line two\n" in text
        assert "line 27\nand a half\n" in text
        assert f"special in lab{source}\n" in text
    assert len(chain.git("status", "--porcelain").splitlines()) == 7


def test_forward_twice_is_silent(chain: Course) -> None:
    fix(chain, "lab1")
    chain.run("forward")
    assert chain.run("forward") == (0, "", "")


def test_forward_says_that_there_is_nothing_to_carry(chain: Course) -> None:
    fix(chain, "lab1")
    chain.commit()
    status, out, _ = chain.run("forward")
    assert status == 0
    assert "nothing to carry" in out
    assert "forward --since COMMIT" in out


def test_forward_since_carries_an_edit_that_is_committed(chain: Course) -> None:
    fix(chain, "lab1")
    chain.edit(f"lab3/{RUN}", "line 20\n", "line twenty\n")
    chain.commit()
    status, out, err = chain.run("forward", "--since", "HEAD~1")
    assert (status, err) == (0, "")
    assert out.count("merged") == 3
    assert "line two\n" in chain.read(f"lab6/{RUN}")
    assert chain.run("forward", "--since", "nonsense") == (1, "", "git: Not a valid object name nonsense\n")


def test_forward_starts_in_the_middle(chain: Course) -> None:
    fix(chain, "lab5")
    chain.run("forward")
    assert "line two" in chain.read(f"lab6/{RUN}")
    assert "line two" not in chain.read(f"lab3/{RUN}")


def test_forward_carries_a_second_thought(chain: Course) -> None:
    fix(chain, "lab1")
    chain.run("forward")
    chain.edit(f"lab1/{RUN}", "line two\n", "line too\n")
    chain.edit(f"lab1/{RUN}", "line 5\n", "line five\n")
    status, out, err = chain.run("forward")
    assert (status, err) == (0, "")
    assert out.count("merged") == 3
    for lab in ("lab3", "lab5", "lab6"):
        text = chain.read(f"{lab}/{RUN}")
        assert "line too\n" in text
        assert "line five\n" in text
        assert "line two\n" not in text


def test_forward_reports_a_conflict_and_stops_there(chain: Course) -> None:
    chain.edit(f"lab1/{RUN}", "line 2\n", "line two\n")
    chain.edit(f"lab1/{RUN}", "line 15\n", "my own line 15\n")  # where lab5 is special
    status, out, err = chain.run("forward")
    assert status == 1
    assert out == f"merged lab1/{RUN} -> lab3/{RUN}\nnow run: make sync\n"
    assert f"CONFLICT lab3/{RUN} -> lab5/{RUN}" in err
    assert f"git show HEAD:lab3/{RUN} > base.tmp && git merge-file lab5/{RUN} base.tmp lab3/{RUN}" in err
    assert chain.git("status", "--porcelain").split()[1::2] == [f"lab1/{RUN}", f"lab3/{RUN}"]


def test_forward_goes_on_behind_a_conflict_settled_by_hand(chain: Course) -> None:
    chain.edit(f"lab1/{RUN}", "line 13\n", "my own line 13\n")  # where lab3 is special
    assert chain.run("forward")[0] == 1
    chain.edit(f"lab3/{RUN}", "line 25\n", "line 25, which does the same here\n")
    status, out, err = chain.run("forward")
    assert status == 1
    assert f"lab3/{RUN} was edited too" in err
    assert f"merged lab3/{RUN} -> lab5/{RUN}\nmerged lab5/{RUN} -> lab6/{RUN}\n" in out


def test_forward_reports_a_newer_version_edited_too(chain: Course) -> None:
    fix(chain, "lab1")
    chain.edit(f"lab3/{RUN}", "line 20\n", "line twenty\n")
    status, out, err = chain.run("forward")
    assert status == 1
    assert f"lab3/{RUN} was edited too, so the edit of lab1/{RUN} was not carried into it" in err
    assert f"git commit lab3/{RUN}" in err
    assert f"merged lab3/{RUN} -> lab5/{RUN}\n" in out
    assert "line two" not in chain.read(f"lab3/{RUN}")


def test_forward_keeps_quiet_where_the_newer_has_the_edit(chain: Course) -> None:
    fix(chain, "lab1")
    fix(chain, "lab3")
    chain.edit(f"lab3/{RUN}", "line 20\n", "line twenty\n")
    status, out, err = chain.run("forward")
    assert (status, err) == (0, "")
    assert f"lab1/{RUN} ->" not in out


def test_forward_needs_git(chain: Course) -> None:
    chain.forget_git()
    chain.fails("forward", "forward needs git's history", "clone the course with git")


def test_forward_says_of_a_binary_file_that_it_cannot_merge(course: Course) -> None:
    course.write(f"lab1/{INIT}", "\0 new")
    course.fails("forward", f"CONFLICT lab1/{INIT} -> lab2/{INIT}", "Cannot merge binary files")
