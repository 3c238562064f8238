"""Files -> frames of text: one place that refuses what is not the file it claims to be."""

from __future__ import annotations

import codecs
import csv as python_csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import polars as pl

from ontology import TrinationalError

ROW = "row"
PROBLEM = "~problem"
BLANK = "blank line"
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
    The file's columns (text; runs of white space in a name are one space), `row` (1-based data row) and
    `~problem` (what is wrong with the row as a whole: ragged or blank).

    Raises
    ------
    TrinationalError
        Empty file, HTML page, truncated gzip, wrong encoding, doubled column, line ends of CR alone,
        a quoted cell that is never closed.
    """
    head = _beginning(path)
    names = _header(path, head, separator, quote, encoding)
    if _headers_only.get():
        return pl.LazyFrame(schema={**dict.fromkeys([*names, PROBLEM], pl.String()), ROW: pl.Int64()})
    content = _content(path, encoding)
    problems = _ragged(path, content, separator, quote, len(names))
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
            head = stream.read(1 << 18)
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


def _header(path: Path, head: bytes, separator: str, quote: str | None, encoding: str) -> list[str]:
    text = codecs.getincrementaldecoder(_with_bom(encoding))("replace").decode(head)
    if quote is None:
        names = text.split("\n", 1)[0].split(separator)
    else:
        names = next(python_csv.reader(io.StringIO(text), delimiter=separator, quotechar=quote), [])
    names = [" ".join(name.split()) for name in names]
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
    return names


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
        with gzip.open(path) as stream:
            return stream.read()
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


def _ragged(path: Path, content: Path | bytes, separator: str, quote: str | None, width: int) -> pl.DataFrame:
    """`row` and `~problem` of the rows that have more or fewer fields than the header."""
    try:
        records = _records(path, pl.scan_lines(content), separator, quote)
    except pl.exceptions.ComputeError as error:
        raise _wrong_encoding(path, "utf-8") from error
    reason = pl.format("{} fields instead of {} (line {})", "fields", pl.lit(width), pl.col("number") + 1)
    return records.filter((pl.col("record") > 0) & ((pl.col("fields") != width) | pl.col("blank"))).select(
        pl.col("record").cast(pl.Int64).alias(ROW),
        pl.when("blank").then(pl.lit(BLANK)).otherwise(reason).alias(PROBLEM),
    )


def _records(path: Path, lines: pl.LazyFrame, separator: str, quote: str | None) -> pl.DataFrame:
    """`record` (0 is the header), `number` of its first line, `fields`, `blank`."""
    line = pl.col("line")
    cells = {"fields": line.str.count_matches(separator, literal=True) + 1, "quotes": pl.lit(0)}
    if quote is not None:
        mark, sign = re.escape(quote), re.escape(separator)
        quotes = line.str.count_matches(quote, literal=True)
        parts = line.str.count_matches(f"{mark}[^{mark}]*{mark}|{sign}")
        cells = {"fields": parts + 1 - quotes // 2, "quotes": quotes}
    counted = (
        lines.select(**cells, blank=line.str.len_bytes() == 0)
        .with_row_index("number")
        .collect(engine="streaming")
    )
    if quote is None or not (counted["quotes"] % 2 == 1).any():
        return counted.with_columns(record="number")
    return _joined_lines(path, lines.collect().hstack(counted), separator, quote)


def _joined_lines(path: Path, lines: pl.DataFrame, separator: str, quote: str) -> pl.DataFrame:
    """Records that go on over several lines while a quote is open."""
    mark = re.escape(quote)
    total = pl.col("quotes").cum_sum()
    opening, closing = (total - pl.col("quotes")) % 2 == 1, total % 2 == 1
    shut = pl.concat_str(
        pl.when("open").then(pl.lit(quote)).otherwise(pl.lit("")),
        "line",
        pl.when("goes_on").then(pl.lit(quote)).otherwise(pl.lit("")),
    )
    outside = shut.str.replace_all(f"{mark}[^{mark}]*{mark}", "").str.count_matches(separator, literal=True)
    counted = lines.with_columns(open=opening, goes_on=closing).with_columns(
        outside=outside, record=(~pl.col("open")).cum_sum().cast(pl.Int64) - 1
    )
    if counted["goes_on"][-1]:
        last = counted.filter(~pl.col("open"))["number"][-1] + 1
        raise TrinationalError(
            f"{path.name}, line {last}: a quoted cell is never closed", hint="mend or remove the quote"
        )
    return counted.group_by("record", maintain_order=True).agg(
        pl.col("number").first(),
        fields=pl.col("outside").sum() + 1,
        blank=pl.col("blank").all() & (pl.len() == 1),
    )
