import threading

from watchers.options import WatchOptions


def test_what_is_old_is_taken_without_waiting(watch, clock, root):
    clock.write(root / "a.mov")
    clock.elapsed = 100.0
    summary = watch.loop.run_once()
    assert summary.handled == (root / "a.mov",)
    assert summary.pending == ()
    assert summary.problems == ()
    assert clock.elapsed == 100.0


def test_what_is_fresh_gets_a_second_look(watch, clock, root):
    clock.write(root / "a.mov")
    assert watch.loop.run_once().handled == (root / "a.mov",)
    assert clock.elapsed == 5.0


def test_what_still_grows_stays_pending(watch, clock, root):
    clock.write(root / "a.mov")
    clock.at(3, lambda: clock.write(root / "a.mov", b"more media"))
    summary = watch.loop.run_once()
    assert summary.handled == ()
    assert summary.pending == (root / "a.mov",)
    assert clock.elapsed == 5.0


def test_nobody_waits_for_files_that_are_empty_or_old_and_incomplete(watch, clock, root):
    (root / "empty.mov").touch()
    clock.write(root / "half.mov")
    clock.elapsed = 100.0
    watch.is_complete = lambda _path: False
    summary = watch.loop.run_once()
    assert summary.pending == (root / "empty.mov", root / "half.mov")
    assert clock.elapsed == 100.0


def test_a_handler_that_fails_twice_is_a_problem_of_the_pass(watch, clock, root):
    def refuse(_path):
        raise RuntimeError("registry away")

    watch.handle = refuse
    clock.write(root / "a.mov")
    clock.elapsed = 100.0
    summary = watch.loop.run_once()
    assert len(watch.handled) == 2
    assert summary.handled == ()
    assert summary.pending == (root / "a.mov",)
    assert [each.message for each in summary.problems] == ["RuntimeError: registry away"]
    assert watch.problems == list(summary.problems)


def test_a_file_given_up_is_reported_once(watch, clock, root):
    def refuse(_path):
        raise RuntimeError("registry away")

    watch.options = WatchOptions(max_attempts=1)
    watch.handle = refuse
    clock.write(root / "a.mov")
    clock.write(root / "b.mov", b"")
    summary = watch.loop.run_once()
    assert [each.message for each in summary.problems] == ["given up: RuntimeError: registry away"]


def test_a_file_given_up_is_left_alone_while_another_gets_its_second_look(watch, clock, root):
    def refuse_once(path):
        if path.name == "old.mov":
            raise RuntimeError("no")

    watch.options = WatchOptions(max_attempts=1)
    watch.handle = refuse_once
    clock.write(root / "old.mov")
    clock.elapsed = 100.0
    clock.write(root / "new.mov")
    summary = watch.loop.run_once()
    assert summary.handled == (root / "new.mov",)
    assert watch.handled == [root / "old.mov", root / "new.mov"]


def test_a_missing_root_is_a_problem_of_the_pass(watch, root):
    root.rmdir()
    summary = watch.loop.run_once()
    assert [each.path for each in summary.problems] == [root]
    assert summary.handled == ()


def test_a_second_pass_takes_nothing_again_and_reports_only_its_own(watch, clock, root):
    clock.write(root / "a.mov")
    watch.loop.run_once()
    second = watch.loop.run_once()
    assert second.handled == ()
    assert watch.handled == [root / "a.mov"]


def test_a_pass_told_to_stop_takes_nothing(watch, clock, root):
    clock.write(root / "a.mov")
    stop = threading.Event()
    stop.set()
    assert watch.loop.run_once(stop).handled == ()


def test_a_pass_needs_no_source(watch, source):
    watch.loop.run_once()
    assert source.starts == 0
