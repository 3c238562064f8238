from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock

from graph.home import Home
from ontology import TrinationalError


def fill(folder: Path, value: int) -> Path:
    folder.mkdir()
    pl.DataFrame({"value": [value]}).write_parquet(folder / "Plant.parquet")
    (folder / "release.json").write_text("{}")
    return folder


def publish(home: Home, value: int, link: str = "records/a@1") -> Path:
    with home.writing() as scratch:
        return home.publish(fill(scratch / "x", value), link)


def read(home: Home, name: str = "a@1") -> int:
    return int(pl.read_parquet(home.releases()[name] / "Plant.parquet")["value"][0])


def test_publish_replaces_one_release_and_nothing_else(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    publish(home, 1)
    publish(home, 7, "records/b@1")
    publish(home, 2)
    assert (read(home), read(home, "b@1")) == (2, 7)


def test_reader_keeps_the_version_it_opened(tmp_path: Path) -> None:
    home = Home(tmp_path)
    opened = publish(home, 1)
    publish(home, 2)
    assert pl.read_parquet(opened / "Plant.parquet")["value"][0] == 1
    assert read(home) == 2


def test_old_versions_do_not_pile_up(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for value in range(5):
        publish(home, value)
    assert len(list((tmp_path / ".versions").glob("records.a@1.*"))) == 2


def test_a_home_that_was_copied_with_its_links_followed_can_be_written(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    publish(home, 1)
    shutil.copytree(home.path, tmp_path / "copy", symlinks=False)
    copied = Home(tmp_path / "copy")
    publish(copied, 2)
    publish(copied, 3)
    assert (read(copied), read(home)) == (3, 1)
    assert not list((copied.path / ".versions").glob("*.copy"))


def test_same_content_published_twice_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert publish(home, 1) == publish(home, 1)


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, 1)
    with pytest.raises(ZeroDivisionError), home.writing() as scratch:
        fill(scratch / "x", 1 // 0)
    assert read(home) == 1
    assert not list((tmp_path / ".versions").glob("scratch-*"))


def test_stale_scratch_is_removed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, 1)
    (tmp_path / ".versions" / "scratch-dead").mkdir()
    publish(home, 2)
    assert not list((tmp_path / ".versions").glob("scratch-*"))


def test_second_writer_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, 1)
    with (
        FileLock(tmp_path / ".lock"),
        pytest.raises(TrinationalError, match="another process"),
        home.writing(),
    ):
        pass


def test_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("mine")
    with pytest.raises(TrinationalError, match="other files"), Home(tmp_path).writing():
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.odt"]


def test_older_format_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, 1)
    (tmp_path / "VERSION").write_text("0")
    with pytest.raises(TrinationalError, match="format '0'"):
        home.releases()
    with pytest.raises(TrinationalError, match="format '0'"), home.writing():
        pass


def test_half_written_home_is_completed(tmp_path: Path) -> None:
    (tmp_path / ".versions").mkdir()
    home = Home(tmp_path)
    publish(home, 1)
    assert read(home) == 1


def test_no_graph_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match="no graph") as caught:
        _ = Home(tmp_path).graph
    assert "demo" in caught.value.hint


def test_full_disk_is_one_clear_message(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, 1)
    with pytest.raises(TrinationalError, match="No space left"), home.writing():
        Path("/dev/full").write_text("x" * 10_000)
    assert read(home) == 1


def test_read_only_home_is_one_clear_message(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(TrinationalError, match="cannot"), Home(blocked / "home").writing():
        pass
