"""Fetching, from a server on this machine that behaves as badly as it is told to."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import resource
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import loaders
from graph.cli import main
from graph.home import VARIABLE, Home
from graph.release import downloads_folder, find, load_release
from loaders.fetch import Patience, UnreachableError, downloads, fetch
from loaders.load import load
from loaders.source import Download, Source, Table, data_files, noted
from ontology import TrinationalError, WrongUseError

HASTE = Patience(tries=3, first=0.001, longest=0.5, silence=5)
DATA = b"id,name\n" + b"".join(b"%d,plant %d\n" % (n, n) for n in range(40_000))
PAGE = b"\n<!DOCTYPE html>\n<html><body>Please log in</body></html>"
Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Plays the answers of the server's script one after the other, then serves its content properly."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers.items()) | {"path": self.path})
        script = self.server.script
        answer = script.pop(0) if script else serve
        answer(self)

    def begin(self, status: int, size: int | None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if size is not None:
            self.send_header("Content-Length", str(size))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = DATA
        self.etag: str | None = '"one"'
        self.last_modified: str | None = None
        self.ranges = True
        self.script: list[Answer] = []
        self.asked: list[dict[str, str]] = []

    def url(self, path: str = "plants.csv") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"

    def validators(self) -> dict[str, str]:
        given = {"ETag": self.etag, "Last_Modified": self.last_modified}
        return {name: value for name, value in given.items() if value}


def serve(handler: Handler, cut: int | None = None) -> None:
    """Answer as RFC 9110 has it; break off after `cut` bytes."""
    server, asked = handler.server, handler.headers
    known = [value for value in (server.etag, server.last_modified) if value]
    if {asked["If-None-Match"], asked["If-Modified-Since"]} & {*known}:
        handler.begin(304, None, **server.validators())
        return
    content, found = server.content, re.fullmatch(r"bytes=(\d+)-", asked["Range"] or "")
    if found and server.ranges and asked["If-Range"] in known:
        first = int(found[1])
        last = f"bytes {first}-{len(content) - 1}/{len(content)}"
        handler.begin(206, len(content) - first, Content_Range=last, **server.validators())
        content = content[first:]
    else:
        handler.begin(200, len(content), **server.validators())
    handler.wfile.write(content[:cut])


def cut(after: int) -> Answer:
    return lambda handler: serve(handler, after)


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.begin(code, 0, **headers)


def says(content: bytes, size: int | None = None, code: int = 200, **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.begin(code, len(content) if size is None else size, **headers)
        handler.wfile.write(content)

    return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def plants(server: Server) -> Download:
    return Download(server.url(), "plants.csv")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_file_and_note_of_it(server: Server, plants: Download, tmp_path: Path) -> None:
    server.last_modified = "Sat, 01 Aug 2026 10:00:00 GMT"
    seen: list[tuple[int, int | None, str]] = []
    found = fetch(plants, tmp_path / "new" / "folder", progress=lambda *step: seen.append(step))
    assert found.outcome == "fetched"
    assert found.path.read_bytes() == DATA
    assert json.loads((found.path.parent / "plants.csv.json").read_text()) == {
        "address": server.url(),
        "file": "plants.csv",
        "etag": '"one"',
        "last_modified": "Sat, 01 Aug 2026 10:00:00 GMT",
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "bytes": len(DATA),
        "retrieved": datetime.now(UTC).date().isoformat(),
    }
    assert names(found.path.parent) == ["plants.csv", "plants.csv.json"]
    assert seen[-1] == (len(DATA), len(DATA), "")


@pytest.mark.parametrize("weak_etag", [False, True])
def test_cut_connection_is_resumed(server: Server, plants: Download, tmp_path: Path, weak_etag: bool) -> None:
    if weak_etag:
        server.etag, server.last_modified = 'W/"one"', "Sat, 01 Aug 2026 10:00:00 GMT"
    server.script = [cut(100_000), cut(50_000), cut(7)]
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA
    assert [asked.get("Range") for asked in server.asked] == [
        None,
        "bytes=100000-",
        "bytes=150000-",
        "bytes=150007-",
    ]


def test_the_next_call_goes_on_where_the_last_one_ended(
    server: Server, plants: Download, tmp_path: Path
) -> None:
    server.script = [cut(100_000), *[status(503)] * 9]
    with pytest.raises(TrinationalError, match=r"503 .*tried 3 times.*100000 bytes are here"):
        fetch(plants, tmp_path, patience=HASTE)
    assert names(tmp_path) == ["plants.csv.part", "plants.csv.part.json"]
    assert data_files(tmp_path) == []
    server.script, server.asked = [], []
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA
    assert [asked["Range"] for asked in server.asked] == ["bytes=100000-"]


def test_file_that_changed_meanwhile_is_fetched_from_its_start(
    server: Server, plants: Download, tmp_path: Path
) -> None:
    def changed(handler: Handler) -> None:
        server.content, server.etag = DATA[::-1], '"two"'
        serve(handler)

    server.script = [cut(100_000), changed]
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA[::-1]
    assert noted(tmp_path / "plants.csv")["etag"] == '"two"'


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"two"', "Content_Range": f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"},
        {"ETag": '"one"', "Content_Range": f"bytes 0-{len(DATA) - 1}/{len(DATA)}"},
        {"ETag": '"one"'},
    ],
)
def test_rest_that_does_not_fit_is_refused(
    server: Server, plants: Download, tmp_path: Path, headers: dict[str, str]
) -> None:
    """A server that overlooks If-Range, or sends another range than asked for."""
    server.script = [cut(1000), says(DATA[1000:], code=206, **headers)]
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA
    assert "Range" not in server.asked[2]


def test_range_beyond_the_end_starts_anew(server: Server, plants: Download, tmp_path: Path) -> None:
    server.script = [cut(1000), status(416)]
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA


@pytest.mark.parametrize("what", ["no ranges", "no validators"])
def test_server_that_cannot_resume(server: Server, plants: Download, tmp_path: Path, what: str) -> None:
    server.ranges = what != "no ranges"
    server.etag = server.etag if what == "no ranges" else None
    server.script = [cut(100_000), cut(200_000)]
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA
    server.script, server.content = [cut(100_000)] * 9, DATA[::-1]
    server.asked.clear()
    server.etag = server.etag and '"two"'
    with pytest.raises(TrinationalError, match="tried 3 times"):
        fetch(plants, tmp_path, patience=HASTE)
    assert len(server.asked) == 3
    assert (tmp_path / "plants.csv").read_bytes() == DATA


def test_server_errors_pass(server: Server, plants: Download, tmp_path: Path) -> None:
    server.script = [status(500), status(502)]
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA


def test_retry_after_is_waited_for(server: Server, plants: Download, tmp_path: Path) -> None:
    server.script = [status(429, Retry_After="1")]
    seen: list[str] = []
    began = datetime.now(UTC)
    patience = Patience(tries=3, first=0.001, longest=2)
    fetch(plants, tmp_path, patience=patience, progress=lambda done, total, step: seen.append(step))
    assert datetime.now(UTC) - began >= timedelta(seconds=1)
    assert seen[0] == "the server answers 429 Too Many Requests; again in 1 s"


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_that_is_too_long(
    server: Server, plants: Download, tmp_path: Path, as_date: bool
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    server.script = [status(429, Retry_After=later if as_date else "3600")]
    with pytest.raises(TrinationalError, match=r"asks to wait 3(600|59\d) s"):
        fetch(plants, tmp_path, patience=HASTE)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("code", "hint"), [(404, "--url"), (403, "TRINATIONAL_CONTACT"), (401, "key"), (206, "--list")]
)
def test_refusals_are_not_tried_again(
    server: Server, plants: Download, tmp_path: Path, code: int, hint: str
) -> None:
    server.script = [status(code)]
    with pytest.raises(TrinationalError, match=str(code)) as caught:
        fetch(plants, tmp_path, patience=HASTE)
    assert hint in caught.value.hint
    assert len(server.asked) == 1


def test_server_that_is_not_there(tmp_path: Path, server: Server) -> None:
    nowhere = Download("http://127.0.0.1:9/plants.csv", "plants.csv")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        fetch(nowhere, tmp_path, patience=HASTE)


def test_server_that_falls_silent(server: Server, plants: Download, tmp_path: Path) -> None:
    silent = threading.Event()
    server.script = [lambda handler: [silent.wait(5)].clear()]
    patience = Patience(tries=3, first=0.001, silence=0.1)
    assert fetch(plants, tmp_path, patience=patience).path.read_bytes() == DATA
    silent.set()


def test_redirects_are_followed(server: Server, plants: Download, tmp_path: Path) -> None:
    server.script = [status(302, Location="/storage/plants.csv?signature=abc")]
    found = fetch(plants, tmp_path, patience=HASTE)
    assert found.address == server.url()
    assert server.asked[1]["path"] == "/storage/plants.csv?signature=abc"
    server.script = [status(302, Location="/again")] * 30
    server.etag = None
    with pytest.raises(TrinationalError, match="redirects"):
        fetch(plants, tmp_path / "2", patience=HASTE)


def zipped(content: bytes = DATA) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plants.csv", content)
    return stream.getvalue()


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return (
        content[:middle] + bytes(byte ^ 0xFF for byte in content[middle : middle + 9]) + content[middle + 9 :]
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("plants.csv", PAGE, "HTML page"),
        ("plants.csv", b"\xef\xbb\xbf<HTML lang='es'>\n<head>", "HTML page"),
        ("plants.csv", b"<head><title>Error</title></head>", "HTML page"),
        ("plants.zip", PAGE, "HTML page"),
        ("plants.csv", b"", "empty"),
        ("plants.zip", zipped()[:-100], "broken archive"),
        ("plants.zip", damaged(zipped()), "broken archive"),
        ("plants.xlsx", b"PK\x03\x04 and no more", "broken archive"),
        ("plants.zip", b"id,name\n1,x\n", "broken archive"),
        ("plants.csv.gz", gzip.compress(DATA)[:-100], "broken archive"),
        ("plants.csv.gz", damaged(gzip.compress(DATA)), "broken archive"),
        ("plants.csv.gz", DATA, "broken archive"),
    ],
)
def test_what_is_no_data_is_refused(
    server: Server, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    """A server that answers 200 and sends something else; what was there before stays."""
    server.content = gzip.compress(DATA) if name.endswith(".gz") else zipped() if "csv" not in name else DATA
    download = Download(server.url(name), name)
    before = fetch(download, tmp_path, patience=HASTE).path.read_bytes()
    there = names(tmp_path)
    server.script = [says(content)]
    with pytest.raises(TrinationalError, match=reason):
        fetch(download, tmp_path, patience=HASTE)
    assert names(tmp_path) == there
    assert (tmp_path / name).read_bytes() == before
    assert len(server.asked) == 2
    assert noted(tmp_path / name)["sha256"] == hashlib.sha256(before).hexdigest()


def test_xml_and_archives_are_data(server: Server, tmp_path: Path) -> None:
    for name, content in {
        "a.xml": b"<?xml version='1.0'?><LEIData><LEI>1</LEI></LEIData>",
        "a.zip": zipped(),
        "a.csv.gz": gzip.compress(DATA),
    }.items():
        server.content, server.etag = content, f'"{name}"'
        assert fetch(Download(server.url(name), name), tmp_path, patience=HASTE).path.read_bytes() == content


def test_wrong_content_length(server: Server, plants: Download, tmp_path: Path) -> None:
    """Too long: never whole. Too short: an archive shows that its end is missing."""
    server.script = [says(DATA, len(DATA) + 10, ETag='"one"')] + [status(416), cut(10)] * 9
    with pytest.raises(TrinationalError, match="tried 3 times"):
        fetch(plants, tmp_path, patience=HASTE)
    assert not (tmp_path / "plants.csv").exists()
    server.script = [says(zipped(), len(zipped()) - 10)]
    with pytest.raises(TrinationalError, match="broken archive"):
        fetch(Download(server.url("a.zip"), "a.zip"), tmp_path, patience=HASTE)


def test_unchanged_file_is_not_sent_again(server: Server, plants: Download, tmp_path: Path) -> None:
    first = fetch(plants, tmp_path, patience=HASTE)
    again = fetch(plants, tmp_path, patience=HASTE)
    assert again.outcome == "unchanged"
    assert again.sha256 == first.sha256
    assert server.asked[1]["If-None-Match"] == '"one"'
    server.content, server.etag = DATA[::-1], '"two"'
    assert fetch(plants, tmp_path, patience=HASTE).outcome == "fetched"
    assert (tmp_path / "plants.csv").read_bytes() == DATA[::-1]


def test_same_content_under_another_etag_is_unchanged(
    server: Server, plants: Download, tmp_path: Path
) -> None:
    fetch(plants, tmp_path, patience=HASTE)
    server.etag = '"two"'
    assert fetch(plants, tmp_path, patience=HASTE).outcome == "unchanged"
    assert noted(tmp_path / "plants.csv")["etag"] == '"two"'


@pytest.mark.parametrize("fetched_once", [False, True])
def test_file_of_somebody_else_is_not_overwritten(
    server: Server, plants: Download, tmp_path: Path, fetched_once: bool
) -> None:
    if fetched_once:
        fetch(plants, tmp_path, patience=HASTE)
    (tmp_path / "plants.csv").write_text("mine")
    with pytest.raises(TrinationalError, match="was not fetched, or has changed since"):
        fetch(plants, tmp_path, patience=HASTE)
    assert (tmp_path / "plants.csv").read_text() == "mine"


def test_crash_between_the_two_renames_is_made_up_for(
    server: Server, plants: Download, tmp_path: Path
) -> None:
    fetch(plants, tmp_path, patience=HASTE)
    (tmp_path / "plants.csv.json").rename(tmp_path / "plants.csv.part.json")
    assert fetch(plants, tmp_path, patience=HASTE).outcome == "unchanged"
    assert names(tmp_path) == ["plants.csv", "plants.csv.json"]


def test_folder_that_cannot_be_written(server: Server, plants: Download, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TrinationalError, match=r"cannot write to .*file"):
        fetch(plants, tmp_path / "file", patience=HASTE)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if not os.access(closed, os.W_OK):
        with pytest.raises(TrinationalError, match=r"cannot write to .*closed"):
            fetch(plants, closed, patience=HASTE)


def test_full_disk(server: Server, plants: Download, tmp_path: Path) -> None:
    fetch(plants, tmp_path, patience=HASTE)
    server.content, server.etag = DATA[::-1], '"two"'
    server.script = [says(b"", 1 << 60)]
    with pytest.raises(TrinationalError, match="more than there is space for"):
        fetch(plants, tmp_path, patience=HASTE)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(TrinationalError, match="cannot write to"):
            fetch(plants, tmp_path, patience=HASTE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "plants.csv").read_bytes() == DATA
    assert fetch(plants, tmp_path, patience=HASTE).path.read_bytes() == DATA[::-1]


def test_two_at_a_time(server: Server, plants: Download, tmp_path: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(handler: Handler) -> None:
        reached.set()
        go_on.wait(5)
        serve(handler)

    server.script = [slow]
    other = threading.Thread(target=fetch, args=(plants, tmp_path), kwargs={"patience": HASTE})
    other.start()
    reached.wait(5)
    with pytest.raises(TrinationalError, match="another process"):
        fetch(plants, tmp_path, patience=HASTE)
    go_on.set()
    other.join()
    assert (tmp_path / "plants.csv").read_bytes() == DATA


def test_key_of_an_address_is_told_to_nobody_else(server: Server, tmp_path: Path) -> None:
    [download] = downloads(Source("s", "", "", "", "", ()), server.url("plants.csv?X-API-KEY=abc&limit=5"))
    found = fetch(download, tmp_path, patience=HASTE)
    assert found.path.name == "plants.csv"
    assert server.asked[0]["path"] == "/plants.csv?X-API-KEY=abc&limit=5"
    assert "abc" not in (tmp_path / "plants.csv.json").read_text() + found.address
    server.script = [status(404)]
    with pytest.raises(TrinationalError) as caught:
        fetch(download, tmp_path, patience=HASTE)
    assert "abc" not in str(caught.value)


def test_names_of_files_of_other_addresses() -> None:
    source = loaders.sources()["gleif"]
    [delta] = downloads(source, source.downloads[0].url + "?delta=LastDay")
    assert delta.file == source.downloads[0].file
    for address in ("ftp://example.org/a.csv", "a.csv", "https://example.org/", "https://example.org/.a.csv"):
        with pytest.raises(WrongUseError):
            downloads(source, address)


def test_every_file_is_one_that_its_loader_reads() -> None:
    """Or an archive of such files, of which the address alone is known."""
    for source in loaders.sources().values():
        for download in source.downloads:
            assert download.url.startswith("https://"), download
            fits = any(fnmatchcase(download.file, table.pattern) for table in source.tables)
            assert fits or not download.file or download.file.endswith(".zip"), download
        files = [download.file for download in source.downloads if download.file]
        assert len(files) == len({*files})


def test_release_knows_when_its_files_were_fetched(server: Server, tmp_path: Path) -> None:
    from loaders.read import csv

    def tells(row: Any) -> None:
        row.defaults("stated")
        row.thing("Plant", ("us-warn-site", row["id"]), name=row["name"])

    source = Source("s", "t", "p", "l", "u", (Table("*.csv*", csv, tells),), retrieved="2020-01-01")
    server.script = [cut(1000), *[status(500)] * 9]
    with pytest.raises(TrinationalError):
        fetch(Download(server.url("b.csv"), "b.csv"), tmp_path, patience=HASTE)
    server.script = []
    fetch(Download(server.url("a.csv"), "a.csv"), tmp_path, patience=HASTE)
    report = load(source, [tmp_path], tmp_path / "out")
    about = json.loads((tmp_path / "out" / "release.json").read_text())
    assert about["retrieved"] == noted(tmp_path / "a.csv")["retrieved"]
    assert [file["name"] for file in about["files"]] == ["a.csv"]
    assert report.rows_in == 40_000


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line: (exit code, standard output, error output)."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["trinational", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return call


def test_load_takes_what_was_fetched(server: Server, run: Any, tmp_path: Path) -> None:
    server.content = b'{"UAW|174": [12345], "USW|0": [94]}\n'
    address = server.url("weights/fnum_lookup.json")
    code, out, _ = run("fetch", "us_union_lookup", "--url", address, "--format", "json")
    [row] = json.loads(out)
    assert code == 0
    assert [*row] == [
        *("source", "file", "outcome", "address", "sha256", "bytes", "etag", "last_modified", "retrieved")
    ]
    home = Home(tmp_path / "home")
    assert names(downloads_folder(home, "us_union_lookup")) == ["fnum_lookup.json", "fnum_lookup.json.json"]
    report = load_release(home, "us_union_lookup")
    assert report.rows_in == 2
    about = json.loads((home.releases()[f"us_union_lookup@{report.release}"] / "release.json").read_text())
    assert about["retrieved"] == row["retrieved"]
    assert find(home.path / "downloads").unknown == []
    code, out, err = run("fetch", "us_union_lookup", "--url", address)
    assert (code, "unchanged" in out) == (0, True), err


def test_archive_that_was_fetched_is_loaded(server: Server, run: Any, tmp_path: Path) -> None:
    denue = Path(__file__).parent / "fixtures" / "mx_denue"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.write(next(denue.glob("denue_inegi*.csv")), "conjunto_de_datos/denue_inegi_31-33_.csv")
    server.content = stream.getvalue()
    assert run("fetch", "mx_denue", "--url", server.url("denue_00_31-33_csv.zip"))[0] == 0
    home = Home(tmp_path / "home")
    report = load_release(home, "mx_denue")
    about = json.loads((home.releases()[f"mx_denue@{report.release}"] / "release.json").read_text())
    assert about["retrieved"] == datetime.now(UTC).date().isoformat()
    again = load_release(home, "mx_denue", [downloads_folder(home, "mx_denue")])
    assert again.rows_in == report.rows_in > 0


def test_list_of_what_can_be_fetched(run: Any) -> None:
    code, out, _ = run("fetch", "--list", "--format", "json")
    rows = json.loads(out)
    assert code == 0
    assert [*rows[0]] == ["source", "file", "bytes", "licence", "key", "address"]
    assert {row["source"] for row in rows} == {*loaders.sources()} - {"curated"}
    assert "536" not in run("fetch", "--list")[1]
    assert "mi.csv" in run("fetch", "us_warn", "--list")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["mx_retc"], 1, "only a page to visit: http://sinat.semarnat.gob.mx"),
        (["open_supply_hub"], 1, "with an account"),
        (["us_taa"], 1, "wants a key"),
        (["curated"], 2, "built in"),
        (["us_wran"], 2, "did you mean 'us_warn'?"),
        ([], 2, "nothing to fetch"),
        (["us_warn", "--url", "warn.csv"], 2, "no address"),
    ],
)
def test_what_cannot_be_fetched(run: Any, arguments: list[str], code: int, says: str) -> None:
    found, out, err = run("fetch", *arguments)
    assert found == code
    assert says in " ".join(err.split())
    assert out == ""


def test_one_file_that_fails_does_not_keep_the_others_away(
    server: Server, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = tuple(Download(server.url(name), name) for name in ("a.csv", "b.csv"))
    source = Source("s", "t", "p", "l", "u", (), downloads=(*files, Download("https://example.org/page")))
    monkeypatch.setattr(loaders, "sources", lambda: {"s": source})
    server.script = [status(404)]
    code, out, err = run("fetch", "s", "--to", str(tmp_path / "to"))
    assert (code, names(tmp_path / "to")) == (1, ["b.csv", "b.csv.json"])
    assert "a.csv" not in out
    assert "404" in err
    assert "https://example.org/page" in err
