"""Mines, smelters and refineries: owners, what they make, where they ship to; hand-collected from reports.

A facility of Canada, Mexico or the United States is a plant; so is a sub-site, part of its facility. One
elsewhere is said only where it ships to one of these. Sectors are read from what is mined or made, to four
digits, where the countries agree. Of yearly figures only the newest year is said, without its amount. The
sheets are numbered through: the first row of `sub_sites` follows the last of `general`.

Known defects. Coordinates of some facilities lie in another state than the one named: they are left out.
States are misspelt (`West Virgina`, `Ontaria`) or missing: then the state is that of the coordinates, the
facility or its sub-sites, as `inferred`. Rows of kind `Region` add up several mines and are no plants. The
owners of a facility come from its latest report only, without dates but for `After 2007:`, `Until 2007:` and
`sold on`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import polars as pl

from loaders import boundaries, office
from loaders.clean import Value, date, decimal, degrees, text
from loaders.people import fold
from loaders.places import subdivision_of
from loaders.read import ROW
from loaders.row import Ref, Row
from loaders.source import Source, Table
from loaders.us_names import may_be_person

COUNTRIES = {"Canada": "CA", "Mexico": "MX", "United States": "US"}
_ELSEWHERE = {"Cuba": "CU"}  # those that ship to the three
_USED = {
    "general": "mine_fac country state region latitude longitude mine_or_processing commodities_products",
    "sub_sites": "mine_fac sub_site latitude longitude commodities_products",
    "minerals_ores_conce": "mine_fac",
    "commodities": "mine_fac sub_site commodity year value",
    "processing": "mine_fac sub_site process_output year",
    "transport": "mine_fac sub_site product transport_to export? year",
    "capacity_reserves": "mine_fac",
    "waste": "mine_fac",
    "other_info": "mine_fac sub_site owners operators year",
}
_AMOUNTS = ("minerals_ores_conce", "capacity_reserves", "waste")
_MISSPELT = {
    "WEST VIRGINA": "WEST VIRGINIA",
    "VIRGINA": "VIRGINIA",
    "ONTARIA": "ONTARIO",
    "ZACETECAS": "ZACATECAS",
}
_OWNER = r"(?:(?:After|Until) [0-9]{4}: *)?[^(),|][^()|]*\([0-9.]+ ?%\)"
_SHARE = r" *\(([0-9.]+) ?%\)$"
_PERIOD = r"^(After|Until) ([0-9]{4}): *"
_COAL, _GEMS, _STEEL, _ALUMINIUM = "coal|lignite", "diamond", "steel|iron|coke", "alumin"
_STATUSES = {"in development": "planned", "construction": "planned", "Project": "planned"}
_OF_NO_ROW = {"url": None, "further_urls": None, "page_title": None}  # of what many rows name


def sheets(path: Path) -> pl.LazyFrame:
    """All sheets as one table, numbered through, with what other sheets say of a row's facility.

    `SHEET`; of the facility what `_facilities` gives and `SHIPS` (to the three countries); of a shipment
    `BUYER`; `OWNERS` (`|` between them) and `BESIDE`, what else their cell says; `NEWEST` (no later row of
    the same facility and product), `YEARS`; `STATE` by the coordinates.
    """
    about = path.stat()
    return _numbered(path, about.st_mtime_ns, about.st_size).lazy()


@lru_cache(maxsize=1)
def _numbered(path: Path, changed: int, size: int) -> pl.DataFrame:
    """The whole table; kept, because it is asked for twice: for its columns and for its rows."""
    found = {sheet: _sheet(path, sheet) for sheet in _USED}
    facilities = _facilities(found["general"], found["sub_sites"])
    transport = _with_buyers(found["transport"], found["general"], found["sub_sites"])
    buyers = facilities.select(BUYER_FACILITY="mine_fac", BUYER_NATION="NATION")
    transport = transport.join(buyers, on="BUYER_FACILITY", how="left", maintain_order="left")
    made = pl.col("value").is_not_null() & (pl.col("value") != "0")
    found |= {
        "transport": _newest(transport, "product", "transport_to"),
        "commodities": _newest(found["commodities"].with_columns(MADE=made), "commodity", "MADE"),
        "processing": _newest(found["processing"], "process_output"),
        "other_info": _with_owners(found["other_info"]),
    }
    into = transport.filter(pl.col("BUYER_NATION").is_in([*COUNTRIES.values()]))
    ships = into.select("mine_fac", SHIPS=pl.lit("yes")).unique()
    whole = pl.concat(found.values(), how="diagonal").drop(ROW, "BUYER_FACILITY", "BUYER_NATION", "MADE")
    for known in (facilities, ships):
        whole = whole.join(known, on="mine_fac", how="left", maintain_order="left")
    numbered = whole.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    return _by_place(numbered)


def _sheet(path: Path, sheet: str) -> pl.DataFrame:
    frame = office.frame(path, office.grid(path, sheet), 1).collect()
    office.require(path, frame.columns, *_USED[sheet].split())
    cells = pl.col(*_USED[sheet].split()).str.strip_chars()
    return frame.with_columns(cells, SHEET=pl.lit(sheet)).with_columns(
        pl.when(pl.col("mine_fac") != "").then("mine_fac")
    )


def _facilities(general: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """Per facility `NATION`, `REGION`, `NAMED_STATE`; `FACILITY_STATE`, by its name, place or sub-sites."""
    nation = pl.col("country").replace_strict(COUNTRIES | _ELSEWHERE, default=None, return_dtype=pl.String)
    region = pl.when(pl.col("mine_or_processing") == "Region").then(pl.lit("yes"))
    named = [
        subdivision_of(fold(pl.col(column)).replace(_MISSPELT), pl.col("NATION"))
        for column in ("state", "region")
    ]
    found = _by_place(
        general.with_columns(NATION=nation).unique("mine_fac", keep="first", maintain_order=True)
    )
    below = _by_place(sites.join(found.select("mine_fac", "NATION"), on="mine_fac")).filter(
        pl.col("STATE").is_not_null()
    )
    one = pl.when(pl.col("STATE").n_unique() == 1).then(pl.col("STATE").first()).alias("BELOW")
    found = found.join(below.group_by("mine_fac").agg(one), on="mine_fac", how="left")
    return found.select(
        "mine_fac",
        "NATION",
        REGION=region,
        NAMED_STATE=pl.coalesce(named),
        FACILITY_STATE=pl.coalesce(*named, "STATE", "BELOW"),
    )


def _by_place(frame: pl.DataFrame) -> pl.DataFrame:
    return boundaries.with_subdivision(frame.lazy(), "NATION", "latitude", "longitude").collect()


def _with_buyers(transport: pl.DataFrame, general: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """`BUYER`: the facility or sub-site of the list that a shipment goes to."""
    site = pl.concat_str("mine_fac", "sub_site", separator="/")
    names = [
        general.select(transport_to="mine_fac", BUYER="mine_fac", BUYER_FACILITY="mine_fac"),
        sites.select(transport_to="sub_site", BUYER=site, BUYER_FACILITY="mine_fac"),
    ]
    named = pl.concat(names).unique("transport_to", keep="first", maintain_order=True)
    return transport.join(named, on="transport_to", how="left", maintain_order="left")


def _newest(frame: pl.DataFrame, *of: str) -> pl.DataFrame:
    """`NEWEST`, and `YEARS`: in which years the same facility and product stand there."""
    key = ["mine_fac", "sub_site", *of]
    place = pl.col("year").fill_null("").rank("ordinal", descending=True).over(key)
    years = pl.col("year").drop_nulls().unique().sort().str.join(", ").over(key)
    return frame.with_columns(NEWEST=pl.when(place == 1).then(pl.lit("yes")), YEARS=years)


def _with_owners(frame: pl.DataFrame) -> pl.DataFrame:
    owners = pl.col("owners").str.extract_all(_OWNER).list.eval(pl.element().str.strip_chars(" ,"))
    beside = pl.col("owners").str.replace_all(_OWNER, "").str.strip_chars(" ,")
    found = owners.list.join("|")
    return frame.with_columns(
        OWNERS=pl.when(found != "").then(found).otherwise("owners"), BESIDE=pl.when(found != "").then(beside)
    )


def rows(row: Row) -> None:
    """A row of any sheet."""
    sheet = row["SHEET"]
    links = row["source_url"].str.extract_all(r"https?://[^ ;]+")
    row.defaults(
        "stated",
        url=links.list.first(),
        further_urls=pl.when(links.list.len() > 1).then(links.list.slice(1)),
        page_title=text(row["source"]),
        page_class="press_or_other",
        evidence_type="study",
    )
    ours = row["NATION"].is_in([*COUNTRIES.values()]).fill_null(False)
    shipped = (row["SHIPS"] == "yes") & sheet.is_in(["general", "transport"])
    row.skip("not in Canada, Mexico or the United States", when=~(ours | shipped.fill_null(False)))
    row.skip("amounts of ore, waste and reserves", when=sheet.is_in(_AMOUNTS))
    row.skip(
        "a region: figures of several facilities", when=(row["REGION"] == "yes") & row["sub_site"].is_null()
    )
    plant = _plant(row)
    _say_products(row, sheet, plant)
    _say_sectors(row, plant, when=sheet == "general")
    _say_owners(row)
    _say_shipment(row, sheet == "transport", plant)
    _ignore(row)


def _key(row: Row) -> pl.Expr:
    return pl.concat_str(row["mine_fac"], row["sub_site"], separator="/", ignore_nulls=True)


def _plant(row: Row) -> Ref:
    """The facility of a row of `general`, or the sub-site of a row of any sheet."""
    whole, site = row["SHEET"] == "general", row["sub_site"].is_not_null()
    state = row["NAMED_STATE"]
    facility = row.ref("Plant", ("mining-facility", row["mine_fac"]), when=site & row["REGION"].is_null())
    name = pl.when(site).then(pl.concat_str(row["sub_site"], row["mine_fac"], separator=", "))
    plant = row.thing(
        "Plant",
        ("mining-facility", _key(row)),
        when=whole | site,
        name=text(name.otherwise(row["mine_fac"])),
        other_names=_names(row),
        country=row["NATION"],
        subdivision=pl.when(whole).then(state),
        municipality=text(row["location_municipality"]),
        place=text(pl.coalesce(row["district"], row["sector"], row["region"], row["state"])),
        latitude=_within(row, "latitude", state),
        longitude=_within(row, "longitude", state),
        opened=date(row["production_start"]),
        closed=date(row["production_end"]),
        part_of=facility,
        note=text(_remark(row)),
    )
    there, given = whole | site, whole & state.is_not_null()
    by_place = there & state.is_null() & row["STATE"].is_not_null()
    by_whole = there & ~given & ~by_place & row["FACILITY_STATE"].is_not_null()
    inferred = (
        (by_place, row["STATE"], "by the coordinates"),
        (by_whole & site, row["FACILITY_STATE"], "that of its facility"),
        (by_whole & ~site, row["FACILITY_STATE"], "that of its sub-sites"),
    )
    for when, subdivision, note in inferred:
        row.thing(
            "Plant",
            ("mining-facility", _key(row)),
            when=when,
            subdivision=subdivision,
            status="inferred",
            note=note,
        )
    _say_status(row, plant)
    return row.ref("Plant", ("mining-facility", _key(row)))


def _within(row: Row, axis: str, state: pl.Expr) -> Value:
    """Degrees, where they lie in the state that is named."""
    value = degrees(row[axis], axis)
    elsewhere = (row["STATE"] != state).fill_null(False)
    return Value(value.raw, pl.when(~elsewhere).then(value.clean), f"a {axis} in the state that is named")


def _names(row: Row) -> Value:
    cell = pl.coalesce(row["mine_other_names"], row["sub_site_other_name"])
    parts = cell.str.split(",").list.eval(pl.element().str.strip_chars())
    return Value(cell, parts.list.eval(pl.element().filter(pl.element() != "")), "names", many=True)


def _say_status(row: Row, plant: Ref) -> None:
    year = pl.coalesce(
        row["year_activity_status"], row["activity_status"].str.extract(r"^stopped .*([0-9]{4})$")
    )
    status = _status(row)
    row.relation("PlantStatus", when=status.is_not_null(), plant=plant, plant_status=status, as_of=date(year))


def _status(row: Row) -> pl.Expr:
    cell = row["activity_status"]
    known = cell.replace_strict(_STATUSES, default=None, return_dtype=pl.String)
    return pl.when(cell.str.starts_with("stopped")).then(pl.lit("idled")).otherwise(known)


def _remark(row: Row) -> pl.Expr:
    """The comment on a facility, and a status that no term says."""
    status = pl.when(_status(row).is_null()).then(pl.lit("status: ") + row["activity_status"])
    parts = pl.concat_str(row["comment"], status, separator="; ", ignore_nulls=True)
    return pl.when((parts != "") & row["SHEET"].is_in(["general", "sub_sites"])).then(parts)


def _say_products(row: Row, sheet: pl.Expr, plant: Ref) -> None:
    """What a facility makes: by its own row, and the newest year of each yearly figure."""
    of = row.ref("Plant", ("mining-facility", _key(row)))
    item = text(row.each("commodities_products", ","))
    product = row.thing("Product", ("product", item.clean.str.to_lowercase()), name=item, **_OF_NO_ROW)
    row.relation("Making", plant=of, product=product)
    amount = row["value"].is_not_null() & (row["value"] != "0")
    newest = row["NEWEST"] == "yes"
    row.skip(
        "the same facility and product in a later year",
        when=row["NEWEST"].is_null() & row["YEARS"].is_not_null(),
    )
    for column, there in (
        ("commodity", (sheet == "commodities") & amount),
        ("process_output", sheet == "processing"),
    ):
        cell = text(row[column])
        made = row.thing(
            "Product",
            ("product", cell.clean.str.to_lowercase()),
            when=there & newest & row[column].is_not_null(),
            name=cell,
            **_OF_NO_ROW,
        )
        row.relation("Making", column, plant=plant, product=made, as_of=date(row["year"]))


def _say_sectors(row: Row, plant: Ref, when: pl.Expr) -> None:
    """Four-digit classes by the kind of facility and what it yields; the same in NAICS and SCIAN."""
    kind, goods = row["mine_or_processing"], row["commodities_products"].str.to_lowercase()
    mine, works = kind.str.contains("Mine"), kind.str.contains("Smelter|Refinery")
    coal, steel, aluminium = (goods.str.contains(words) for words in (_COAL, _STEEL, _ALUMINIUM))
    gems = goods.str.contains(_GEMS)
    classes = {
        "2121": mine & coal,
        "2123": mine & gems,
        "2122": mine & ~coal & ~gems,
        "3311": works & steel & ~mine,
        "3313": works & aluminium & ~mine,
        "3314": works & ~mine & ~steel & ~aluminium,
    }
    for scheme, nations in (("naics-2022", ("CA", "US")), ("scian-2023", ("MX",))):
        for cls, fits in classes.items():
            row.relation(
                "InSector",
                when=when & fits & row["NATION"].is_in(nations),
                member=plant,
                sector=row.ref("Sector", (scheme, cls)),
                status="inferred",
                note="by the kind of facility and its products",
            )


def _say_owners(row: Row) -> None:
    """Owners with their shares, and who operates the facility, as of the year of the report."""
    year = row["year"]
    plant = row.ref("Plant", ("mining-facility", _key(row)))
    item = row.each("OWNERS", "|")
    name = text(item.str.replace(_PERIOD, "").str.replace(_SHARE, ""))
    after, bound = item.str.extract(_PERIOD, 1), item.str.extract(_PERIOD, 2)
    sold = row["BESIDE"].str.extract("sold on .*?([0-9]{4})")
    owner = row.thing(
        "Corporation", ("mining-owner", name), when=~may_be_person(name.clean), name=name, **_OF_NO_ROW
    )
    row.relation(
        "Operation",
        (_key(row), name, year.fill_null("")),
        plant=plant,
        operator=owner,
        operator_role="owner",
        share_pct=decimal(item.str.extract(_SHARE)),
        since=pl.when(after == "After").then(bound),
        until=pl.coalesce(pl.when(after == "Until").then(bound), sold),
        as_of=date(year),
        note=text(pl.coalesce(row["BESIDE"], pl.when(after.is_not_null()).then(row["owners"]))),
    )
    runs = text(row["operators"])
    operator = row.thing(
        "Corporation", ("mining-owner", runs), when=~may_be_person(runs.clean), name=runs, **_OF_NO_ROW
    )
    row.relation(
        "Operation",
        (_key(row), runs, year.fill_null(""), "operator"),
        plant=plant,
        operator=operator,
        operator_role="operator",
        as_of=date(year),
    )


def _say_shipment(row: Row, here: pl.Expr, plant: Ref) -> None:
    """A shipment to a facility of the list, or to another plant that is named."""
    to, listed = row["transport_to"], row["BUYER"]
    row.skip("shipped to a port: no buyer is named", when=here & to.str.contains(r"(?i)\bport\b"))
    row.skip("no place that it ships to", when=here & to.is_null())
    row.skip(
        "shipped within one facility", when=here & (listed.str.starts_with(row["mine_fac"] + pl.lit("/")))
    )
    named = row.thing(
        "Plant",
        ("mining-named", to),
        when=here & listed.is_null(),
        name=text(to),
        country=pl.when(row["export?"].str.to_lowercase() == "no").then(row["NATION"]),
        **_OF_NO_ROW,
    )
    row.thing(
        "Plant",
        ("mining-named", to),
        when=here & listed.is_null() & row["export?"].is_null(),
        country=row["NATION"],
        status="inferred",
        note="country of the mine: no export is named",
    )
    goods = text(row["product"])
    product = row.thing(
        "Product",
        ("product", goods.clean.str.to_lowercase()),
        when=here & row["product"].is_not_null(),
        name=goods,
        **_OF_NO_ROW,
    )
    shipped = pl.concat_str(pl.lit("reported for "), row["YEARS"])
    note = pl.concat_str(
        shipped, pl.lit("by ") + row["transport_by"], row["comment"], separator="; ", ignore_nulls=True
    )
    known = row.ref("Plant", ("mining-facility", listed), when=here & listed.is_not_null())
    for buyer in (known, named):
        row.relation(
            "Supply",
            "ships",
            when=here,
            supplier=plant,
            buyer=buyer,
            product=product,
            as_of=date(row["year"]),
            note=text(pl.when(note != "").then(note)),
        )


def _ignore(row: Row) -> None:
    row.ignore("country", why="NATION has its code")
    row.ignore("province", why="of other countries")
    row.ignore("mining_facility_types", "mine_types", "type_*", "certification_scheme", why="technical")
    row.ignore("surface_area", "unit_surface_area", "claim_*", "unit_concession_area", why="areas")
    row.ignore(
        "min_ore_con",
        "minerals_and_ores",
        "mineral",
        "waste_type",
        "total_material",
        why="what the amounts are of",
    )
    row.ignore("unit", "grade*", "all_metals_*", "amount_sold", "production_share", "yield", why="amounts")
    row.ignore("mine_processing", "recovery_*", "metal*", "no_estimation", "stripping_ratio", why="amounts")
    row.ignore("process_input*", "process_output_*", "mine_site_*", why="amounts that go in and come out")
    row.ignore("processing_capacity_*", "reserves_*", why="amounts of capacity and reserves")
    row.ignore("export_to", why="countries; no buyer is named")
    row.ignore("reporting_period", why="remark on the year")


SOURCE = Source(
    id="mining",
    title="Open database on global coal and metal mine production: facilities, owners, shipments",
    publisher="Jasansky, Lieber, Giljum, Maus (2023)",
    licence="CC BY-SA 4.0",
    url="https://doi.org/10.5281/zenodo.7369478",
    tables=(Table("detailed_data_mining*.xlsx", sheets, rows, expected_bytes=5000),),
    raw="mining-open-database",
    also_there=("PROVENANCE.md",),
)
