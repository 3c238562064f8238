"""Gets the files of a source from their official addresses.

A file arrives as `<file>.part`, is checked, and takes its name in one rename; `<file>.json` beside it notes
where it came from. A call that was cut off goes on where it ended, where the server still has the same file
(RFC 9110: ranges, If-Range); a file that is unchanged is not sent again (If-None-Match).
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import re
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import httpx
from filelock import FileLock, Timeout

from loaders.source import NOTE, PART, Download, Source, beside, noted
from ontology import TrinationalError, WrongUseError

CONTACT = "TRINATIONAL_CONTACT"
Progress: TypeAlias = Callable[[int, int | None, str], None]

_HEAD = 4096
_ZIPS = (".zip", ".xlsx", ".docx")
_GZIPS = (".gz", ".tgz")
_BUSY = (408, 425, 429)  # statuses below 500 that pass
_PAGE = re.compile(rb"<(?:!doctype\s+html|html)[\s>]|\A\s*<(?:head|body|title|meta|script)[\s>]", re.I)
_SECRET = re.compile(r"key|token|secret|password|signature", re.I)
_BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, LZMAError, EOFError, RuntimeError)


@dataclass(frozen=True)
class Patience:
    """How often a download is tried again, and how long is waited (seconds).

    `tries` counts tries in a row that brought nothing new. The wait is `first`, then doubles up to `longest`;
    a server that asks for more (Retry-After) is not waited for. `silence`: a connection is given up after it.

    >>> [Patience(first=1, longest=5).delay(failures) for failures in (1, 2, 3, 4)]
    [1.0, 2.0, 4.0, 5]
    """

    tries: int = 5
    first: float = 1.0
    longest: float = 120.0
    silence: float = 30.0

    def delay(self, failures: int) -> float:
        return min(self.longest, self.first * 2.0 ** (failures - 1))


PATIENT = Patience()


@dataclass(frozen=True)
class Fetched:
    """A file that is here: `outcome` is `fetched`, or `unchanged` where it was here already."""

    path: Path
    outcome: str
    address: str
    sha256: str
    bytes: int
    etag: str | None
    last_modified: str | None
    retrieved: str | None


class UnreachableError(TrinationalError):
    """The server cannot be reached at all; its other files need not be tried."""


class _AgainError(Exception):
    """A try that failed in a way that may pass; `wait`: seconds that the server asks for."""

    def __init__(self, reason: str, wait: float = 0, *, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.unreachable = wait, unreachable


def downloads(source: Source, url: str | None = None) -> tuple[Download, ...]:
    """What there is to fetch of a source; `url` instead of it.

    The file of `url` is named as the source's file of the same address without query, else by its last part.

    Raises
    ------
    WrongUseError
        `url` is no http address, or gives the file no name.
    """
    if url is None:
        return source.downloads or (Download(source.url),)
    try:
        given = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise WrongUseError(f"{url!r} is no address: {error}", hint="write https://…") from error
    if given.scheme not in ("http", "https") or not given.host:
        raise WrongUseError(f"{url!r} is no address", hint="write https://…")
    same = [one.file for one in source.downloads if one.url.partition("?")[0] == url.partition("?")[0]]
    name = same[0] if same else PurePosixPath(given.path).name
    if not PurePosixPath(name).suffix or name.startswith(".") or name.endswith(PART):
        raise WrongUseError(f"{url!r} gives the file no name", hint="its last part must be one, like mi.csv")
    return (Download(url, name),)


def fetch(
    download: Download,
    folder: Path,
    *,
    patience: Patience = PATIENT,
    progress: Progress = lambda done, total, step: None,
) -> Fetched:
    """Bring a file into a folder, or see that it is there unchanged.

    Parameters
    ----------
    folder
        Made where it is not there.
    progress
        Called with bytes here, bytes of all (None: not known), and why it waits.

    Raises
    ------
    TrinationalError
        Only a page or a key leads to the file; the server cannot be reached or refuses; what came is a page,
        empty or a broken archive; the folder cannot be written or holds another file of that name. A file
        that was there is as it was.
    """
    _refuse_closed(download)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".fetch.lock", timeout=0)
        with lock, _client(patience) as client:
            return _Transfer(client, download, folder, patience, progress).run()
    except Timeout:
        hint = "wait until it ends, then try again"
        raise TrinationalError(f"another process is fetching into {folder}", hint=hint) from None
    except OSError as error:
        raise TrinationalError(
            f"cannot write to {folder}: {error.strerror or error}",
            hint="nothing that was there has changed: free space or choose another folder with --to; "
            "the next call goes on where this one ended",
        ) from error


def _refuse_closed(download: Download) -> None:
    """Refuse what a person has to get: a page to visit, an address that wants a key."""
    if not download.file:
        wanted = " (with an account)" if download.key else ""
        raise TrinationalError(
            f"there is no file to fetch, only a page to visit{wanted}: {download.url}",
            hint="save the files, then: trinational load SOURCE FILES",
        )
    if download.key:
        raise TrinationalError(
            f"{download.url} wants a key", hint="ask the publisher for one, then: --url 'ADDRESS?KEY=…'"
        )


def _client(patience: Patience) -> httpx.Client:
    contact = os.environ.get(CONTACT, "")
    agent = f"trinational/{version('trinational')} {contact}".strip()
    headers = {"User-Agent": agent, "Accept-Encoding": "identity"}
    return httpx.Client(headers=headers, timeout=patience.silence, follow_redirects=True)


def shown(url: str) -> str:
    """An address without what is secret in it.

    >>> shown("https://api.example.org/all?X-API-KEY=abc&limit=5")
    'https://api.example.org/all?X-API-KEY=hidden&limit=5'
    """
    given = httpx.URL(url)
    hidden = {name: "hidden" for name in given.params if _SECRET.search(name)}
    if given.userinfo:
        given = given.copy_with(username=None, password=None)
    return str(given.copy_merge_params(hidden)) if hidden else str(given) if given.userinfo else url


class _Transfer:
    """One file on its way."""

    def __init__(
        self, client: httpx.Client, download: Download, folder: Path, patience: Patience, progress: Progress
    ) -> None:
        self.client, self.patience, self.progress = client, patience, progress
        self.url, self.address = download.url, shown(download.url)
        self.target = folder / download.file
        self.part = beside(self.target, PART)
        self.about = download.bytes

    def run(self) -> Fetched:
        before = self._before()
        note = self._persistently(before)
        if note is None:
            self._drop()
            return self._fetched(before, "unchanged")
        try:
            _refuse(self.part, self.target.name, self.address)
        except TrinationalError:
            self._drop()
            raise
        note["sha256"], note["bytes"] = _sha256(self.part), self.part.stat().st_size
        note["retrieved"] = datetime.now(UTC).date().isoformat()
        self._keep(note)
        return self._fetched(note, "unchanged" if note["sha256"] == before.get("sha256") else "fetched")

    def _before(self) -> dict[str, Any]:
        """The note of the file that is here. Its last rename may have been cut off: it is made up for."""
        if not self.target.exists():
            return {}
        digest = _sha256(self.target)
        if noted(self.part).get("sha256") == digest and not self.part.exists():
            beside(self.part, NOTE).replace(beside(self.target, NOTE))
        note = noted(self.target)
        if note.get("sha256") != digest:
            raise TrinationalError(
                f"{self.target} is there and was not fetched, or has changed since",
                hint="move it away, or fetch into another folder with --to",
            )
        return note

    def _keep(self, note: dict[str, Any]) -> None:
        _write_note(self.part, note)
        with self.part.open("rb") as stream:
            os.fsync(stream.fileno())
        self.part.replace(self.target)
        beside(self.part, NOTE).replace(beside(self.target, NOTE))

    def _drop(self) -> None:
        for path in (self.part, beside(self.part, NOTE)):
            path.unlink(missing_ok=True)

    def _fetched(self, note: dict[str, Any], outcome: str) -> Fetched:
        names = ("etag", "last_modified", "retrieved")
        size = self.target.stat().st_size
        return Fetched(
            self.target, outcome, self.address, note["sha256"], size, *(note.get(name) for name in names)
        )

    def _persistently(self, before: dict[str, Any]) -> dict[str, Any] | None:
        failures, furthest = 0, self._here()
        while True:
            try:
                return self._try(before)
            except _AgainError as again:
                failures = 1 if self._here() > furthest else failures + 1
                furthest = max(furthest, self._here())
                wait = max(again.wait, self.patience.delay(failures))
                self._give_up(again, failures, wait)
                self.progress(self._here(), self.about, f"{again}; again in {wait:.0f} s")
                time.sleep(wait)

    def _give_up(self, again: _AgainError, failures: int, wait: float) -> None:
        here = f"; {self._here()} bytes are here" if self._here() else ""
        if again.wait > self.patience.longest:
            raise TrinationalError(
                f"{self.address}: {again}; the server asks to wait {wait:.0f} s{here}", hint="try again later"
            )
        if failures >= self.patience.tries:
            kind = UnreachableError if again.unreachable else TrinationalError
            raise kind(
                f"{self.address}: {again} (tried {failures} times){here}",
                hint="is the network there? A later call goes on where this one ended, if the server allows",
            )

    def _here(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _try(self, before: dict[str, Any]) -> dict[str, Any] | None:
        """The note of the part that is then complete; None where the file is unchanged."""
        headers = self._conditions(before) | self._range()
        try:
            with self.client.stream("GET", self.url, headers=headers) as response:
                if response.status_code == 304 and before:
                    return None
                return self._receive(response, resumed="Range" in headers)
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise TrinationalError(f"{self.address}: {error}", hint="is the address right?") from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _AgainError(f"cannot be reached: {error}", unreachable=True) from error
        except httpx.RequestError as error:
            raise _AgainError(f"the connection broke: {str(error) or type(error).__name__}") from error

    def _conditions(self, before: dict[str, Any]) -> dict[str, str]:
        if before.get("address") != self.address:
            return {}
        given = {"If-None-Match": before["etag"], "If-Modified-Since": before["last_modified"]}
        return {name: value for name, value in given.items() if value}

    def _range(self) -> dict[str, str]:
        """Ask for the rest, on condition that it is of the same file."""
        note, here = noted(self.part), self._here()
        etag, day = note.get("etag"), note.get("last_modified")
        same = etag if etag and not etag.startswith("W/") else day
        if not here or not same or note["address"] != self.address or "sha256" in note:
            return {}
        return {"Range": f"bytes={here}-", "If-Range": same}

    def _receive(self, response: httpx.Response, resumed: bool) -> dict[str, Any]:
        """Write what comes, behind what is here or in its place."""
        if response.status_code == 416 and resumed:
            self._drop()
            raise _AgainError("the part that is here does not fit")
        if response.status_code != 200 and not (response.status_code == 206 and resumed):
            raise self._refused(response)
        note = {
            "address": self.address,
            "file": self.target.name,
            "etag": response.headers.get("ETag"),
            "last_modified": response.headers.get("Last-Modified"),
        }
        if response.status_code == 206:
            total = self._continues(response, note)
        else:
            self._drop()
            total = int(response.headers.get("Content-Length", 0)) or None
            _write_note(self.part, note)
        self._write(response, total)
        return note

    def _continues(self, response: httpx.Response, note: dict[str, Any]) -> int | None:
        """Bytes of all; refuses a piece that is not the rest of the part."""
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        kept = noted(self.part)
        other = any(note[name] and note[name] != kept.get(name) for name in ("etag", "last_modified"))
        if not found or int(found[1]) != self._here() or other or response.headers.get("Content-Encoding"):
            self._drop()
            raise _AgainError("the file has changed since its first part came")
        note |= {name: kept[name] for name in ("etag", "last_modified") if not note[name]}
        return None if found[2] == "*" else int(found[2])

    def _write(self, response: httpx.Response, total: int | None) -> None:
        encoded = bool(response.headers.get("Content-Encoding"))
        total = None if encoded else total
        if total and total - self._here() > shutil.disk_usage(self.part.parent).free:
            raise OSError(errno.ENOSPC, f"{total} bytes are more than there is space for")
        here = self._here()
        with self.part.open("ab") as stream:
            for piece in response.iter_bytes() if encoded else response.iter_raw():
                stream.write(piece)
                here += len(piece)
                self.progress(here, total or self.about, "")
        if total is not None and here != total:
            raise _AgainError(f"ended after {here} of {total} bytes")

    def _refused(self, response: httpx.Response) -> Exception:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        if response.status_code in _BUSY or response.status_code >= 500:
            return _AgainError(f"the server answers {status}", _asked(response.headers.get("Retry-After")))
        hint = "the file may have moved: see `trinational fetch --list`, or name its address with --url"
        if response.status_code in (401, 403):
            hint = f"the server may want a key (--url 'ADDRESS?KEY=…') or to know who asks (set {CONTACT})"
        return TrinationalError(f"{self.address}: the server answers {status}", hint=hint)


def _asked(retry_after: str | None) -> float:
    """Seconds of a Retry-After, which is a number or a date.

    >>> _asked("7"), _asked("Wed, 21 Oct 2015 07:28:00 GMT"), _asked("soon"), _asked(None)
    (7.0, 0.0, 0.0, 0.0)
    """
    if not retry_after:
        return 0.0
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        day = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (day.replace(tzinfo=day.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _refuse(path: Path, name: str, address: str) -> None:
    """Refuse what is no data: nothing, a page, or an archive that cannot be read to its end."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf")
    if not head:
        raise TrinationalError(f"{address}: the answer is empty", hint="try again later")
    if head.lstrip().startswith(b"<") and _PAGE.search(head):
        raise TrinationalError(
            f"{address}: the answer is an HTML page, not {name}",
            hint="open it in a browser: it may tell of an error, a log-in or a new address (--url)",
        )
    try:
        if name.lower().endswith(_ZIPS) or head.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive:
                broken = archive.testzip()
            if broken:
                raise zipfile.BadZipFile(f"{broken} is damaged")
        elif name.lower().endswith(_GZIPS) or head.startswith(b"\x1f\x8b"):
            with gzip.open(path) as unzipped:
                while unzipped.read(1 << 20):
                    pass
    except _BROKEN as error:
        raise TrinationalError(f"{address}: {name} is a broken archive: {error}", hint="try again") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_note(path: Path, note: dict[str, Any]) -> None:
    text = json.dumps(note, indent=1, ensure_ascii=False) + "\n"
    beside(path, NOTE).write_text(text, encoding="utf-8")
