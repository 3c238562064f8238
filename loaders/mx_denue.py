"""Establishments of Mexico's statistical directory (DENUE): one row an establishment, 42 columns.

Being listed is no proof of operation; the month is that of the entry. Units of up to ten workers, work in a
dwelling and owners not shown to be organizations are natural persons or may be: they are left out.
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, both, code, date, text
from loaders.people import fold, names_a_person, shows_a_firm
from loaders.row import Row
from loaders.sectors import known_class
from loaders.source import Download, Source, Table

# INEGI's numbers of the states, 01 to 32, as ISO 3166-2.
_STATES = (
    "AGU|BCN|BCS|CAM|COA|COL|CHP|CHH|CMX|DUR|GUA|GRO|HID|JAL|MEX|MIC"
    "|MOR|NAY|NLE|OAX|PUE|QUE|ROO|SLP|SIN|SON|TAB|TAM|TLA|VER|YUC|ZAC"
)
SUBDIVISIONS = {f"{number:02}": f"MX-{state}" for number, state in enumerate(_STATES.split("|"), start=1)}
_SMALL = r"^(?:0 a 5|6 a 10) personas$"
_BAND = r"^(?:([1-9][0-9]+) a ([0-9]+)|(251) y m.{1,2}s) personas$"


def establishments(path: Path) -> pl.LazyFrame:
    """The rows of an edition in Windows-1252 or UTF-8, with the operator told from persons."""
    return read.csv(path, encoding="utf-8" if _is_utf8(path) else "cp1252")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            while chunk := stream.read(1 << 22):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except (OSError, EOFError):
        return True
    return True


def units(row: Row) -> None:
    """One establishment."""
    name, owner, band = row["nom_estab"], row["raz_social"], row["per_ocu"]
    row.defaults("stated", first_seen=date(row["fecha_alta"]))
    row.skip("up to ten workers: households and natural persons are left out", when=band.str.contains(_SMALL))
    stated = pl.coalesce(band.str.contains(_BAND), False)
    row.skip("size not stated: natural persons are not ruled out", when=~stated)
    row.skip("work in a dwelling: a home address", when=fold(row["tipoUniEco"]).str.contains("VIVIENDA"))
    hidden = names_a_person(name) | (~shows_a_firm(owner) & (owner != name)).fill_null(False)
    row.skip("owner or name may be a natural person's: left out", when=hidden)
    latitude, longitude = _coordinates(row)
    plant = row.thing(
        "Plant",
        ("mx-denue-clee", row["clee"]),
        name=text(name),
        country="MX",
        subdivision=Value(
            row["cve_ent"], _subdivision(row["cve_ent"].str.zfill(2)), "a state's number", [*SUBDIVISIONS]
        ),
        municipality=text(row["municipio"]),
        place=text(row["localidad"]),
        address=text(_address(row)),
        postal_code=code(row["cod_postal"].str.zfill(5), "[0-9]{5}", "a postal code of five digits"),
        latitude=latitude,
        longitude=longitude,
        coordinate_precision=pl.when(latitude.clean.is_not_null()).then(pl.lit("site")),
        coordinate_source=pl.when(latitude.clean.is_not_null()).then(pl.lit("INEGI, DENUE")),
        size_band=_size(band),
    )
    operator = row.thing(
        "Corporation",
        ("mx-denue-operator", row["clee"]),
        when=owner.is_not_null(),
        name=text(owner),
        legal_name=text(owner),
        country="MX",
    )
    row.relation("Operation", plant=plant, operator=operator)
    known = known_class("scian-2023", row["codigo_act"])
    row.relation(
        "InSector",
        when=known.is_not_null(),
        member=plant,
        sector=row.ref("Sector", ("scian-2023", known)),
        code_as_stated=row["codigo_act"],
        note=pl.when(known != row["codigo_act"]).then(pl.lit("the nearest class of SCIAN 2023")),
    )
    row.ignore("id", why="the CLEE is the key")
    row.ignore("nombre_act", "entidad", "cve_mun", "cve_loc", why="code or name of the same is kept")
    row.ignore(
        "tipo_v_e_?",
        "nom_v_e_?",
        "edificio",
        "edificio_e",
        "numero_int",
        "letra_int",
        why="the street is kept",
    )
    row.ignore("tipoCenCom", "num_local", "ageb", "manzana", why="the street is kept")
    row.ignore("www", why="it may be a person's page")
    row.forbid("telefono", "correoelec")


def _subdivision(number: pl.Expr) -> pl.Expr:
    return number.replace_strict(SUBDIVISIONS, default=None, return_dtype=pl.String)


def _size(band: pl.Expr) -> Value:
    """`11-30`, `251+`: numbers of workers without words, whatever became of the accent."""
    parts = [band.str.extract(_BAND, group) for group in (1, 2, 3)]
    clean = pl.coalesce(pl.concat_str(parts[0], pl.lit("-"), parts[1]), parts[2] + "+")
    return Value(band, clean, "a size band (11 a 30 personas … 251 y más personas)")


def _address(row: Row) -> pl.Expr:
    """Street, number, settlement and industrial park."""
    kind = pl.when(~row["tipo_vial"].str.starts_with("OTRO")).then(row["tipo_vial"])
    street = [kind, *(row[name] for name in ("nom_vial", "numero_ext", "letra_ext"))]
    settlement = [row[name] for name in ("tipo_asent", "nomb_asent")]
    parts = [pl.concat_str(names, separator=" ", ignore_nulls=True) for names in (street, settlement)]
    said = [pl.when(part != "").then(part) for part in parts]
    whole = pl.concat_str([*said, row["nom_CenCom"]], separator=", ", ignore_nulls=True)
    return pl.when(whole != "").then(whole)


def _coordinates(row: Row) -> tuple[Value, Value]:
    """Latitude and longitude within Mexico and its seas, both or none; longitudes are signed."""
    found = []
    for axis, low, high in (("latitud", 14.0, 33.0), ("longitud", -119.0, -86.0)):
        number = row[axis].cast(pl.Float64, strict=False)
        inside = pl.when(number.is_between(low, high)).then(number)
        found.append(Value(row[axis], inside, f"a {axis} within Mexico ({low:g} to {high:g})"))
    return both(*found)


def _newest(paths: Sequence[Path]) -> str:
    """The newest month of entry: the files do not say which edition they are."""
    months = [
        establishments(path)
        .select(pl.col("fecha_alta").str.extract("^([0-9]{4}-[0-9]{2})").max())
        .collect()
        .item()
        for path in paths
    ]
    return max((month for month in months if month), default="undated")


SOURCE = Source(
    id="mx_denue",
    title="Directorio Estadístico Nacional de Unidades Económicas (DENUE)",
    publisher="INEGI",
    licence="Términos de libre uso de la información del INEGI",
    url="https://www.inegi.org.mx/contenidos/masiva/denue/denue_00_31-33_csv.zip",
    tables=(Table("denue_inegi*.csv*", establishments, units, expected_bytes=500),),
    release=_newest,
    raw="mx-denue",
    downloads=tuple(
        Download(
            f"https://www.inegi.org.mx/contenidos/masiva/denue/denue_00_{sector}_csv.zip",
            f"denue_00_{sector}_csv.zip",
            size,
        )
        for sector, size in (("21", None), ("31-33", 57_600_000), ("48-49", None), ("51", None))
    ),
    also_there=("PROVENANCE.md", "denue_diccionario*", "metadatos_denue*"),
)
