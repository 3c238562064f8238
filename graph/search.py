"""Name search: every name, key and place of every thing in one SQLite FTS5 file, accents folded.

A text is folded to lower-case words without accents or punctuation, in the index and in the question alike,
so that `Querétaro`, `QUERETARO` and `s.a. de c.v.` find what they mean. Hits stand in this order: a name or
key that is the text, one that begins with it, then things that hold all its words (the last one may be
unfinished) by BM25. Only where nothing is found, parts of words and then words of like spelling are tried.
"""

from __future__ import annotations

import difflib
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import polars as pl

from ontology import TrinationalError, WrongUseError, model, nearest

_NAMES = ("name", "native_name", "abbreviation", "other_names", "legal_name", "ticker")
_KEYS = ("record_id", "id", "same_as", "designation", "number", "code", "hs_code", "lei", "ein", "cik")
_PLACES = ("place", "municipality", "subdivision")
_FIELDS = {"names": _NAMES, "keys": _KEYS, "texts": _PLACES}
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE thing (key INTEGER PRIMARY KEY, id TEXT, kind TEXT, name TEXT, country TEXT);
CREATE TABLE variant (key INTEGER, field INTEGER, text TEXT, folded TEXT);
CREATE VIRTUAL TABLE words USING fts5(names, keys, texts, content='',
    tokenize='unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
"""
_INDEXES = """
CREATE INDEX variant_folded ON variant (folded, key) WHERE field < 2;
CREATE INDEX variant_key ON variant (key);
"""


def fold(text: pl.Expr) -> pl.Expr:
    """Lower-case words without accents and punctuation, one blank between.

    >>> pl.select(fold(pl.lit("Querétaro, S.A. de C.V."))).item()
    'queretaro s a de c v'
    """
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return plain.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def write_index(graph_folder: Path, target: Path) -> None:
    """Write the search index of a built graph to the SQLite file `target`, replacing it.

    Reads `things.parquet`, `said/*.parquet` (what each source said: so every variant of a name is found, not
    only the preferred one) and `Making.parquet` (a plant is found by what it makes).
    """
    things = pl.read_parquet(graph_folder / "things.parquet", columns=["id", "kind", "name", "country"])
    things = things.sort("id").with_row_index("key", offset=1)
    variants = _variants(graph_folder, things.select("id", "key"))
    words = variants.group_by("key").agg(
        pl.col("folded").filter(pl.col("field") == number).str.join(" ").alias(field)
        for number, field in enumerate(_FIELDS)
    )
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as base:
        base.executescript(_TABLES)
        base.executemany("INSERT INTO thing VALUES (?, ?, ?, ?, ?)", things.iter_rows())
        base.executemany("INSERT INTO variant VALUES (?, ?, ?, ?)", variants.iter_rows())
        base.executemany(
            "INSERT INTO words (rowid, names, keys, texts) VALUES (?, ?, ?, ?)", words.sort("key").iter_rows()
        )
        base.executescript(_INDEXES)
        base.commit()


def search(
    index: Path, text: str, kind: str | None = None, country: str | None = None, limit: int | None = 20
) -> list[dict[str, str | None]]:
    """Things whose names, keys, places or products match `text`, best first.

    Parameters
    ----------
    kind
        A kind of the ontology; `Organization` takes unions, corporations and associations too.
    country
        ISO 3166-1 alpha-2 code.
    limit
        The most rows; `None` for all.

    Returns dictionaries with `id`, `kind`, `name` (the preferred one), `country` and `match` (the text that
    matched), an empty list where nothing is like `text`. Words are whole or, for the last one, begun; there
    is no stemming and no translation.

    Raises
    ------
    WrongUseError
        The kind is unknown.
    TrinationalError
        The index cannot be read.
    """
    query = str(pl.select(fold(pl.lit(text))).item())
    if not query or limit == 0:
        return []
    where, values = _filters(kind, country)
    most = sys.maxsize if limit is None else limit
    address = f"file:{quote(str(index.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as base:
            keys = _find(_Search(base, where, values, most), query)
            return [_row(base, key, found) for key, found in keys.items()]
    except sqlite3.Error as error:
        raise TrinationalError(
            f"cannot read the search index {index}: {error}", hint="run `trinational build` to write it again"
        ) from error


class _Search:
    """One open index with the filters of one question; each method gives keys of things, best first."""

    def __init__(self, base: sqlite3.Connection, where: str, values: list[str], limit: int) -> None:
        self.base, self.where, self.values, self.limit = base, where, values, limit

    def _keys(self, select: str, order: str, *values: str) -> Iterator[int]:
        sql = f"{select} {self.where} {order} LIMIT {self.limit}"
        return (key for (key, *_) in self.base.execute(sql, [*values, *self.values]))

    def named(self, query: str) -> Iterator[int]:
        select = (
            "SELECT key, min(field) AS f FROM variant JOIN thing USING (key) WHERE field < 2 AND folded = ?"
        )
        return self._keys(select, "GROUP BY key ORDER BY f, id", query)

    def begun(self, query: str) -> Iterator[int]:
        select = """SELECT key, min(field * 1000 + length(folded)) AS f FROM variant JOIN thing USING (key)
            WHERE field < 2 AND folded >= ? AND folded < ?"""
        return self._keys(select, "GROUP BY key ORDER BY f, id", query, query + "\U0010ffff")

    def worded(self, query: str) -> Iterator[int]:
        match = " ".join(f'"{word}"' for word in query.split()) + "*"
        select = "SELECT thing.key FROM words JOIN thing ON thing.key = words.rowid WHERE words MATCH ?"
        return self._keys(select, "ORDER BY bm25(words, 10, 5, 1), id", match)

    def within(self, query: str) -> Iterator[int]:
        select = """SELECT key, min(field * 1000 + length(folded)) AS f FROM variant JOIN thing USING (key)
            WHERE instr(folded, ?) > 0"""
        return self._keys(select, "GROUP BY key ORDER BY f, id", query)

    def spelled(self, query: str) -> str | None:
        """The text with each unknown word replaced by the most alike word of the index."""
        words = [self._alike(word) for word in query.split()]
        return None if None in words else " ".join(word for word in words if word)

    def _alike(self, word: str) -> str | None:
        likely = "SELECT term FROM vocabulary WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?"
        bounds = (word[0], word[0] + "\U0010ffff", len(word) - 2, len(word) + 2)
        terms = [term for (term,) in self.base.execute(likely, bounds)]
        return (
            word
            if word in terms
            else next(iter(difflib.get_close_matches(word, terms, n=1, cutoff=0.7)), None)
        )


def _find(asked: _Search, query: str) -> dict[int, str]:
    """Keys of the hits, best first, each with the text it was found by."""
    found: dict[int, str] = {}

    def take(keys: Iterable[int], by: str) -> None:
        for key in keys:
            if len(found) < asked.limit:
                found.setdefault(key, by)

    for way in (asked.named, asked.begun, asked.worded):
        if len(found) < asked.limit:
            take(way(query), query)
    if not found:
        take(asked.within(query), query)
    if not found and (other := asked.spelled(query)):
        take(asked.worded(other), other)
    return found


def _row(base: sqlite3.Connection, key: int, query: str) -> dict[str, str | None]:
    thing = base.execute("SELECT id, kind, name, country FROM thing WHERE key = ?", [key]).fetchone()
    variants = base.execute("SELECT field, text, folded FROM variant WHERE key = ?", [key]).fetchall()
    words = query.split()

    def worth(variant: tuple[int, str, str]) -> tuple[object, ...]:
        field, text, folded = variant
        held = [any(have.startswith(word) for have in folded.split()) for word in words]
        return (
            folded != query,
            not folded.startswith(query),
            -sum(held),
            query not in folded,
            field,
            len(text),
            text,
        )

    return dict(zip(("id", "kind", "name", "country"), thing, strict=True)) | {
        "match": min(variants, key=worth)[1]
    }


def _filters(kind: str | None, country: str | None) -> tuple[str, list[str]]:
    where, values = "", list[str]()
    if kind is not None:
        kinds = model().leaves(kind)
        if not kinds:
            raise WrongUseError(f"no such kind: {kind!r}", hint=nearest(kind, model().kinds))
        where += f" AND kind IN ({', '.join('?' * len(kinds))})"
        values += kinds
    if country is not None:
        where += " AND country = ?"
        values.append(country.upper())
    return where, values


def _variants(graph_folder: Path, keys: pl.DataFrame) -> pl.DataFrame:
    """Texts by which things are found: key of the thing, field (position in `_FIELDS`), text, folded text."""
    frames = [frame for path in sorted((graph_folder / "said").glob("*.parquet")) for frame in _texts(path)]
    made = graph_folder / "Making.parquet"
    products = graph_folder / "said" / "Product.parquet"
    if made.is_file() and products.is_file():
        named = pl.scan_parquet(products).select(pl.col("id").alias("product"), pl.col("name").alias("text"))
        making = pl.scan_parquet(made).select("product", pl.col("plant").alias("id"))
        frames.append(
            making.join(named, on="product").select("id", pl.lit(2, pl.Int64).alias("field"), "text")
        )
    return (
        pl.concat(frames)
        .drop_nulls("text")
        .unique()
        .with_columns(fold(pl.col("text")).alias("folded"))
        .filter(pl.col("folded") != "")
        .join(keys.lazy(), on="id")
        .select("key", "field", "text", "folded")
        .sort("key", "field", "text")
        .collect()
    )


def _texts(path: Path) -> Iterator[pl.LazyFrame]:
    table = pl.scan_parquet(path)
    columns = table.collect_schema()
    for number, field in enumerate(_FIELDS.values()):
        for name in field:
            if name in columns:
                text = table.select("id", pl.lit(number, pl.Int64).alias("field"), pl.col(name).alias("text"))
                yield text.explode("text") if isinstance(columns[name], pl.List) else text
