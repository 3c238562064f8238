"""What in the files of the sources is personal, and where any of it stands in texts that were written.

Personal are the cells of forbidden columns, and the names of natural persons that loaders leave out by rule.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from loaders import Source, nested, read, sources
from loaders.gleif import _LEVEL1
from loaders.load import plan
from loaders.people import fold, split_operator
from loaders.plan import TablePlan

PHONE = (
    r"\b[2-9][0-9]{2}\)?[-. ]+[0-9]{3}[-.][0-9]{4}\b|\([2-9][0-9]{2}\) ?[0-9]{3}[-. ]?[0-9]{4}\b"
    r"|\b(?i:tel|phone|fax|cel|teléfono)[.: ]+[(+0-9][-() .0-9]{6,}"
)
MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
# Columns of names in which natural persons stand too, and what the loader makes of those that it keeps.
MIXED = {
    "us_nlrb": (("Case Name", "FIRM"), ("Name", "FIRM")),
    "us_fmcs_f7": (("Employer", "FIRM"), ("Union", "UNION")),
    "us_stoppages_fmcs": (("Employer", "FIRM"),),
    "us_stoppages_cornell": (("EMPLOYER", "FIRM"),),
    "mx_cfcrl": (("Nombre Empresa", "EMPLOYER"),),
    "mx_stps": (("Empresa", "EMPLOYER"),),
}
# Words of bodies: some reports give an office where the name of an officer belongs.
OFFICES = (
    *("AFL", "AMERICAN", "ASSOCIATION", "BLDG", "CHAPTER", "CIO", "CONNECTICUT", "COUNCIL", "IBEW", "LOCAL"),
    *("LODGE", "LU", "NATIONAL", "OF", "TREASURER", "UNION", "USACE", "WORKERS"),
)
_SUFFIXES = ("JR", "SR", "II", "III", "IV", "ESQ", "MR", "MRS", "MS", "DR")
_FULL_NAMES = r"(?i)represent|full name|petitioner|investigator|officer"


def real_files(raw: Path) -> dict[str, list[Path]]:
    """Files of every registered source that has some below the raw folder, and the built-in ones."""
    found = {}
    for source in sources().values():
        folder = source.folder or raw / source.raw
        files = [path for path in folder.rglob("*") if path.is_file() and _is_of(source, path)]
        if files:
            found[source.id] = sorted(files)
    return found


def _is_of(source: Source, path: Path) -> bool:
    return any(path.match(table.pattern) for table in source.tables)


def tables(files: Mapping[str, Sequence[Path]]) -> Iterator[tuple[str, TablePlan]]:
    """Each table that the files are read as, by source."""
    for source, paths in files.items():
        for table in plan(sources()[source], paths).tables:
            yield source, table


def forbidden_cells(files: Mapping[str, Sequence[Path]]) -> pl.DataFrame:
    """Each distinct cell of each forbidden column: source, column, value."""
    found = [pl.DataFrame(schema=dict.fromkeys(("source", "column", "value"), pl.String))]
    for source, table in tables(files):
        for path in table.files if table.row.forbidden else ():
            rows = table.table.read(path)
            for name in {*table.row.forbidden} & {*rows.collect_schema().names()}:
                cells = rows.select(pl.lit(source).alias("source"), pl.lit(name).alias("column"), _cell(name))
                found.append(cells.drop_nulls().unique().collect())
    return pl.concat(found).unique().sort("source", "column", "value")


def _cell(name: str) -> pl.Expr:
    cell = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(cell != "").then(cell).alias("value")


def allowed_cells(files: Mapping[str, Sequence[Path]]) -> pl.DataFrame:
    """Each distinct cell of the other columns of the same files, as they stand there: source, value."""
    found = [pl.DataFrame(schema=dict.fromkeys(("source", "value"), pl.String))]
    for source, table in tables(files):
        for path in table.files if table.row.forbidden else ():
            if {".txt", ".csv"} & {*path.suffixes}:
                rows = _as_it_stands(path)
                for name in {*rows.collect_schema().names()} - {*table.row.forbidden, read.ROW, read.PROBLEM}:
                    cells = rows.select(pl.lit(source).alias("source"), _cell(name))
                    found.append(cells.drop_nulls().unique().collect())
    return pl.concat(found).unique()


def _as_it_stands(path: Path) -> pl.LazyFrame:
    """The rows of a text file, without what a loader makes of them."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        header = stream.readline(1 << 16)
    piped = header.count(b"|") > header.count(b",")
    return read.csv(path, separator="|" if piped else ",", quote=None if piped else '"', encoding="cp1252")


def officers(files: Mapping[str, Sequence[Path]]) -> pl.Series:
    """Full names in forbidden columns, first name first."""
    found = [pl.Series("name", [], pl.String)]
    for _, table in tables(files):
        for path in table.files if table.row.forbidden else ():
            rows = table.table.read(path)
            names = [n for n in table.row.forbidden if n in rows.collect_schema().names()]
            parts = [n for end in ("FIRSTNAME", "LASTNAME") for n in names if n.endswith(end)]
            full = [pl.col(n) for n in names if pl.select(pl.lit(n).str.contains(_FULL_NAMES)).item()]
            full += [pl.concat_str(*parts, separator=" ")] if parts else []
            found += [rows.select(name=name).drop_nulls().unique().collect()["name"] for name in full]
    return pl.concat(found).unique()


def left_out(files: Mapping[str, Sequence[Path]]) -> dict[str, pl.Series]:
    """Names that loaders leave out as natural persons', by source: of several words, as they stand there."""
    found: dict[str, list[pl.Series]] = {}
    for source, table in tables({name: files[name] for name in MIXED if name in files}):
        for path in table.files:
            rows = table.table.read(path)
            present = {*rows.collect_schema().names()}
            for cell, kept in MIXED[source]:
                if {cell, kept} <= present:
                    hidden = rows.filter(pl.col(kept).is_null()).select(name=pl.col(cell)).collect()["name"]
                    found.setdefault(source, []).append(hidden)
    for source, names in (("mx_retc", _operators(files)), ("gleif", _sole_proprietors(files))):
        found[source] = [names]
    return {source: pl.concat(names).drop_nulls().unique() for source, names in found.items()}


def _operators(files: Mapping[str, Sequence[Path]]) -> pl.Series:
    """First parts of the cells of the Mexican register whose operator is not shown to be an organization."""
    names = ("NOMBRE", "Nombre", "Establecimiento")
    frames = [read.csv(path, separator="\t").collect() for path in files.get("mx_retc", ())]
    cells = [frame.select(NAME=next(n for n in names if n in frame.columns)) for frame in frames]
    rows = pl.concat([pl.DataFrame(schema={"NAME": pl.String}), *cells]).with_columns(CELL="NAME")
    hidden = split_operator(rows.lazy()).collect().filter(pl.col("OPERATOR").is_null())
    return hidden.select(name=pl.col("CELL").str.split(",").list.first().str.strip_chars(" ."))["name"]


def _sole_proprietors(files: Mapping[str, Sequence[Path]]) -> pl.Series:
    found = [pl.Series("name", [], pl.String)]
    for path in files.get("gleif", ()):
        if "lei" in path.name and path.suffix in (".json", ".xml"):
            rows = nested.scan(path, _LEVEL1)
            hidden = rows.filter(pl.col("Entity.EntityCategory") == "SOLE_PROPRIETOR")
            found.append(hidden.select(name="Entity.LegalName").collect()["name"])
    return pl.concat(found)


def plain(texts: pl.Expr) -> pl.Expr:
    """Words of two letters or more in capitals without accents, a blank before and after each."""
    words = fold(texts).str.replace_all("[^A-Z]+", " ").str.strip_chars()
    return (" " + words + " ").str.replace_all(r"\b[A-Z] ", "").str.replace_all(" +", " ")


def pairs(names: pl.Series) -> pl.DataFrame:
    """`first` and `last` word of each name of a person, in capitals; what names an office is left out."""
    words = plain(pl.col("name")).str.strip_chars().str.split(" ").list.set_difference([*_SUFFIXES])
    split = names.to_frame("name").select(words=words).filter(pl.col("words").list.len() > 1)
    persons = split.filter(pl.col("words").list.set_intersection([*OFFICES]).list.len() == 0)
    ends = persons.select(first=pl.col("words").list.first(), last=pl.col("words").list.last())
    return ends.unique().sort("first", "last")


def either_way(ends: pl.DataFrame) -> pl.Series:
    """First name before last name and last before first, with blanks around."""
    orders = (("first", "last"), ("last", "first"))
    ways = [ends.select(pair=pl.format(" {} {} ", *order))["pair"] for order in orders]
    return pl.concat(ways).unique()


def holding(texts: pl.Series, patterns: pl.Series, reviewed: Sequence[str] = ()) -> pl.DataFrame:
    """Texts with the patterns (` WORD WORD `) that they hold outside of the wordings that were reviewed."""
    passages = {f" {words} ": " | " for words in reviewed} or {" | ": " | "}
    found = (
        texts.to_frame("text")
        .with_columns(plain=plain(pl.col("text")))
        .filter(pl.col("plain").str.contains_any(patterns.implode()))
        .with_columns(plain=pl.col("plain").str.replace_many(passages))
    )
    every = pl.col("plain").str.extract_many(patterns.implode(), overlapping=True)
    return found.select("text", found=every).explode("found").drop_nulls()


def written(folder: Path) -> pl.Series:
    """Every distinct text in the files below a folder, but for stores."""
    found = [pl.Series("text", [], pl.String)]
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not _of_store(path)):
        if path.suffix == ".parquet":
            found += [cells.unique() for cells in _texts(path)]
        elif path.suffix == ".sqlite":
            found.append(_of_index(path))
        else:
            found.append(pl.Series("text", path.read_text().splitlines()))
    return pl.concat([cells.alias("text") for cells in found]).drop_nulls().unique()


def _of_store(path: Path) -> bool:
    return any(part.startswith(("store", "scratch-", "graph.lbug")) for part in path.parts)


def _texts(path: Path) -> Iterator[pl.Series]:
    for column in pl.read_parquet(path).get_columns():
        cells = column.explode() if isinstance(column.dtype, pl.List) else column
        if cells.dtype == pl.String:
            yield cells


def _of_index(path: Path) -> pl.Series:
    asked = "SELECT name FROM thing UNION SELECT id FROM thing UNION SELECT text FROM variant"
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute(f"{asked} UNION SELECT folded FROM variant").fetchall()
    return pl.Series("text", [row[0] for row in rows], pl.String)


def decoded(nquads: bytes) -> pl.Series:
    """Distinct lines of N-Quads, `%20` and the like as the characters that they stand for."""
    return pl.Series("text", unquote(nquads.decode()).splitlines()).unique()
