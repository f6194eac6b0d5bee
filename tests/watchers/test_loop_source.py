from watchers.options import WatchOptions


def test_stop_finishes_the_batch_in_hand_and_takes_no_other(watch, clock, root):
    watch.options = WatchOptions(batch_size=1)
    for name in ("a.mov", "b.mov", "c.mov"):
        clock.write(root / name)
    clock.elapsed = 100.0
    finished = []

    def stop_then_finish(path):
        watch.stop.set()
        finished.append(path)

    watch.handle = stop_then_finish
    watch.run(until=1000)
    assert len(watch.handled) == 1
    assert finished == watch.handled
    assert clock.elapsed == 100.0
    assert watch.loop.status.pending_count == 2


def test_stop_breaks_off_a_walk_without_forgetting(watch, clock, root):
    for name in ("a.mov", "b.mov"):
        clock.write(root / name)
    watch.run(until=10)
    assert len(watch.handled) == 2
    watch.stop.set()
    watch.loop.run(watch.stop)
    assert watch.loop.status.reconciled_at < clock.time() - 1
    watch.run(until=20)
    assert len(watch.handled) == 2


def test_stop_breaks_off_the_walk_of_a_hinted_folder(watch, clock, source, root):
    watch.options = WatchOptions(reconcile_seconds=1000, settle_seconds=0)

    def arrive_as_we_stop():
        (root / "sub").mkdir()
        clock.write(root / "sub/a.mov")
        source.hint(root / "sub")

    take = source.take

    def take_and_stop():
        hints = take()
        if hints.paths:
            watch.stop.set()
        return hints

    source.take = take_and_stop
    clock.at(10, arrive_as_we_stop)
    watch.run(until=1000)
    assert watch.handled == []
    assert watch.loop.status.pending_count == 0


def test_a_rescan_hint_walks_everything(watch, clock, source, root):
    def arrive_unseen():
        clock.write(root / "a.mov")
        source.rescan()

    clock.at(10, arrive_unseen)
    watch.run(until=30)
    assert watch.handled_at == [15.0]


def test_what_no_event_told_of_is_found_by_the_next_walk(watch, clock, root):
    watch.options = WatchOptions(reconcile_seconds=60)
    clock.at(10, lambda: clock.write(root / "a.mov"))
    watch.run(until=100)
    assert watch.handled_at == [60.0]  # old enough by then


def test_a_source_that_died_is_replaced_at_the_next_walk(watch, clock, source):
    watch.options = WatchOptions(reconcile_seconds=60)
    clock.at(10, lambda: setattr(source, "is_alive", False))
    seen = []
    clock.at(11, lambda: seen.append(watch.loop.status.is_source_alive))
    clock.at(70, lambda: seen.append(watch.loop.status.is_source_alive))
    watch.run(until=100)
    assert seen == [False, True]
    assert source.starts == 2


def test_a_rescan_hint_does_not_bring_a_dead_source_back(watch, clock, source):
    clock.at(10, lambda: setattr(source, "is_alive", False))
    clock.at(11, source.rescan)
    watch.run(until=30)
    assert source.starts == 1


def test_without_a_living_source_the_walks_go_on(watch, clock, source, root):
    watch.options = WatchOptions(reconcile_seconds=60)
    source.can_start = False
    clock.at(10, lambda: clock.write(root / "a.mov"))
    watch.run(until=130)
    assert watch.handled == [root / "a.mov"]
