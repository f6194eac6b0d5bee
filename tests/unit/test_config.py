"""Configuration: what is left out has a default, what is wrong is named, nothing is guessed."""

import os
from pathlib import Path

import pytest

from provenance.config import CONFIG_NAME, find_config, load_config
from provenance.daemon.settings import Address, LogFormat, NoticeKind, NotifySettings
from provenance.errors import ConfigError
from provenance.model.purpose import NOTHING_SAID, Purpose
from provenance.model.zone import OnBlock, Role

HEAD = 'schema = "provenance-config"\nversion = 1\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "show" / CONFIG_NAME
    path.parent.mkdir()
    path.write_text(HEAD)
    return path


def loaded(file: Path, text: str, head: str = HEAD):
    file.write_text(head + text, "utf-8")
    return load_config(file)


def test_an_empty_file_has_all_the_defaults(file: Path) -> None:
    config = load_config(file)
    assert config.path == file
    assert config.root == file.parent
    assert config.data == file.parent / ".provenance"
    assert config.name == "show"
    assert config.registry == f"sqlite:///{file.parent}/.provenance/registry.db"
    assert config.zones == ()
    assert (config.embed_limit, config.lease_seconds) == (256 * 1024**2, 60)
    assert (config.use, config.policy, config.ignore) == ("", "house", ())
    assert (config.settle_seconds, config.reconcile_seconds) == (5, 300)
    assert (config.listen, config.log) == (Address(host="127.0.0.1", port=9464), LogFormat.HUMAN)
    assert config.notify == ()
    assert (config.poll_seconds, config.watch_source) == (10, "auto")


def test_every_setting_is_taken(file: Path) -> None:
    config = loaded(
        file,
        """
        name = "Hafen"
        registry = "postgresql://u@h/db"
        zones = [
            {path = "in", role = "generated"},
            {path = "/out", role = "deliverable", policy = "netflix-2025-11", episode = "S01E02", \
territories = ["DE", "AT"]},
        ]
        [tagging]
        embed_limit = 1000
        lease_seconds = 90
        [scan]
        use = "trailer"
        title = "Hafen"
        cut = "v7"
        languages = ["de"]
        media = ["svod"]
        policy = "netflix-2025-11"
        ignore = ["*.txt"]
        [watch]
        settle_seconds = 0.5
        reconcile_seconds = 60
        poll_seconds = 30
        source = "polling"
        """,
    )
    assert (config.name, config.registry) == ("Hafen", "postgresql://u@h/db")
    assert [(zone.path, zone.role) for zone in config.zones] == [
        (file.parent / "in", Role.GENERATED),
        (Path("/out"), Role.DELIVERABLE),
    ]
    assert [zone.policy for zone in config.zones] == ["", "netflix-2025-11"]
    assert config.zones[0].purpose == NOTHING_SAID
    assert config.zones[1].purpose.over(config.purpose) == Purpose(
        use="trailer",
        title="Hafen",
        episode="S01E02",
        cut="v7",
        territories=frozenset({"DE", "AT"}),
        languages=frozenset({"de"}),
        media=frozenset({"svod"}),
    )
    assert (config.embed_limit, config.lease_seconds) == (1000, 90)
    assert (config.use, config.policy, config.ignore) == ("trailer", "netflix-2025-11", ("*.txt",))
    assert (config.settle_seconds, config.reconcile_seconds) == (0.5, 60)
    assert (config.poll_seconds, config.watch_source) == (30, "polling")


def test_a_relative_path_is_relative_to_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert load_config(Path(CONFIG_NAME)).path == file
    text = 'registry = "sqlite:////srv/r.db"\nzones = [{path = "../in", role = "work"}]\n'
    config = loaded(file, text)
    assert config.registry == "sqlite:////srv/r.db"
    assert config.zones[0].path == file.parent.parent / "in"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nmae = 'x'", "nmae"),
        ("name = 3", "name"),
        ("[scan]\nstrict = true", "scan.strict"),
        ("[scan]\nuse = 'Final Deliverable'", "scan.use"),
        ("[scan]\nignore = '*.txt'", "ignore"),
        ("[scan]\nterritories = 'DE'", "territories"),
        ("[[zones]]\npath = 'x'\nrole = 'work'\nuse = 'Final'", "zones.use"),
        ("[[zones]]\npath = 'x'\nrole = 'work'\nepisode = 3", "episode"),
        ("[scan]\nignore = [1]", "ignore"),
        ("scan = 3", "scan"),
        ("[tagging]\nembed_limit = true", "embed_limit"),
        ("[tagging]\nembed_limit = '2GB'", "embed_limit"),
        ("[tagging]\nembed_limit = inf", "embed_limit"),
        ("[tagging]\nembed_limit = -1", "embed_limit"),
        ("[tagging]\nlease_seconds = 1.9", "lease_seconds"),
        ("[tagging]\nlease_seconds = 3601", "lease_seconds"),
        ("[watch]\nsettle_seconds = nan", "settle_seconds"),
        ("[watch]\nreconcile_seconds = -1", "reconcile_seconds"),
        ("[watch]\npoll_seconds = inf", "poll_seconds"),
        ('[watch]\nsource = "inotify"', "watch.source"),
        ("zones = 3", "zones"),
        ("zones = ['in']", "zones"),
        ("[[zones]]\nrole = 'work'", "zones.path"),
        ("[[zones]]\npath = 'in'", "zones.role"),
        ("[[zones]]\npath = 'in'\nrole = 'final'", "zones.role"),
        ("[[zones]]\npath = 'in'\nrole = 'work'\nname = 'x'", "zones.name"),
        ("zones = [{path='a', role='work'}, {path='a/b', role='deliverable'}]", "zones"),
        ("zones = [{path='a', role='work'}, {path='./b/../a', role='work'}]", "zones"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(file: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(file, text)
    assert str(caught.value).startswith(f"{file}: {named} ")


@pytest.mark.parametrize(
    "head", ["", "schema = 3\nversion = 1\n", HEAD.replace("1", "2"), "schema =", "\udcff = 1"]
)
def test_a_file_that_is_no_configuration_is_refused(file: Path, head: str) -> None:
    file.write_bytes(os.fsencode(head))
    with pytest.raises(ConfigError, match=CONFIG_NAME):
        load_config(file)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / CONFIG_NAME)


def test_the_nearest_configuration_is_found(file: Path) -> None:
    below = file.parent / "a/b"
    below.mkdir(parents=True)
    assert find_config(below, {}) == file
    assert find_config(file.parent, {}) == file


def test_a_configuration_dropped_into_a_production_decides_nothing(file: Path) -> None:
    below = file.parent / "delivery"
    below.mkdir()
    (below / CONFIG_NAME).write_text(HEAD)
    with pytest.raises(ConfigError, match="name the one that counts"):
        find_config(below, {})
    assert find_config(below, {"PROVENANCE_CONFIG": str(file)}) == file


def test_the_environment_outranks_the_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.toml"
    assert find_config(file.parent, {"PROVENANCE_CONFIG": str(other)}) == other
    monkeypatch.setenv("PROVENANCE_CONFIG", str(other))
    assert find_config(file.parent) == other
    assert find_config(file.parent, {"PROVENANCE_CONFIG": ""}) == file


def test_without_any_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="provenance init"):
        find_config(tmp_path, {})


def test_a_deliverable_zone_says_what_happens_to_what_is_blocked(file: Path) -> None:
    zones = """
        zones = [
            {path = "a", role = "deliverable", on_block = "report"},
            {path = "b", role = "deliverable"},
        ]
    """
    reporting, moving = loaded(file, zones).zones
    assert (reporting.on_block, moving.on_block) == (OnBlock.REPORT, OnBlock.QUARANTINE)
    with pytest.raises(ConfigError, match="'delete' is none of quarantine, report"):
        loaded(file, 'zones = [{path = "a", role = "deliverable", on_block = "delete"}]')
    with pytest.raises(ConfigError, match="counts in a deliverable zone, not in 'work'"):
        loaded(file, 'zones = [{path = "a", role = "work", on_block = "report"}]')


@pytest.mark.parametrize(
    ("text", "address", "is_loopback"),
    [
        ("127.0.0.1:0", "127.0.0.1:0", True),
        ("[::1]:9464", "[::1]:9464", True),
        ("localhost:80", "localhost:80", True),
        ("0.0.0.0:9464", "0.0.0.0:9464", False),
        ("monitor.example:9464", "monitor.example:9464", False),
    ],
)
def test_the_watcher_listens_where_it_is_told(
    file: Path, text: str, address: str, *, is_loopback: bool
) -> None:
    listen = loaded(file, f'[watch]\nlisten = "{text}"\n').listen
    assert listen is not None
    assert (str(listen), listen.is_loopback) == (address, is_loopback)


def test_the_watcher_listens_nowhere_if_told_so(file: Path) -> None:
    assert loaded(file, '[watch]\nlisten = ""\nlog = "json"\n').listen is None
    assert loaded(file, '[watch]\nlog = "json"\n').log is LogFormat.JSON


def test_whom_to_tell_of_what_is_read(file: Path) -> None:
    first = '[[notify]]\nurls = ["json://a/b"]\non = ["blocked", "recovered"]\nevery_seconds = 60\n'
    second = '[[notify]]\nurl_env = "HOOK"\nurl_file = "hooks.txt"\n'
    one, other = loaded(file, first + second).notify
    assert one == NotifySettings(
        urls=("json://a/b",),
        on=frozenset({NoticeKind.BLOCKED, NoticeKind.RECOVERED}),
        every_seconds=60,
    )
    assert (other.url_env, other.url_file, other.every_seconds) == ("HOOK", "hooks.txt", 300)
    assert NoticeKind.ERROR in other.on
    assert NoticeKind.RECOVERED not in other.on


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[watch]\nlisten = ":9464"', r"watch\.listen ':9464' is no address like"),
        ('[watch]\nlisten = "9464"', r"watch\.listen '9464' is no address like"),
        ('[watch]\nlisten = "127.0.0.1:70000"', r"watch\.listen '127\.0\.0\.1:70000' is no"),
        ('[watch]\nlog = "xml"', r"watch\.log 'xml' is none of human, json"),
        ('notify = "me"', r"notify must be \[\[notify\]\] tables"),
        ("[[notify]]", "notify needs urls, url_env or url_file"),
        ('[[notify]]\nurl = "json://a"', r"notify\.url is no setting"),
        ("[[notify]]\nurls = [1]", r"notify\.urls must be a list of texts"),
        ("[[notify]]\nurl_env = 1", r"notify\.url_env must be text"),
        ('[[notify]]\nurl_env = "A"\non = ["all"]', r"notify\.on 'all' is none of blocked"),
        ('[[notify]]\nurl_env = "A"\nevery_seconds = 0', r"notify\.every_seconds must be"),
        ('[[notify]]\nurl_env = "A"\nevery_seconds = true', r"notify\.every_seconds must be"),
    ],
)
def test_what_is_wrong_about_being_told_is_named(file: Path, text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        loaded(file, text)
