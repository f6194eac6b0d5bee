"""Tell a caller when a file has finished arriving; know nothing of media.

Events are hints, the periodic walk (reconcile) is the truth: what a source of events misses is
found within one reconcile interval. Where no events come, folders are polled by their times. A
root that is gone, replaced or partly unreadable is degraded: a problem is reported, no folder of it
that was not listed is forgotten, the next reconcile tries again. `watchers.loop.WatchLoop` is the
way in.
"""
