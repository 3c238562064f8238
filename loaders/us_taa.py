"""Petitions for Trade Adjustment Assistance and what the US Department of Labor determined.

A certification says officially that workers lost jobs to trade. Only one on the ground of a shift says that
work moved, and only the country that the finding names is said: a petition's allegation, a denial or a list
of countries beside the decision says nothing of the kind. Codes of the NAFTA programme (1994-2002) name
ground and country; the codes of later decisions look alike and are another list, of which no key was at hand.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, code, date, degrees, flag, integer, term, text
from loaders.places import us_state
from loaders.row import Ref, Row
from loaders.sectors import known_class
from loaders.source import Download, Source, Table

_OUTCOMES = {
    "C": "certified",
    "P": "partly_certified",
    "D": "not_certified",
    "T": "terminated",
    "W": "withdrawn",
    "Certified": "certified",
    "Partially Certified": "partly_certified",
    "Denied": "not_certified",
    "Terminated": "terminated",
    "Withdrawn": "withdrawn",
}
_GROUNDS = {
    "shift": "shift of production or services",
    "shift_or_acquisition": "shift, or acquisition from abroad: the ground does not say which",
    "increased_imports": "increased imports",
    "secondary_worker": "supplier or downstream producer of a firm whose workers were certified",
    "itc": "injury found by the International Trade Commission",
    "negative": "none",
}
NAFTA = {
    "C1": ("shift of production to Mexico", "MX"),
    "C2": ("shift of production to Canada", "CA"),
    "C3": ("increased imports by customers from Mexico", None),
    "C4": ("increased imports by customers from Canada", None),
    "C5": ("increased imports by customers, origin not identified", None),
    "C6": ("increased imports by the company from Mexico", None),
    "C7": ("increased imports by the company from Canada", None),
    "C8": ("increased imports by the company, origin not identified", None),
    "C9": ("increased aggregate imports from Mexico or Canada", None),
    "D1": ("none: no shift, and imports did not contribute importantly", None),
    "D2": ("none: no separations since 8 December 1993", None),
    "D3": ("none: no article is produced", None),
    "D4": ("none: production moved within the country", None),
    "D5": ("none: no decline and no shift", None),
    "D6": ("none: no decline of employment and no shift", None),
    "T1": ("terminated", None),
}
_ALLEGATIONS = {
    "allegation_of_shift": "shift_abroad",
    "allegation_of_company_imports": "company_imports",
    "allegation_of_customer_imports": "customer_imports",
    "allegation_of_secondary_supplier": "supplier_to_affected_firm",
    "allegation_of_downstream_producer": "downstream_of_affected_firm",
    "allegation_of_itc": "injury_found_by_itc",
}
# Words of a product -> class of NAICS 2022, for goods that one class holds; services are left alone.
_GOODS = (
    (r"tire molds", "333511"),
    (r"\btires?\b", "326211"),
    (r"automo|\bvehicle (?:part|tank)|suspension and shock|wire harness", "3363"),
    (r"agricultural|tillage", "333111"),
    (r"mining equipment", "333131"),
    (r"crushing|paving equipment", "333120"),
    (r"compressors", "333912"),
    (r"gaskets", "339991"),
    (r"gas appliance", "335220"),
)
_SERVICE = r"services|activities|testing|administration"
_COUNTRY = r"\b(Mexico|Canada)\b"
_CODES = {"Mexico": "MX", "Canada": "CA"}
_KEY = "[0-9]{1,6}[A-Z]{0,3}"
_DATES = ("MM/DD/YYYY", "M/D/YYYY")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_WHEN = rf"\bin ({'|'.join(_MONTHS)}) ([0-9]{{4}})\b"
_URL = "https://www.dol.gov/agencies/eta/tradeact/petitioners/petitions/taw?num="
_PAGE = {
    "petitioner": "Petitioner Type",
    "impact_date": "Impact Date",
    "filed_date": "Filed Date",
    "most_recent_update": "Most Recent Update",
    "det_date": "Determination Date",
    "expiration_date": "Expiration Date",
}


def petitions(path: Path) -> pl.LazyFrame:
    """Records of the API of the Department of Labor."""
    frame = read.objects(path, "data")
    return frame.with_columns(_key(frame, "tawsuff"))


def foia(path: Path) -> pl.LazyFrame:
    """The list that the Department gives out; its headings changed over the years."""
    frame = read.csv(path)
    names = {name: _HEADINGS.get(_plain(name), name) for name in frame.collect_schema().names()}
    return _keyed(frame.rename(names))


_HEADINGS = {
    "taw": "taw",
    "suffix": "suffix",
    "workergroup": "worker_group_name",
    "workergroupname": "worker_group_name",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "petitioner": "petitioner",
    "naics": "naics_code",
    "determcode": "det_code",
    "detcode": "det_code",
    "determinationdate": "det_date",
    "detdate": "det_date",
    "estnoworkers": "est_workers_obj",
    "estworkersobj": "est_workers_obj",
}


def _plain(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def _key(frame: pl.LazyFrame, name: str) -> pl.Expr:
    """The key without white space: the API ends it with a tab."""
    known = name in frame.collect_schema().names()
    cell = pl.col(name).str.replace_all(r"[\s,]", "") if known else pl.lit(None, pl.String)
    return cell.alias("KEY")


def _keyed(frame: pl.LazyFrame) -> pl.LazyFrame:
    names = frame.collect_schema().names()
    if not {"taw", "suffix"} <= {*names}:
        return frame
    parts = [pl.col(name).str.strip_chars() for name in ("taw", "suffix")]
    return frame.with_columns(
        pl.concat_str(parts, ignore_nulls=True).str.replace_all(r"[\s,]", "").alias("KEY")
    )


def decisions(path: Path) -> pl.LazyFrame:
    """Decisions copied out by hand, with what the words of each finding name."""
    frame = read.csv(path)
    if not {"tawsuff", "quote", "basis"} <= {*frame.collect_schema().names()}:
        return frame
    quotes = frame.select(pl.col("quote").drop_nulls().unique()).collect()["quote"]
    named = {quote: "|".join(_found(quote)) for quote in quotes}
    countries = pl.col("quote").replace_strict(named, default=None, return_dtype=pl.String)
    return frame.with_columns(
        _key(frame, "tawsuff"),
        pl.when(countries != "").then(countries).alias("FOUND"),
        pl.col("quote").str.contains("alleged").cast(pl.String).alias("ALLEGED"),
    )


def _found(quote: str) -> list[str]:
    """Countries that the finding itself names: neither those of an allegation nor those of a denial.

    >>> _found("alleged ... a shift to Mexico. ... The investigation revealed a shift to Canada")
    ['Canada']
    """
    found: list[str] = []
    alleged = False
    for passage in quote.replace("[", "").replace("]", "").split("..."):
        alleged = "alleged" in passage or (alleged and not re.search("reveal|conclude|determine", passage))
        if not alleged and not re.search(r"\b(?:no|not|nor|neither)\b", passage):
            found += re.findall(_COUNTRY, passage)
    return [*dict.fromkeys(found)]


def pages(path: Path) -> pl.LazyFrame:
    """Texts of decision pages, one after the other; those of the list beside it are marked."""
    rows = [_page(part) for part in re.split(r"(?m)^=== TAW-", path.read_text(encoding="utf-8"))[1:]]
    names = ["KEY", "source_url", "status", "worker_group_name", "city", "state", "PLACE", *_PAGE]
    cells = {name: pl.Series([row.get(name) for row in rows], dtype=pl.String) for name in names}
    beside = path.with_name("taa_determinations_transcribed.csv")
    known = read.csv(beside).select("tawsuff").collect()["tawsuff"].to_list() if beside.is_file() else []
    return pl.LazyFrame(cells).with_columns(LISTED=pl.col("KEY").is_in(known).cast(pl.String))


def _page(part: str) -> dict[str, str | None]:
    """What the head of a page says, and the place that the decision itself names."""
    first, _, body = part.partition("\n")
    key, _, url = first.partition(" ")
    row: dict[str, str | None] = {"KEY": key, "source_url": url, "status": body.partition("\n")[0].strip()}
    head = re.search(rf"TAW-{re.escape(key)}\s*/\s*(.+?)\s*\(([^()]+), ([A-Z]{{2}})\)", body)
    if head:
        row |= dict(zip(("worker_group_name", "city", "state"), head.groups(), strict=True))
    for name, label in _PAGE.items():
        found = re.search(rf"(?m)^{label}: *([0-9A-Za-z/ ]*)$", body)
        row[name] = found[1] if found else None
    place = re.search(r"(?m)^([A-Z][A-Z .'-]+), (?:[A-Z]+ ?)+$", body)
    row["PLACE"] = place[1].strip() if place else None
    return row


def api(row: Row) -> None:
    """A petition as the API or the published list gives it: no ground is said, so no shift is."""
    outcome = row["det_code"].str.head(1)
    row.defaults("filed", page_class="official", evidence_type="taa", url=_URL + row["KEY"])
    sic, naics = row.get("sic"), row["naics_code"]
    note = pl.concat_str(
        pl.lit("decision code ") + row["det_code"],
        pl.when(row.get("countries_obj").is_not_null()).then(
            pl.lit("countries beside the decision, not a finding: ") + row.get("countries_obj")
        ),
        pl.when(naics.str.contains("^0*$").fill_null(True)).then(pl.lit("SIC ") + sic),
        _covered(row),
        separator="; ",
        ignore_nulls=True,
    )
    group = _Group(row, outcome, note=pl.when(note != "").then(note), allegations=_alleged(row))
    _product(row, group, pl.coalesce(row.get("product"), row.get("service")))
    known = known_class("naics-2022", naics)
    row.relation(
        "InSector",
        when=known.is_not_null(),
        member=group.plant,
        sector=row.ref("Sector", ("naics-2022", known)),
        code_as_stated=naics,
        note=pl.when(known != naics).then(pl.lit("the nearest class of NAICS 2022")),
    )
    _leave_out(row)


def _leave_out(row: Row) -> None:
    row.forbid("petitioner_names", "last_investigator", "certifying_officer_last_name")
    row.ignore("allegation_text", "request_for_amendment", why="free text of petitioners, may name people")
    row.ignore("taw", "suffix", "tawsuff", why="KEY is both without white space")
    row.ignore("inv_det_code", "cas_*", "most_recent_update", "inst_date", why="steps of the investigation")
    row.ignore("inv_days", "number_of_*", "wg_*", "reqrecon2_mis", why="workload of the office")
    row.ignore("ataa_*", "est_workers_ataa_deprecated", why="wage insurance of older workers")
    row.ignore("display_*", "zip_plus_4", "congressional_*", why="display and further parts of the address")
    row.ignore("worker_group_type", why="articles or services: the product says it")
    row.ignore("naics_code_year", "naics_title_*", why="the code is kept")
    row.ignore("alleged_itc_*", why="number and title of a finding by another agency")


def _alleged(row: Row) -> Value | None:
    """What the petition says of the cause."""
    if "allegation_of_shift" not in row:
        return None
    said = [pl.when(flag(row[name]).clean).then(pl.lit(word)) for name, word in _ALLEGATIONS.items()]
    words = pl.concat_list(said).list.drop_nulls()
    raw = pl.coalesce(pl.when(flag(row[name]).bad).then(row[name]) for name in _ALLEGATIONS)
    return Value(raw, pl.when((words.list.len() > 0) & raw.is_null()).then(words), "yes or no", many=True)


def decided(row: Row) -> None:
    """A decision that was read: its ground, and the shift that it finds."""
    basis = row.get("basis")
    row.skip("the list beside it has this decision", when=(row.get("LISTED") == "true").fill_null(False))
    row.defaults("filed", page_class="official", evidence_type="taa", url=row["source_url"])
    unknown = pl.lit("not in the text at hand")
    note = pl.concat_str(
        pl.lit("ground: ") + basis.replace_strict(_GROUNDS, default=basis).fill_null(unknown),
        pl.when(row.get("ALLEGED") == "true").then(
            pl.lit("the petition alleged, the text at hand does not find: ") + row.get("countries_named")
        ),
        pl.when(row.get("PLACE").str.to_uppercase() != row["city"].str.to_uppercase()).then(
            pl.lit("the decision itself names ") + row.get("PLACE")
        ),
        _covered(row),
        separator="; ",
        ignore_nulls=True,
    )
    group = _Group(row, row["status"], note=note, update=row["most_recent_update"])
    shift = (basis == "shift").fill_null(False) & (row["status"] == "Certified").fill_null(False)
    found = row.get("FOUND").is_not_null()
    if "FOUND" in row:
        product = _product(row, group, row["product"])
        effective = _month(row["quote"])
        to = row.each("FOUND", "|").replace_strict(_CODES, default=None, return_dtype=pl.String)
        for destination, when in ((to, shift & found), (None, shift & ~found)):
            group.shift(destination, when, product=product, effective=effective, words=row["quote"])
        _goods(row, group.plant)
        _supplies(row, group)
    row.ignore("taw", "suffix", "tawsuff", why="KEY is both without white space")


def _product(row: Row, group: _Group, name: pl.Expr) -> Ref:
    """What the workers made or served."""
    product = row.thing(
        "Product", ("product", name.str.to_lowercase()), when=name.is_not_null(), name=text(name)
    )
    row.relation("Making", plant=group.plant, product=product)
    return product


def _month(quote: pl.Expr) -> pl.Expr:
    """`in February 2003` -> `2003-02`."""
    numbers = {name: f"{number:02}" for number, name in enumerate(_MONTHS, start=1)}
    month = quote.str.extract(_WHEN, 1).replace_strict(numbers, default=None, return_dtype=pl.String)
    return pl.concat_str(quote.str.extract(_WHEN, 2), month, separator="-")


def _goods(row: Row, plant: Ref) -> None:
    """The class of what the workers made, read from its words."""
    product = row["product"].str.to_lowercase()
    known = pl.coalesce(pl.when(product.str.contains(words)).then(pl.lit(cls)) for words, cls in _GOODS)
    goods = pl.when(~product.str.contains(_SERVICE)).then(known)
    row.relation(
        "InSector",
        when=goods.is_not_null(),
        member=plant,
        sector=row.ref("Sector", ("naics-2022", goods)),
        status="inferred",
        note=pl.lit("read from the product: ") + row["product"],
    )


def _supplies(row: Row, group: _Group) -> None:
    """A certified secondary worker supplies a firm, which the decision does not name."""
    quote = row["quote"]
    supplier = (row["basis"] == "secondary_worker") & quote.str.contains("is a Supplier to a firm")
    buyer = row.thing(
        "Corporation",
        ("us-taa-firm", pl.lit("customer of TA-W-") + row["KEY"]),
        when=supplier.fill_null(False) & (row["status"] == "Certified"),
        name=pl.concat_str(pl.lit("a customer of "), row["worker_group_name"], pl.lit(", not named")),
        status="found",
    )
    row.relation("Supply", supplier=group.plant, buyer=buyer, status="found", as_of=group.determined)


def nafta(row: Row) -> None:
    """A petition of the NAFTA programme, whose codes name ground and country."""
    decision = code(row["DECISION"], "|".join(NAFTA), "a code of the NAFTA-TAA key (C1-C9, D1-D6, T1)")
    row.defaults("filed", page_class="official", evidence_type="taa")
    grounds = {name: ground for name, (ground, _) in NAFTA.items()}
    countries = {name: to for name, (_, to) in NAFTA.items() if to}
    note = pl.concat_str(
        pl.lit("decision code "),
        decision.clean,
        pl.lit(": "),
        decision.clean.replace_strict(grounds, default=None),
    )
    group = _Group(row, Value(row["DECISION"], decision.clean.str.head(1), decision.wants), note=note)
    to = decision.clean.replace_strict(countries, default=None, return_dtype=pl.String)
    group.shift(to, to.is_not_null())
    row.ignore("ID", "SUFF", why="KEY is both")
    row.ignore("ADD2", "INSDATE", "ST_FIND", why="second line of the address; steps before the Department")


def nafta_table(path: Path) -> pl.LazyFrame:
    """The table of the key `NAFTA table`, named as the other layouts are."""
    frame = read.csv(path)
    names = frame.collect_schema().names()
    renamed = {
        "NAME": "worker_group_name",
        "DIVIS": "second_name",
        "CITY": "city",
        "ST": "state",
        "ZIP": "zip",
    }
    renamed |= {"OTAADATE": "petition_date", "DEC_DATE": "det_date", "ADD1": "street_address"}
    frame = frame.rename({old: new for old, new in renamed.items() if old in names})
    if not {"ID", "SUFF"} <= {*names}:
        return frame
    parts = [
        pl.col("ID").str.strip_chars().str.replace("(?i)^NAFTA-?0*", ""),
        pl.col("SUFF").str.strip_chars(),
    ]
    return frame.with_columns(pl.concat_str(parts, ignore_nulls=True).alias("KEY"))


def _covered(row: Row) -> pl.Expr:
    """Which separations a certification covers; odd dates are told, not mended."""
    from_, to = date(row.get("impact_date"), *_DATES).clean, date(row.get("expiration_date"), *_DATES).clean
    filed = date(row.get("filed_date"), *_DATES).clean
    return pl.concat_str(
        pl.lit("separations from ") + from_ + pl.lit(" to ") + to + pl.lit(" are covered"),
        pl.when(from_ > filed).then(pl.lit("impact date after the petition")),
        separator="; ",
        ignore_nulls=True,
    ).replace("", None)


class _Group:
    """The workers of a petition: case, firm, place of work and, where certified, their separations."""

    def __init__(
        self,
        row: Row,
        outcome: pl.Expr | Value,
        *,
        note: pl.Expr,
        allegations: Value | None = None,
        update: pl.Expr | None = None,
    ) -> None:
        self.row = row
        self._nafta = "DECISION" in row
        key = code(row["KEY"], _KEY, "a TA-W number with its suffix")
        cell = outcome.clean if isinstance(outcome, Value) else outcome
        result = term(cell, "case-outcome", _OUTCOMES)
        if isinstance(outcome, Value):
            result = Value(outcome.raw, result.clean, outcome.wants)
        certified = result.clean.is_in(["certified", "partly_certified"]).fill_null(False)
        petition = date(pl.coalesce(row.get("filed_date"), row.get("petition_date")), *_DATES)
        self.determined = date(row["det_date"], *_DATES)
        self.state, city, name = us_state(row["state"]), row["city"], row["worker_group_name"]
        self.place = pl.concat_str(city, row["state"], separator=", ")
        full = text(pl.concat_str(name, row.get("second_name"), separator=", ", ignore_nulls=True))
        self.case = row.thing(
            "Case",
            ("us-nafta-taa" if self._nafta else "us-taw", key),
            name=text(pl.concat_str(name, self.place, separator=", ", ignore_nulls=True)),
            case_type="taa",
            country="US",
            number=pl.lit("NAFTA-" if self._nafta else "TA-W-") + key.clean,
            petition_date=petition,
            place=text(city),
            subdivision=self.state,
            allegations=allegations,
            outcome=result,
            outcome_date=self.determined,
            workers_affected=integer(row.get("est_workers_obj")),
            petitioners_note=text(row.get("petitioner")),
            status=pl.when(certified | (result.clean == "not_certified").fill_null(False))
            .then(pl.lit("found"))
            .otherwise(pl.lit("filed")),
            as_of=self.determined if update is None else date(update, *_DATES),
            note=note,
        )
        self.firm = row.thing("Corporation", ("us-taa-firm", name.str.to_lowercase()), name=text(name))
        self.plant = self._site(key, full)
        row.relation("Party", within=self.case, party=self.firm, role="employer", named_as=full)
        row.relation("Party", within=self.case, party=self.plant, role="plant")
        row.relation("Operation", plant=self.plant, operator=self.firm, as_of=petition)
        self._union(row)
        event = row.thing(
            "Event",
            ("us-taa-group", self._keyed(key)),
            when=certified,
            name=text(pl.concat_str(pl.lit("Separations at "), name, pl.lit(", "), self.place)),
            country="US",
            event_type="layoff",
            announced=petition,
            workers=integer(row.get("est_workers_obj")),
            place=text(city),
            subdivision=self.state,
            status="found",
            note=_covered(row),
        )
        row.relation("Party", within=event, party=self.firm, role="employer")
        row.relation("Party", within=event, party=self.plant, role="plant")

    def _keyed(self, key: Value) -> Value:
        return key.then(lambda number: pl.lit("NAFTA-") + number) if self._nafta else key

    def _site(self, key: Value, name: Value) -> Ref:
        """One place per petition: two petitions of a firm in one town may be of two plants."""
        row = self.row
        located = row.get("latitude_geo").is_not_null()
        return row.thing(
            "Plant",
            ("us-taa-site", self._keyed(key)),
            name=text(pl.concat_str(name.clean, row["city"], separator=", ", ignore_nulls=True)),
            country="US",
            subdivision=self.state,
            municipality=text(row["city"]),
            place=text(row.get("county_long")),
            address=text(row.get("street_address")),
            postal_code=row.get("zip"),
            latitude=degrees(row.get("latitude_geo"), "latitude"),
            longitude=degrees(row.get("longitude_geo"), "longitude"),
            coordinate_precision=pl.when(located).then(pl.lit("address")),
            coordinate_source=pl.when(located).then(pl.lit("added by the Department of Labor")),
        )

    def _union(self, row: Row) -> None:
        name = row.get("petitioners_union") if "petitioners_union" in row else row.get("U_INITS")
        union = row.thing(
            "Union", ("us-taa-union", name.str.to_lowercase()), when=name.is_not_null(), name=text(name)
        )
        row.relation("Party", within=self.case, party=union, role="union")

    def shift(
        self,
        to: pl.Expr | None,
        when: pl.Expr,
        *,
        product: Ref | None = None,
        effective: pl.Expr | None = None,
        words: pl.Expr | None = None,
    ) -> None:
        """The shift that a certification finds, to the country that it names."""
        known = {"destination_country": to} if to is not None else {}
        part = pl.lit(False) if words is None else words.str.contains(r"\bportion\b").fill_null(False)
        self.row.relation(
            "ShiftClaim",
            (self.case, pl.lit("abroad") if to is None else to),
            when=when,
            corporation=self.firm,
            origin=self.plant,
            origin_place=text(self.place),
            origin_country="US",
            product=product,
            announced=self.determined,
            effective=effective,
            jobs_lost=integer(self.row.get("est_workers_obj")),
            outcome=pl.when(part).then(pl.lit("partly")).otherwise(pl.lit("carried_out")),
            status="found",
            as_of=self.determined,
            note=words,
            **known,
        )


SOURCE = Source(
    id="us_taa",
    title="Trade Adjustment Assistance: petitions and determinations",
    publisher="US Department of Labor, Office of Trade Adjustment Assistance",
    licence="US Government work, public domain",
    url="https://www.dol.gov/agencies/eta/tradeact/data/petitions-determinations",
    tables=(
        Table("*otaa_petition*.json", petitions, api, expected_bytes=300),
        Table("*transcribed*.csv", decisions, decided, expected_bytes=300),
        Table("*page_excerpts*.txt", pages, decided, expected_bytes=200),
        Table("PetitionData*.csv", foia, api, expected_bytes=80),
        Table("*NAFTA*.csv", nafta_table, nafta, expected_bytes=100),
    ),
    raw="us-taa",
    downloads=(
        Download("https://apiprod.dol.gov/v4/get/ETA/otaa_petition/json", "eta_otaa_petition.json", key=True),
        Download("https://www.dol.gov/agencies/eta/tradeact/data/petitions-determinations"),
    ),
    also_there=("PROVENANCE.md",),
)
