"""The official tables -> one frame of sectors with their links.

Editions present: NAICS 2022 (US Census Bureau), SCIAN 2023 (INEGI), ISIC Rev. 4 (UN), and two concordances
of other editions: SCIAN 2018-ISIC 4 and NAICS 2017-ISIC 4. There is no NAICS-SCIAN table: the `T` at the end
of a SCIAN title says that Canada, the United States and Mexico agreed on the class.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ontology.errors import TrinationalError

FILES = {
    "naics": "naics2022-codes.csv",
    "scian": "SCIAN_2023124_141359987.xlsx",
    "isic": "ISIC_Rev_4_english_structure.txt",
    "naics_isic": "2017_NAICS_to_ISIC_4.xlsx",
    "scian_isic": "scian2018-ciiu4.csv",
}
# The trilateral sectors whose codes differ: wholesale, retail and government.
_RECODED = {"43": "42", "46": "44-45", "93": "92"}
_CODE = r"^\d{2,6}(-\d{2})?$"


def sectors(folder: Path) -> pl.DataFrame:
    """Sectors of the three classifications from the official tables in `folder`, by scheme and code.

    Raises `TrinationalError` where a file is missing; each of `FILES` is needed.
    """
    for name in FILES.values():
        if not (folder / name).is_file():
            raise TrinationalError(f"no file {name} in {folder}", hint="all official tables are needed")
    naics, scian, isic = _naics(folder), _scian(folder), _isic(folder)
    exact = _exact(naics, scian)
    close = pl.concat(
        [
            _close(scian, exact.select(at="scian", exact_match="naics")),
            _close(naics, exact.select(at="naics", exact_match="scian")),
            _naics_isic(folder, naics, isic),
            _scian_isic(folder, scian, isic),
        ]
    )
    both = pl.concat([exact.select(id="scian", match="naics"), exact.select(id="naics", match="scian")])
    found = pl.concat([naics, scian.drop("trilateral"), isic])
    for name, links in (("exact_match", both), ("close_match", close)):
        lists = links.group_by("id").agg(pl.col("match").unique().sort().str.join(" ").alias(name))
        found = found.join(lists, on="id", how="left", maintain_order="left")
    return found.sort("scheme", "code")


def _naics(folder: Path) -> pl.DataFrame:
    rows = pl.read_csv(folder / FILES["naics"], infer_schema=False)
    return _shape(rows.select("code", name="title"), "naics-2022", "US")


def _scian(folder: Path) -> pl.DataFrame:
    sheet = pl.read_excel(folder / FILES["scian"], has_header=False, infer_schema_length=0)
    rows = sheet.select(code="column_0", title=pl.col("column_1").str.strip_chars())
    rows = rows.filter(pl.col("code").str.contains(_CODE))
    name = pl.col("title").str.strip_suffix("T")
    marks = rows.select("code", trilateral=pl.col("title").str.ends_with("T"))
    return _shape(rows.select("code", name=name), "scian-2023", "MX").join(marks, on="code", how="left")


def _isic(folder: Path) -> pl.DataFrame:
    rows = pl.read_csv(folder / FILES["isic"], infer_schema=False).select(code="Code", name="Description")
    section = pl.when(pl.col("code").str.contains("^[A-Z]$")).then("code").forward_fill()
    rows = rows.with_columns(above=section)
    above = pl.when(pl.col("code").str.len_chars() == 2).then("above").otherwise(pl.col("code").str.head(-1))
    above = pl.when(pl.col("code").str.len_chars() > 1).then(above)
    named = rows.select("code", "name", broader="isic-4:" + above)
    return named.select(
        _id("isic-4"),
        "name",
        country=pl.lit(None, pl.String),
        code="code",
        scheme=pl.lit("isic-4"),
        broader="broader",
    )


def _id(scheme: str) -> pl.Expr:
    return (pl.lit(scheme + ":") + pl.col("code")).alias("id")


def _shape(rows: pl.DataFrame, scheme: str, country: str) -> pl.DataFrame:
    """Adds id, scheme and the class above: one digit less, and `31-33` for `336`."""
    tops = rows.filter(pl.col("code").str.contains("-"))["code"].to_list()
    held = {str(n): top for top in tops for n in range(int(top[:2]), int(top[3:]) + 1)}
    up = pl.col("code").str.head(-1)
    above = pl.when(pl.col("code").str.contains(r"^\d{3,6}$")).then(up.replace(held))
    return rows.select(
        _id(scheme),
        pl.col("name").str.strip_chars(),
        country=pl.lit(country),
        code="code",
        scheme=pl.lit(scheme),
        broader=pl.lit(scheme + ":") + above,
    )


def _exact(naics: pl.DataFrame, scian: pl.DataFrame) -> pl.DataFrame:
    """Trilateral classes: id of each in SCIAN and in NAICS."""
    marked = scian.filter("trilateral").select(scian="id", code=pl.col("code").replace(_RECODED))
    return marked.join(naics.select("code", naics="id"), on="code").select("scian", "naics")


def _close(rows: pl.DataFrame, exact: pl.DataFrame) -> pl.DataFrame:
    """Without an exact match: that of the deepest trilateral class above, of four digits or more."""
    found = rows.join(exact, left_on="id", right_on="at", how="anti").select("id", at="broader")
    links = []
    for _ in range(2):
        hits = found.join(exact, on="at").filter(pl.col("at").str.contains(r":\d{4,}$"))
        links.append(hits.select("id", match="exact_match"))
        above = rows.select(at="id", above="broader")
        found = found.join(hits, on="id", how="anti").join(above, on="at").select("id", at="above")
    return pl.concat(links)


def _plain(title: pl.Expr) -> pl.Expr:
    return title.str.to_lowercase().str.replace_all(r"[,\s]+", " ").str.strip_chars()


def _same_title(links: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Links of another edition hold where code and title did not change."""
    return links.join(rows.select("code", "id", "name"), on="code").filter(
        _plain(pl.col("title")) == _plain(pl.col("name"))
    )


def _naics_isic(folder: Path, naics: pl.DataFrame, isic: pl.DataFrame) -> pl.DataFrame:
    sheet = pl.read_excel(folder / FILES["naics_isic"], has_header=False, infer_schema_length=0)
    found = sheet.select(code="column_1", title="column_2", isic=pl.col("column_4").str.strip_chars())
    padded = "isic-4:" + pl.col("isic").str.zfill(4)
    target = pl.when(padded.is_in(isic["id"].to_list())).then(padded).otherwise("isic-4:" + pl.col("isic"))
    return _same_title(found, naics).select("id", match=target).join(isic.select(match="id"), on="match")


def _scian_isic(folder: Path, scian: pl.DataFrame, isic: pl.DataFrame) -> pl.DataFrame:
    rows = pl.read_csv(folder / FILES["scian_isic"], infer_schema=False)
    found = rows.select(code="SCIAN", title="SCIAN_string", match="isic-4:" + pl.col("CIIU"))
    return _same_title(found, scian).select("id", "match").join(isic.select(match="id"), on="match")
