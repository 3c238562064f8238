"""Establishments of the Mexican register of emissions (RETC), one file a year, in three layouts.

Presence in the register is no proof of operation, and a missing year can mean that no report was sent: what
a record says is when it was first and last seen. Operators that may be natural persons are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, degrees, distinct, text
from loaders.people import split_operator
from loaders.places import MX_STATES, mx_state
from loaders.row import Ref, Row
from loaders.sectors import known_class
from loaders.source import Source, Table
from ontology import TrinationalError, nearest

# Columns of the layouts of 2004-2005 and 2012 under the names of all other years.
_RENAMED = {
    "Nombre": "NOMBRE",
    "Establecimiento": "NOMBRE",
    "Sector": "SECTOR",
    "Actividad principal SEMARNAT": "SUBSECTOR",
    "Actividad principal": "PRINCIPAL ACTIVIDAD PRODUCTIVA",
    "Actividad Principal": "PRINCIPAL ACTIVIDAD PRODUCTIVA",
    "Clave Ambiental": "CLAVE AMBIENTAL",
    "Número SCIAN": "SCIAN",
    "Coordenada UTM X": "COORDENADA UTM X",
    "Coordenada UTM Y": "COORDENADA UTM Y",
    "Latitud Norte": "LATITUD NORTE",
    "Longitud Oeste": "LONGITUD OESTE",
    "Estado": "ESTADO",
    "Entidad Federativa": "ESTADO",
    "Delegación\\Municipio": "MUNICIPIO",
    "Municipio": "MUNICIPIO",
    "Calle": "CALLE",
    "No. Exterior": "NÚM. EXT",
    "Número Exterior": "NÚM. EXT",
    "No. Interior": "NÚM. INT",
    "Número Interior": "NÚM. INT",
    "Entre calle 1": "ENTRE CALLE 1",
    "Entre calle 2": "ENTRE CALLE 2",
    "Entre Calle 1": "ENTRE CALLE 1",
    "Entre Calle 2": "ENTRE CALLE 2",
    "Colonia": "COLONIA",
    "Localidad": "LOCALIDAD",
    "Parque o puerto industrial": "PARQUE INDUSTRIAL",
    "Nombre Parque Industrial": "PARQUE INDUSTRIAL",
    "Código postal": "C.P.",
    "Código Postal": "C.P.",
}
_FILLER = r"(?i)^(?:N\W?A|N\W?D|S\W?N|NA NA|NO APLICA|NINGUN[OA](?: SN)?|SIN N(?:[UÚ]MERO|OMBRE)|\W*|0+)\W*$"
_ZERO = r"^[-0°º'\". ]*$"
_FOREIGN = r"(?i)\b(?:L\W?L\W?C|INC|LTD|LIMITED|SARL|L\W?P|A\W?S)\b\.?$"
_LATITUDES, _LONGITUDES = (14.0, 33.0), (-119.0, -86.0)
YEAR = "es_([0-9]{4})"


def yearly(path: Path) -> pl.LazyFrame:
    """A yearly file under the commonest column names; the cell of names is `NAME`."""
    frame = read.csv(path, separator="\t")
    columns = frame.collect_schema().names()
    titles = {"SCIAN": "DESCRIPCIÓN SCIAN"} if "Número SCIAN" in columns else {}
    frame = frame.rename(titles).rename(_RENAMED, strict=False).rename({"NOMBRE": "NAME"}, strict=False)
    present = frame.collect_schema().names()
    for column, told in {"NAME": "NOMBRE", "LATITUD NORTE": "", "LONGITUD OESTE": ""}.items():
        if column not in present:
            hint = nearest(told or column, columns) or "columns: " + ", ".join(columns)
            raise TrinationalError(f"{path.name}: column {told or column!r} is not there", hint=hint)
    return frame.with_columns(YEAR=pl.lit(_year(path)))


def parted(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The cell of names split in `OPERATOR` and `SITE` (`NAMED`: it was there), the degrees read."""
    named = pl.when(pl.col("NAME").str.strip_chars() != "").then(pl.lit("yes"))
    return _degrees(split_operator(rows.with_columns(NAMED=named)))


def _year(path: Path) -> str:
    digits = [part for part in path.name.replace(".", "_").split("_") if len(part) == 4 and part.isdigit()]
    return digits[0] if digits else ""


def establishments(row: Row) -> None:
    """One establishment in one year."""
    row.defaults("filed", as_of=row["YEAR"])
    row.skip(
        "operator not shown to be an organization: natural persons are left out",
        when=row["OPERATOR"].is_null() & row["NAMED"].is_not_null(),
    )
    latitude, longitude = (row[name].cast(pl.Float64) for name in ("NORTH", "EAST"))
    located = pl.when(latitude.is_not_null())
    plant = row.thing(
        "Plant",
        ("mx-retc-nra", row["NRA"]),
        name=text(pl.coalesce(row["SITE"], row["OPERATOR"])),
        country="MX",
        subdivision=Value(row["ESTADO"], mx_state(row["ESTADO"]), "a Mexican state", [*MX_STATES]),
        municipality=text(row["MUNICIPIO"]),
        place=text(_said(row["LOCALIDAD"])),
        address=text(_address(row)),
        postal_code=_postal_code(row["C.P."]),
        latitude=Value(row["LATITUD NORTE"], latitude, "a latitude of a place in Mexico"),
        longitude=Value(row["LONGITUD OESTE"], longitude, "a longitude of a place in Mexico"),
        coordinate_precision=located.then(pl.lit("site")),
        coordinate_source=located.then(pl.lit("as reported to the register")),
    )
    operator = row.thing(
        "Corporation",
        ("mx-retc-operator", row["NRA"]),
        when=row["OPERATOR"].is_not_null(),
        name=text(row["OPERATOR"]),
        legal_name=text(row["OPERATOR"]),
        country=pl.when(~row["OPERATOR"].str.contains(_FOREIGN)).then(pl.lit("MX")),
    )
    row.relation("Operation", plant=plant, operator=operator)
    _sector(row, plant)
    row.ignore("DESCRIPCIÓN SCIAN", "SECTOR", "SUBSECTOR", "CLAVE AMBIENTAL", why="the SCIAN code is kept")
    row.ignore("PRINCIPAL ACTIVIDAD PRODUCTIVA", why="an activity in words, not a product")
    row.ignore("COORDENADA UTM ?", why="the zone is not given; degrees are kept")
    row.ignore("ENTRE CALLE ?", "NÚM. INT", why="street and number are kept")


def _sector(row: Row, plant: Ref) -> None:
    stated = row.get("SCIAN")
    known = row.once("class", known_class("scian-2023", stated))
    unknown_edition = pl.lit("the source does not say which edition of SCIAN")
    older = pl.lit("an older edition of SCIAN: the nearest class of 2023")
    row.relation(
        "InSector",
        when=known.is_not_null(),
        member=plant,
        sector=row.ref("Sector", ("scian-2023", known)),
        code_as_stated=stated,
        note=pl.when(known == stated).then(unknown_edition).otherwise(older),
    )


def _said(cell: pl.Expr) -> pl.Expr:
    """A cell without the fillers that stand for nothing."""
    return pl.when(~cell.str.contains(_FILLER)).then(cell)


def _address(row: Row) -> pl.Expr:
    """Street, number, neighbourhood and industrial park of the site."""
    street = pl.concat_str(_said(row["CALLE"]), _said(row["NÚM. EXT"]), separator=" ", ignore_nulls=True)
    quarter, park = _said(row["COLONIA"]), _said(row["PARQUE INDUSTRIAL"])
    again = (quarter == park).fill_null(False)
    parts = [pl.when(street != "").then(street), quarter, pl.when(~again).then(park)]
    whole = pl.concat_str(parts, separator=", ", ignore_nulls=True)
    return pl.when(whole != "").then(whole)


def _postal_code(cell: pl.Expr) -> Value:
    """Five digits: a lost zero in front is put back; zeros alone stand for nothing."""
    given = pl.when(~cell.str.contains(r"^(?:0+|N/?A|ND|_|-)$")).then(cell)
    five = pl.when(given.str.contains("^[0-9]{4,5}$")).then(given.str.zfill(5))
    return Value(given, five, "a postal code of five digits")


def _degrees(frame: pl.LazyFrame) -> pl.LazyFrame:
    """`NORTH` and `EAST` (degrees as text) of a place in Mexico or its seas, both or none.

    Longitudes carry no sign. Cells of zeros, and a cell that only lacks its partner, are emptied: not wrong.
    """
    cells = pl.col("LATITUD NORTE").str.strip_chars(), pl.col("LONGITUD OESTE").str.strip_chars()
    staged = frame.with_columns(
        distinct(cells[0], lambda c: degrees(c, "latitude").clean, pl.Float64).alias("NORTH"),
        distinct(cells[1], lambda c: degrees(c, "longitude", west=True).clean, pl.Float64).alias("EAST"),
    ).with_columns(
        _north=pl.col("NORTH").is_between(*_LATITUDES).fill_null(False),
        _east=pl.col("EAST").is_between(*_LONGITUDES).fill_null(False),
    )
    pairs = (("LATITUD NORTE", "NORTH", "_north", "_east"), ("LONGITUD OESTE", "EAST", "_east", "_north"))
    both = pl.when(pl.col("_north") & pl.col("_east"))
    kept = [
        expr
        for cell, name, fits, other in pairs
        for expr in (
            both.then(pl.col(name).cast(pl.String)).alias(name),
            pl.when((~pl.col(fits) | pl.col(other)) & ~pl.col(cell).str.contains(_ZERO))
            .then(cell)
            .alias(cell),
        )
    ]
    return staged.with_columns(kept).drop("_north", "_east")


def _newest(paths: Sequence[Path]) -> str:
    return max(map(_year, paths))


SOURCE = Source(
    id="mx_retc",
    title="Registro de Emisiones y Transferencia de Contaminantes: establecimientos",
    publisher="SEMARNAT",
    licence="Libre Uso MX",
    url="http://sinat.semarnat.gob.mx/retc/retc/index.php",
    tables=(Table("es_*.csv*", yearly, establishments, parted, expected_rows=1, expected_bytes=100),),
    release=_newest,
    snapshot=YEAR,
    raw="mx-retc",
    also_there=("nra_por_anio.csv*", "PROVENANCE.md"),
)
