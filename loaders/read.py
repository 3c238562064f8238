"""Files -> frames of text: one place that refuses what is not the file it claims to be."""

from __future__ import annotations

import codecs
import csv as python_csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import polars as pl

from ontology import TrinationalError

ROW = "row"
PROBLEM = "~problem"
BLANK = "blank line"
_HEAD = 1 << 16  # bytes: enough for a header
_headers_only: ContextVar[bool] = ContextVar("headers_only", default=False)
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|\?xml[^>]*>\s*<html)", re.I)


@contextmanager
def headers_only() -> Iterator[None]:
    """Within it, readers give the columns of a file and none of its rows."""
    token = _headers_only.set(True)
    try:
        yield
    finally:
        _headers_only.reset(token)


def csv(
    path: Path, *, separator: str = ",", quote: str | None = '"', encoding: str = "utf-8"
) -> pl.LazyFrame:
    """A delimited file with a header, gzipped or not, as text.

    Parameters
    ----------
    quote
        `None` where quotes are data.
    encoding
        Decoded strictly.

    Returns
    -------
    The file's columns (text; runs of white space in a name are one space; a column without name is
    `column 3`), `row` (1-based data row) and `~problem` (what is wrong with the row as a whole: ragged or
    blank).

    Raises
    ------
    TrinationalError
        Empty file, HTML page, truncated gzip, wrong encoding, doubled column, line ends of CR alone,
        a quoted cell that is never closed.
    """
    head = _beginning(path)
    names, lines = _header(path, head, separator, quote, encoding)
    if _headers_only.get():
        return pl.LazyFrame(schema={**dict.fromkeys([*names, PROBLEM], pl.String()), ROW: pl.Int64()})
    content = _content(path, encoding)
    problems = pl.DataFrame()
    if not _formed(content, separator, quote, len(names), lines):
        records = _records(path, content, separator, quote)
        if records is None:
            return _by_python(path, content, separator, quote or "", names)
        problems = _ragged(records, len(names))
    frame = pl.scan_csv(
        content,
        separator=separator,
        quote_char=quote,
        infer_schema=False,
        with_column_names=lambda _: names,
        row_index_name=ROW,
        row_index_offset=1,
        truncate_ragged_lines=True,
    ).with_columns(pl.col(ROW).cast(pl.Int64))
    if problems.is_empty():
        return frame.with_columns(pl.lit(None, pl.String).alias(PROBLEM))
    return frame.join(problems.lazy(), on=ROW, how="left", maintain_order="left")


def _beginning(path: Path) -> bytes:
    """The first bytes of a file, decompressed."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            head = stream.read(_HEAD)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _broken_gzip(path, error) from error
    if not head.strip():
        raise TrinationalError(f"{path.name} is empty", hint="download it again")
    if _HTML.match(head.removeprefix(codecs.BOM_UTF8)):
        raise TrinationalError(
            f"{path.name}, line 1: this is an HTML page, not a table",
            hint="the server may have answered with an error or log-in page: download the file itself",
        )
    if b"\r" in head and b"\n" not in head:
        raise TrinationalError(
            f"{path.name}: lines end in CR alone", hint="convert the line ends to LF (mac2unix)"
        )
    return head


def _broken_gzip(path: Path, error: Exception) -> TrinationalError:
    return TrinationalError(
        f"{path.name} is a truncated or damaged gzip file ({error})", hint="download it again"
    )


def _header(
    path: Path, head: bytes, separator: str, quote: str | None, encoding: str
) -> tuple[list[str], int]:
    """Names of the columns, and the number of lines that they take up."""
    text, lines = codecs.getincrementaldecoder(_with_bom(encoding))("replace").decode(head), 1
    if quote is None:
        names = text.split("\n", 1)[0].split(separator)
    else:
        reader = python_csv.reader(io.StringIO(text), delimiter=separator, quotechar=quote)
        try:
            names, lines = next(reader, []), reader.line_num
        except python_csv.Error as error:
            raise TrinationalError(f"{path.name}, line 1: {error}", hint="mend the line ends") from error
    names = [" ".join(name.split()) or f"column {n}" for n, name in enumerate(names, start=1)]
    doubled = [name for name, times in Counter(names).items() if times > 1]
    if doubled:
        raise TrinationalError(
            f"{path.name}, line 1: column {doubled[0]!r} stands there {names.count(doubled[0])} times",
            hint="remove or rename one of them",
        )
    if {ROW, PROBLEM} & set(names):
        raise TrinationalError(
            f"{path.name}, line 1: a column is called {ROW!r}", hint="rename it in the file"
        )
    return names, lines


def _with_bom(encoding: str) -> str:
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _content(path: Path, encoding: str) -> Path | bytes:
    """The file as Polars can read it: the path itself, or its bytes in UTF-8."""
    utf8 = codecs.lookup(encoding).name == "utf-8"
    if utf8 and path.suffix != ".gz":
        return path
    data = _bytes(path)
    try:
        return data if utf8 else data.decode(encoding).encode()
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path, encoding) from error


def _bytes(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _broken_gzip(path, error) from error


def _wrong_encoding(path: Path, encoding: str) -> TrinationalError:
    data = _bytes(path)
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return TrinationalError(
            f"{path.name}, line {line}: byte {error.start} (0x{data[error.start]:02x}) is not {encoding}",
            hint="it may be cp1252 or latin-1: save it as UTF-8, or give the encoding in read()",
        )
    return TrinationalError(f"{path.name} is not {encoding}")


def _formed(content: Path | bytes, separator: str, quote: str | None, width: int, header: int) -> bool:
    """Whether each line after the header is a whole record of `width` fields; one cheap look at each."""
    if quote is None or width == 1:
        return False
    mark, sign = re.escape(quote), re.escape(separator)
    cell = f"(?:(?:{mark}[^{mark}]*{mark})+|[^{mark}{sign}]*)"
    formed = pl.col("line").str.contains(f"^{cell}(?:{sign}{cell}){{{width - 1}}}$")
    try:
        lines = pl.scan_lines(content).slice(header)
        return bool(lines.select(formed.all()).collect(engine="streaming").item())
    except pl.exceptions.ComputeError:
        return False


def _ragged(records: pl.DataFrame, width: int) -> pl.DataFrame:
    """`row` and `~problem` of the rows that have more or fewer fields than the header."""
    reason = pl.format("{} fields instead of {} (line {})", "fields", pl.lit(width), pl.col("number") + 1)
    return records.filter((pl.col("record") > 0) & ((pl.col("fields") != width) | pl.col("blank"))).select(
        pl.col("record").cast(pl.Int64).alias(ROW),
        pl.when("blank").then(pl.lit(BLANK)).otherwise(reason).alias(PROBLEM),
    )


def _records(path: Path, content: Path | bytes, separator: str, quote: str | None) -> pl.DataFrame | None:
    """`record` (0 is the header), `number` of its first line, `fields`, `blank`; none where quotes stray."""
    line = pl.col("line")
    cells = {"fields": line.str.count_matches(separator, literal=True) + 1}
    if quote is not None:
        mark, sign = re.escape(quote), re.escape(separator)
        quotes = line.str.count_matches(quote, literal=True)
        bare = line.str.replace_all(f"{mark}[^{mark}]*{mark}", "")
        stray = line.str.contains(f"[^{sign}{mark}]{mark}[^{sign}{mark}]")
        fields = bare.str.count_matches(separator, literal=True) + 1
        cells = {"fields": fields, "odd": quotes % 2 == 1, "stray": stray}
    lines = pl.scan_lines(content)
    counting = lines.select(**cells, blank=line.str.len_bytes() == 0).with_row_index("number")
    try:
        counted = counting.collect(engine="streaming")
    except pl.exceptions.ComputeError as error:
        raise _wrong_encoding(path, "utf-8") from error
    if quote is None or not (counted["odd"].any() or counted["stray"].any()):
        return counted.with_columns(record="number")
    if counted["stray"].any():
        return None
    return _joined_lines(path, lines, counted, separator, quote)


def _joined_lines(
    path: Path, lines: pl.LazyFrame, counted: pl.DataFrame, separator: str, quote: str
) -> pl.DataFrame | None:
    """Records that go on over several lines while a quote is open; none where quotes stray.

    Only the lines that an open quote touches are kept in memory.
    """
    mark, sign = re.escape(quote), re.escape(separator)
    total = pl.col("odd").cast(pl.Int64).cum_sum()
    counted = counted.with_columns(open=(total - pl.col("odd")) % 2 == 1, goes_on=total % 2 == 1)
    touched = counted.filter(pl.col("open") | pl.col("goes_on"))
    shut = pl.concat_str(
        pl.when("open").then(pl.lit(quote)).otherwise(pl.lit("")),
        "line",
        pl.when("goes_on").then(pl.lit(quote)).otherwise(pl.lit("")),
    )
    texts = (
        lines.with_row_index("number")
        .join(touched.lazy().select("number", "odd", "open", "goes_on"), on="number")
        .with_columns(line=shut)
        .collect(engine="streaming")
    )
    formed = f"^(?:{mark}(?:[^{mark}]|{mark}{mark})*{mark}|[^{mark}{sign}]*)"
    formed += f"(?:{sign}(?:{mark}(?:[^{mark}]|{mark}{mark})*{mark}|[^{mark}{sign}]*))*$"
    if not texts.filter("odd")["line"].str.contains(formed).all():
        return None
    if counted["goes_on"][-1]:
        raise _never_closed(path, counted.filter(~pl.col("open"))["number"][-1] + 1)
    outside = (
        pl.col("line")
        .str.replace_all(f"{mark}[^{mark}]*{mark}", "")
        .str.count_matches(separator, literal=True)
    )
    records = counted.join(
        texts.select("number", outside=outside), on="number", how="left", maintain_order="left"
    )
    return (
        records.with_columns(record=(~pl.col("open")).cum_sum().cast(pl.Int64) - 1)
        .group_by("record", maintain_order=True)
        .agg(
            pl.col("number").first(),
            fields=pl.coalesce("outside", pl.col("fields").cast(pl.Int64) - 1).sum() + 1,
            blank=pl.col("blank").all() & (pl.len() == 1),
        )
    )


def _never_closed(path: Path, line: int) -> TrinationalError:
    return TrinationalError(
        f"{path.name}, line {line}: a quoted cell is never closed", hint="mend or remove the quote"
    )


def _by_python(
    path: Path, content: Path | bytes, separator: str, quote: str, names: Sequence[str]
) -> pl.LazyFrame:
    """A file with quotes inside unquoted cells, which Polars cannot take apart: read record by record."""
    text = (content if isinstance(content, bytes) else content.read_bytes()).decode("utf-8-sig")
    reader = python_csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=quote)
    rows: list[list[str | int | None]] = []
    line, width = 0, len(names)
    try:
        for number, cells in enumerate(reader):
            wrong = f"{len(cells)} fields instead of {width} (line {line + 1})"
            problem = BLANK if not cells else None if len(cells) == width else wrong
            rows.append([number, problem, *cells[:width], *[None] * (width - len(cells))])
            line = reader.line_num
    except python_csv.Error as error:
        raise TrinationalError(f"{path.name}, line {line + 1}: {error}", hint="mend the quotes") from error
    last = rows[-1][-1] if rows else None
    if isinstance(last, str) and "\n" in last and not text.rstrip().endswith(quote):
        raise _never_closed(path, line - last.count("\n"))
    schema = {ROW: pl.Int64(), PROBLEM: pl.String(), **dict.fromkeys(names, pl.String())}
    return pl.DataFrame(rows[1:], schema, orient="row").lazy()


def lines(path: Path, encoding: str = "utf-8") -> list[str]:
    """The lines of a text file, gzipped or not, for layouts without separators.

    Raises `TrinationalError`: empty file, HTML page, truncated gzip, wrong encoding.
    """
    _beginning(path)
    try:
        return _bytes(path).decode(encoding).splitlines()
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path, encoding) from error


def objects(path: Path, under: str) -> pl.LazyFrame:
    """Flat JSON objects, gzipped or not, as text: `{"data": [{"taw": 1}, …]}` or the list alone.

    Parameters
    ----------
    under
        Name of the list in the file's object.

    Returns
    -------
    A column per name that occurs (text; true and false in lower case, lists and objects as JSON), `row`
    (1-based object) and `~problem` (an entry that is no object, or that lacks names of the others).

    Raises
    ------
    TrinationalError
        Empty file, HTML page, truncated gzip, no JSON, a name twice in an object, no such list.
    """
    found = parsed(path)
    entries = found.get(under) if isinstance(found, dict) else found
    if not isinstance(entries, list):
        raise TrinationalError(
            f"{path.name}: there is no list {under!r}", hint="is it the file that it claims to be?"
        )
    return texts(path, entries)


def parsed(path: Path) -> object:
    """A JSON file, gzipped or not; refuses what is none, and an object that has a name twice."""
    _beginning(path)
    try:
        found: object = json.loads(_bytes(path).decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path, "utf-8") from error
    except json.JSONDecodeError as error:
        message = f"{path.name}, line {error.lineno}: no JSON ({error.msg})"
        raise TrinationalError(message, hint="the download may be incomplete") from error
    return found


def texts(path: Path, entries: Sequence[object]) -> pl.LazyFrame:
    """The frame of `objects` from entries at hand."""
    rows: list[dict[str, object]] = [entry if isinstance(entry, dict) else {} for entry in entries]
    names = [*dict.fromkeys(name for row in rows for name in row)]
    if {ROW, PROBLEM} & {*names}:
        raise TrinationalError(f"{path.name}: a field is called {ROW!r}", hint="rename it in the file")
    cells = {name: pl.Series([_as_text(row.get(name)) for row in rows], dtype=pl.String) for name in names}
    wrong = [None if len(row) == len(names) else f"{len(row)} fields instead of {len(names)}" for row in rows]
    numbers = pl.int_range(1, len(rows) + 1, eager=True, dtype=pl.Int64)
    return pl.LazyFrame({**cells, ROW: numbers, PROBLEM: pl.Series(wrong, dtype=pl.String)})


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TrinationalError(f"an object has {twice!r} twice", hint="remove or rename one of them")
    return dict(pairs)


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
