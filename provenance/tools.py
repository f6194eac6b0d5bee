"""The collaborators that reading files needs, with or without a production around it."""

from contextlib import ExitStack
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from provenance.carriers.signing_chain import load_root
from provenance.config import KEYS_FOLDER, Config
from provenance.isolation.by_size import RunnerBySize
from provenance.isolation.interface import Limits, TaskRunner
from provenance.isolation.worker_process import WorkerProcess
from provenance.references.seals import PackageFinder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provenance.carriers.interface import Carrier
    from provenance.examining import Examiner
    from provenance.glances.screen import Screen
    from provenance.media.thumbnails import Thumbnails
    from provenance.signals.interface import ReadingKind

_SMALL = Limits(memory_bytes=224 << 20)
"""Reading the manifest of a small file takes 50 MiB; one whose lengths lie would take gigabytes."""
_READINGS = 5000
"""Manifests one worker reads; starting it takes as long as reading 300, and nothing leaks."""
_TECHNICAL = Limits(memory_bytes=192 << 20, wall_seconds=1.5)
"""Technical data is a courtesy: a file that MediaInfo cannot read quickly goes without."""
_PIXELS = Limits(memory_bytes=2 << 30)
_THUMBNAILS = Limits(memory_bytes=2 << 30, wall_seconds=5.0)


class Tools:
    """What reading files needs, with or without a production around it."""

    def __init__(self, config: Config | None, *, pixels: bool = False) -> None:
        self._config = config
        self._pixels = pixels
        self._open = ExitStack()

    @cached_property
    def runner(self) -> TaskRunner:
        """Worker process for C2PA and text fields, where that takes memory like the file."""
        return self._open.enter_context(WorkerProcess(preload=tasks()))

    @cached_property
    def reading_runner(self) -> TaskRunner:
        """Worker processes that read manifests: a small file is not given much memory."""
        from provenance.carriers.c2pa import READING_PRELOAD as MANIFEST_TASKS
        from provenance.media.packed import PRELOAD as PACKED_TASKS

        preload = (*MANIFEST_TASKS, *PACKED_TASKS)
        small = WorkerProcess(preload=preload, limits=_SMALL, tasks_per_worker=_READINGS)
        return RunnerBySize(small=self._open.enter_context(small), large=self.runner)

    @cached_property
    def technical_runner(self) -> TaskRunner:
        """Worker process for technical data."""
        from provenance.media.technical import PRELOAD as TECHNICAL_TASKS

        return self._open.enter_context(WorkerProcess(preload=TECHNICAL_TASKS, limits=_TECHNICAL))

    @cached_property
    def mail_runner(self) -> TaskRunner:
        """Worker process for mails that are evidence."""
        from provenance.attestation.mail import PRELOAD as MAIL_TASKS

        return self._open.enter_context(WorkerProcess(preload=MAIL_TASKS))

    @cached_property
    def pixel_runner(self) -> TaskRunner | None:
        """Worker process that decodes pictures; None unless that was asked for."""
        if not self._pixels:
            return None
        from provenance.media.pixels import PRELOAD as PIXEL_TASKS

        return self._open.enter_context(WorkerProcess(preload=PIXEL_TASKS, limits=_PIXELS))

    @cached_property
    def thumbnails(self) -> "Thumbnails":
        """Makes small pictures for reports, in a worker process of their own."""
        from provenance.media.thumbnails import PRELOAD as THUMBNAIL_TASKS
        from provenance.media.thumbnails import Thumbnails

        runner = WorkerProcess(preload=THUMBNAIL_TASKS, limits=_THUMBNAILS)
        return Thumbnails(self._open.enter_context(runner))

    @cached_property
    def carriers(self) -> "tuple[Carrier, ...]":
        """Every carrier in writing order, for reading and taking out: no private key is read."""
        from provenance.carriers.order import carriers_in_order

        return carriers_in_order(self.runner, None)

    @cached_property
    def root_pem(self) -> str:
        """The production's own root certificate; empty outside a production."""
        return load_root(self._config.data / KEYS_FOLDER) if self._config else ""

    @cached_property
    def packages(self) -> PackageFinder:
        """Finds the sealed packages that files belong to."""
        return PackageFinder()

    @property
    def user_kinds(self) -> "tuple[ReadingKind, ...]":
        """The production's own rules."""
        rules = self._config.signals if self._config else ()
        if not rules:
            return ()
        from provenance.signals.user_rules import UserRules

        return (UserRules(rules),)

    @property
    def make_screen(self) -> "Callable[[], Screen] | None":
        """Make what tells what may be passed over in a glance; nothing may if pixels are read."""
        return None if self._pixels else partial(_screen_for, self.user_kinds)

    @cached_property
    def examiner(self) -> "Examiner":
        """The reader of single files."""
        from provenance.examining import Examiner

        return Examiner(
            self.reading_runner,
            self.carriers,
            root_pem=self.root_pem,
            extra_kinds=self.user_kinds,
            pixel_runner=self.pixel_runner,
        )

    def load(self) -> None:
        """Import what reads files now: who runs for days would mix two versions when one comes."""
        from provenance import screening, sweep_glance  # noqa: F401  (see above)

        _ = self.examiner

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


def tasks() -> tuple[str, ...]:
    """Return the modules that the worker of an `Examiner` and its carriers needs."""
    from provenance.carriers.c2pa import PRELOAD as CARRIER_TASKS
    from provenance.media.packed import PRELOAD as PACKED_TASKS

    return (*CARRIER_TASKS, *PACKED_TASKS)


def _screen_for(kinds: "Sequence[ReadingKind]") -> "Screen":
    from provenance.screening import screen_for

    return screen_for(kinds)
