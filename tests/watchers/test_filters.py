from pathlib import PurePath

import pytest

from watchers.filters import Filters


@pytest.mark.parametrize(
    "name",
    [
        "clip.mov.part",
        "clip.partial",
        "a.tmp",
        "A.TMP",
        "a.crdownload",
        "a.filepart",
        "a.!ut",
        "a.aspx",
        "a.aspera-ckpt",
        "~$deck.pptx",
        "._clip.mov",
        ".DS_Store",
        ".nfs0000abcd",
        ".~lock.deck.odp#",
        ".clip.mov.a8Xk2z",
        "Thumbs.db",
        ".clip.mov",
    ],
)
def test_transfers_in_progress_and_litter_are_never_taken(name):
    assert not Filters().takes(name)


@pytest.mark.parametrize("name", ["clip.mov", "part", "a.part.mov", "\udcff.png", "~a.wav", "a~$b"])
def test_ordinary_names_are_taken(name):
    assert Filters().takes(name)


@pytest.mark.parametrize(
    "name", [".provenance", ".quarantine", ".git", ".anything", "$RECYCLE.BIN", "@eaDir"]
)
def test_folders_of_tools_are_never_entered(name):
    assert not Filters().enters(name)


def test_one_folder_never_entered_hides_all_below():
    assert not Filters().enters_all(PurePath("shots/.git/objects"))
    assert Filters().enters_all(PurePath("shots/day 1"))
    assert Filters().enters_all(PurePath())


def test_a_caller_may_name_more_folders():
    filters = Filters(never_entered=frozenset({"rejected"}))
    assert not filters.enters("Rejected")
    assert not filters.enters(".git")
