"""Where things lie, and for whose eyes."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.errors import Unavailable
from assistant.home import KEY_BYTES, Home


@pytest.mark.parametrize(
    ("environment", "config", "data"),
    [
        ({"TELOS_HOME": "/one"}, "/one/config.toml", "/one"),
        ({"TELOS_HOME": "/one", "XDG_DATA_HOME": "/d"}, "/one/config.toml", "/one"),
        ({"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"}, "/c/telos/config.toml", "/d/telos"),
        ({"XDG_CONFIG_HOME": "relative"}, "~/.config/telos/config.toml", "~/.local/share/telos"),
        ({}, "~/.config/telos/config.toml", "~/.local/share/telos"),
    ],
    ids=["one folder", "the folder wins", "xdg", "a relative xdg folder is ignored", "neither"],
)
def test_the_environment_says_where_the_home_is(environment: dict[str, str], config: str, data: str) -> None:
    home = Home.find(environment=environment)
    assert home.config_file == Path(config).expanduser()
    assert home.data == Path(data).expanduser()


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    assert Home.find(tmp_path, {"TELOS_HOME": "/elsewhere"}).data == tmp_path


def test_the_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.data.mkdir(mode=0o755)
    home.prepare()
    for folder in (home.data, home.index, home.outbox, home.backups, home.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    assert len(home.key) == KEY_BYTES
    assert Home.at(tmp_path).key == home.key
    assert stat.S_IMODE(home.key_file.stat().st_mode) == 0o600


def test_callers_at_the_same_time_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Home.at(tmp_path).key, range(32)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(Unavailable, match="5 bytes instead of 32"):
        _ = Home.at(tmp_path).key
    assert (tmp_path / "key").read_bytes() == b"short"
