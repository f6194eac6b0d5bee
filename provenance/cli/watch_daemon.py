"""The watch that runs for months: its signals, its settings anew, and everybody it tells."""

import logging
import signal
import threading
from contextlib import AbstractContextManager, ExitStack, nullcontext

from provenance.cli.watch_state import Observer
from provenance.cli.watching import Watch, is_news
from provenance.clock import utc_now
from provenance.clustering import keeper_for, open_database
from provenance.config import Config, load_config
from provenance.daemon.account import Account
from provenance.daemon.courier import Courier, at_work, reporting_to
from provenance.daemon.failing import kind_of
from provenance.daemon.herald import Herald
from provenance.daemon.logs import logging_to_stderr, tell
from provenance.daemon.news import TroubleNews
from provenance.daemon.outlets import open_couriers
from provenance.daemon.pulse import Pulse
from provenance.daemon.settings import LogFormat
from provenance.daemon.signals import has_terminal, heeding
from provenance.daemon.state_file import WATCH_FOLDER
from provenance.daemon.systemd import Notifier
from provenance.daemon.web import serving
from provenance.errors import ConfigError, ProvenanceError
from provenance.model.arrival import Keeper
from provenance.path_text import shown
from provenance.wiring import Production


def require_zones(config: Config) -> None:
    """Raise ConfigError if there is nothing to watch."""
    if not config.zones:
        raise ConfigError(f"{config.path}: there are no [[zones]] to watch")


class Orders:
    """What the signals ask: to end, or to go on by other settings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._next: Config | None = None
        self.is_ending = False

    def begin(self) -> threading.Event:
        """Return the event that ends the session that begins now."""
        with self._lock:
            self._stop = threading.Event()
            if self.is_ending or self._next:
                self._stop.set()
            return self._stop

    def end(self) -> None:
        """Have the session end, and no other begin."""
        with self._lock:
            self.is_ending = True
            self._stop.set()

    def go_on_by(self, config: Config) -> None:
        """Have the session end, and another begin by these settings."""
        with self._lock:
            self._next = config
            self._stop.set()

    def take_next(self) -> Config | None:
        """Return the settings to go on by; None to end."""
        with self._lock:
            config, self._next = self._next, None
            return None if self.is_ending else config


class Daemon:
    """A watch that runs until it is told to stop."""

    def __init__(self, config: Config, *, dry_run: bool, log: LogFormat | None) -> None:
        self._config = config
        self._dry_run = dry_run
        self._log = log
        self._orders = Orders()
        self._manager = Notifier()
        self._account = Account(utc_now)
        self._pulse = Pulse()
        self._news = threading.Event()
        self._started_at = utc_now()
        self._has_terminal = has_terminal()

    def run(self) -> int:
        """Watch until a signal asks to stop; SIGHUP reads the settings again."""
        actions = {
            signal.SIGTERM: self._end,
            signal.SIGINT: self._end,
            signal.SIGHUP: self._hang_up,
        }
        with heeding(actions):
            following: Config | None = self._config
            while following:
                with logging_to_stderr(self._log or following.log, is_news):
                    self._watch_by(following)
                    following = self._orders.take_next()
                    if following is None:
                        tell("stopped", "stopped")
        return 0

    def _watch_by(self, config: Config) -> None:
        stop = self._orders.begin()
        with Production(config) as production, self._keeping(production) as keeper:
            notify = () if self._dry_run else config.notify  # a try sends nobody a message
            couriers = open_couriers(notify, config.root, config.name)
            watch = Watch(
                production,
                keeper=keeper,
                account=self._account,
                pulse=self._pulse,
                report=reporting_to(couriers),
                hurry=self._news.set,
                dry_run=self._dry_run,
            )
            self._watch(production, watch, couriers, stop=stop)

    def _keeping(self, production: Production) -> AbstractContextManager[Keeper]:
        is_dry = self._dry_run
        return (
            nullcontext(production.zone_keeper(dry_run=True)) if is_dry else keeper_for(production)
        )

    def _watch(
        self,
        production: Production,
        watch: Watch,
        couriers: tuple[Courier, ...],
        *,
        stop: threading.Event,
    ) -> None:
        config, report = production.config, reporting_to(couriers)
        observer = Observer(
            production,
            watch.status,
            account=self._account,
            pulse=self._pulse,
            started_at=self._started_at,
        )
        herald = Herald(
            observer.observe,
            refresh=observer.refresh,
            folder=None if self._dry_run else config.data / WATCH_FOLDER,
            manager=self._manager,
            clock=production.clock,
            on_state=TroubleNews(report).compare,
            news=self._news,
        )
        with ExitStack() as around:
            around.enter_context(at_work(couriers))
            observer.listening = around.enter_context(serving(config.listen, herald.view))
            around.enter_context(herald.heralding())
            self._manager.ready("the first look at everything")
            watch.run(stop)
            watch.sign()
        if self._orders.is_ending:
            herald.tell_stopped()

    def _end(self) -> None:
        self._manager.stopping()
        self._orders.end()

    def _hang_up(self) -> None:
        """Read the settings again; in a terminal that went away, end."""
        if self._has_terminal and not has_terminal():
            self._end()
            return
        self._manager.reloading()
        place = shown(self._config.path)
        try:
            config = self._tried(load_config(self._config.path))
        except (ProvenanceError, OSError) as error:
            self._account.fail(place, kind_of(error), str(error))
            text = f"the new settings are refused, the old ones hold: {error}"
            fields = {"path": place, "detail": str(error)}
            tell("reload-refused", text, fields, level=logging.ERROR)
            self._manager.ready("goes on by the old settings")
            self._news.set()
            return
        self._account.settle(place)
        tell("reload", f"going on by the new settings of {place}", {"path": place})
        self._orders.go_on_by(config)

    def _tried(self, config: Config) -> Config:
        """Return settings by which a watch can be set up; raises ProvenanceError or OSError."""
        require_zones(config)
        open_couriers(config.notify, config.root, config.name)
        if config.has_workers:
            open_database(config)
        with Production(config) as production:
            production.registry.open_writes()
            Watch(production, account=Account(utc_now), pulse=Pulse(), dry_run=True)
        return config
