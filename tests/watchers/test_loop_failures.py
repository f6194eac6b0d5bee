from watchers.interface import NotYetError
from watchers.options import WatchOptions


def fail(message):
    raise RuntimeError(message)


def test_a_failing_handler_is_tried_with_growing_delay_then_reported(watch, clock, root, caplog):
    watch.options = WatchOptions(max_attempts=4, retry_seconds=2, reconcile_seconds=1000)
    watch.handle = lambda _path: fail("registry away")
    clock.write(root / "a.mov")
    watch.run(until=900)
    assert watch.handled_at == [5.0, 7.0, 11.0, 19.0]
    assert [(each.path, each.message) for each in watch.problems] == [
        (root / "a.mov", "given up: RuntimeError: registry away")
    ]
    assert watch.loop.status.pending_count == 1
    assert watch.loop.status.handled_count == 0
    assert "was not handled" in caplog.text


def test_a_handler_that_fails_at_first_succeeds_later(watch, clock, root):
    watch.handle = lambda _path: len(watch.handled) < 3 and fail("registry away")
    clock.write(root / "a.mov")
    watch.run(until=100)
    assert len(watch.handled) == 3
    assert watch.problems == []
    assert watch.loop.status.handled_count == 1


def test_a_failing_handler_that_touches_its_file_is_still_given_up(watch, clock, source, root):
    watch.options = WatchOptions(max_attempts=3, reconcile_seconds=1000)

    def touch_and_fail(path):
        clock.write(path, b"x" * (10 + len(watch.handled)))
        source.hint(path)
        fail("half done")

    watch.handle = touch_and_fail
    clock.write(root / "a.mov")
    watch.run(until=900)
    assert len(watch.handled) == 3
    assert len(watch.problems) == 1


def test_a_file_given_up_is_left_until_it_changes(watch, clock, source, root):
    watch.options = WatchOptions(max_attempts=1, reconcile_seconds=1000)
    watch.handle = lambda _path: len(watch.handled) == 1 and fail("no")
    clock.write(root / "a.mov")
    clock.at(50, lambda: source.hint(root / "a.mov"))

    def change():
        clock.write(root / "a.mov", b"another take")
        source.hint(root / "a.mov")

    clock.at(100, change)
    watch.run(until=200)
    assert watch.handled_at == [5.0, 105.0]


def test_a_file_given_up_is_tried_again_at_the_next_walk(watch, clock, root):
    watch.options = WatchOptions(max_attempts=1, reconcile_seconds=60)
    watch.handle = lambda _path: len(watch.handled) == 1 and fail("no")
    clock.write(root / "a.mov")
    watch.run(until=100)
    assert watch.handled_at == [5.0, 60.0]


def test_a_test_of_completeness_that_raises_counts_as_a_failure(watch, clock, root):
    watch.options = WatchOptions(max_attempts=2, reconcile_seconds=1000)
    watch.is_complete = lambda _path: fail("damaged")
    clock.write(root / "a.mov")
    watch.run(until=100)
    assert [each.message for each in watch.problems] == ["given up: RuntimeError: damaged"]


def test_a_file_whose_state_cannot_be_read_counts_as_a_failure(watch, clock, root, monkeypatch):
    watch.options = WatchOptions(max_attempts=2, reconcile_seconds=1000)
    path = root / "a.mov"
    clock.write(path)
    real_lstat = type(path).lstat

    def lstat(self):
        if self.name == "a.mov":
            raise OSError(5, "Input/output error")
        return real_lstat(self)

    monkeypatch.setattr(type(path), "lstat", lstat)
    watch.run(until=100)
    assert watch.handled == []
    assert [each.path for each in watch.problems] == [path]


def test_a_handler_that_wants_a_file_later_has_not_failed(watch, clock, root, caplog):
    watch.options = WatchOptions(max_attempts=2, settle_seconds=5, reconcile_seconds=1000)

    def put_off(_path):
        if len(watch.handled) < 5:
            raise NotYetError

    watch.handle = put_off
    clock.write(root / "a.mov")
    watch.run(until=900)
    assert watch.handled_at == [5.0, 10.0, 20.0, 40.0, 80.0]
    assert (watch.problems, caplog.text) == ([], "")
    assert watch.loop.status.handled_count == 1
