"""Names of states as sources write them, and their ISO 3166-2 codes."""

from __future__ import annotations

import polars as pl

from loaders.clean import Value, country, distinct
from loaders.people import fold

US_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY"
    "|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|AS|GU|MP|PR|UM|VI"
)

MX_STATES = {
    "AGUASCALIENTES": "MX-AGU",
    "BAJA CALIFORNIA": "MX-BCN",
    "BAJA CALIFORNIA SUR": "MX-BCS",
    "CAMPECHE": "MX-CAM",
    "CHIAPAS": "MX-CHP",
    "CHIHUAHUA": "MX-CHH",
    "CIUDAD DE MEXICO": "MX-CMX",
    "COAHUILA": "MX-COA",
    "COAHUILA DE ZARAGOZA": "MX-COA",
    "COLIMA": "MX-COL",
    "DISTRITO FEDERAL": "MX-CMX",
    "DURANGO": "MX-DUR",
    "ESTADO DE MEXICO": "MX-MEX",
    "GUANAJUATO": "MX-GUA",
    "GUERRERO": "MX-GRO",
    "HIDALGO": "MX-HID",
    "JALISCO": "MX-JAL",
    "MEXICO": "MX-MEX",
    "MICHOACAN": "MX-MIC",
    "MICHOACAN DE OCAMPO": "MX-MIC",
    "MORELOS": "MX-MOR",
    "NAYARIT": "MX-NAY",
    "NUEVO LEON": "MX-NLE",
    "OAXACA": "MX-OAX",
    "PUEBLA": "MX-PUE",
    "QUERETARO": "MX-QUE",
    "QUERETARO DE ARTEAGA": "MX-QUE",
    "QUINTANA ROO": "MX-ROO",
    "SAN LUIS POTOSI": "MX-SLP",
    "SINALOA": "MX-SIN",
    "SONORA": "MX-SON",
    "TABASCO": "MX-TAB",
    "TAMAULIPAS": "MX-TAM",
    "TLAXCALA": "MX-TLA",
    "VERACRUZ": "MX-VER",
    "VERACRUZ DE IGNACIO DE LA LLAVE": "MX-VER",
    "YUCATAN": "MX-YUC",
    "ZACATECAS": "MX-ZAC",
}

_US_NAMES = """
ALABAMA AL|ALASKA AK|ARIZONA AZ|ARKANSAS AR|CALIFORNIA CA|COLORADO CO|CONNECTICUT CT|DELAWARE DE
DISTRICT OF COLUMBIA DC|FLORIDA FL|GEORGIA GA|HAWAII HI|IDAHO ID|ILLINOIS IL|INDIANA IN|IOWA IA|KANSAS KS
KENTUCKY KY|LOUISIANA LA|MAINE ME|MARYLAND MD|MASSACHUSETTS MA|MICHIGAN MI|MINNESOTA MN|MISSISSIPPI MS
MISSOURI MO|MONTANA MT|NEBRASKA NE|NEVADA NV|NEW HAMPSHIRE NH|NEW JERSEY NJ|NEW MEXICO NM|NEW YORK NY
NORTH CAROLINA NC|NORTH DAKOTA ND|OHIO OH|OKLAHOMA OK|OREGON OR|PENNSYLVANIA PA|PUERTO RICO PR
RHODE ISLAND RI|SOUTH CAROLINA SC|SOUTH DAKOTA SD|TENNESSEE TN|TEXAS TX|UTAH UT|VERMONT VT|VIRGINIA VA
WASHINGTON WA|WEST VIRGINIA WV|WISCONSIN WI|WYOMING WY
"""
_CA_NAMES = """
ALBERTA AB|BRITISH COLUMBIA BC|MANITOBA MB|NEW BRUNSWICK NB|NEWFOUNDLAND NL|NEWFOUNDLAND AND LABRADOR NL
NORTHWEST TERRITORIES NT|NOVA SCOTIA NS|NUNAVUT NU|ONTARIO ON|PRINCE EDWARD ISLAND PE|QUEBEC QC
SASKATCHEWAN SK|YUKON YT
"""


def _codes(names: str, country: str) -> dict[str, str]:
    """Names and abbreviations, in capitals -> ISO 3166-2 codes."""
    pairs = [item.rpartition(" ")[::2] for item in names.strip().replace("\n", "|").split("|")]
    codes = {code: f"{country}-{code}" for _, code in pairs}
    return {name: f"{country}-{code}" for name, code in pairs} | codes


US_NAMES = _codes(_US_NAMES, "US")
CA_NAMES = _codes(_CA_NAMES, "CA") | {"P.E.I.": "CA-PE", "PQ": "CA-QC"}


def us_state(code: pl.Expr) -> pl.Expr:
    """ISO 3166-2 code of a postal abbreviation; null for any other text.

    >>> pl.select(us_state(pl.Series(["MI", "00"]))).to_series().to_list()
    ['US-MI', None]
    """
    return pl.when(code.str.contains(f"^(?:{US_STATES})$")).then(pl.lit("US-") + code)


def mx_state(name: pl.Expr) -> pl.Expr:
    """ISO 3166-2 code of the name of a Mexican state however spelt in case and accents; null for others.

    >>> pl.select(mx_state(pl.lit("Nuevo León"))).item()
    'MX-NLE'
    """
    return distinct(name, lambda n: fold(n).replace_strict(MX_STATES, default=None, return_dtype=pl.String))


def subdivision_of(name: pl.Expr, country: pl.Expr) -> pl.Expr:
    """ISO 3166-2 code of a state or province by its name or abbreviation, in one of the three countries.

    >>> cells = pl.DataFrame({"n": ["Ohio", "Québec", "Jalisco", "ON"], "c": ["US", "CA", "MX", "US"]})
    >>> cells.select(subdivision_of(pl.col("n"), pl.col("c")))["n"].to_list()
    ['US-OH', 'CA-QC', 'MX-JAL', None]
    """
    tables = {"US": US_NAMES, "CA": CA_NAMES, "MX": MX_STATES}
    folded = fold(name)
    return pl.coalesce(
        pl.when(country == code).then(folded.replace_strict(table, default=None, return_dtype=pl.String))
        for code, table in tables.items()
    )


_COUNTRY_NAMES = """
ARGENTINA AR|AUSTRALIA AU|AUSTRIA AT|BANGLADESH BD|BELGIUM BE|BRAZIL BR|CAMBODIA KH|CANADA CA|CHILE CL
CHINA CN|COLOMBIA CO|COSTA RICA CR|CZECH CZ|CZECH REPUBLIC CZ|CZECHIA CZ|DENMARK DK
DOMINICAN REPUBLIC DO|EGYPT EG|EL SALVADOR SV|ENGLAND GB|ETHIOPIA ET|FINLAND FI|FRANCE FR|GERMANY DE
GREECE GR|GUATEMALA GT|HAITI HT|HONDURAS HN|HONG KONG HK|HUNGARY HU|INDIA IN|INDONESIA ID|IRELAND IE
ISRAEL IL|ITALY IT|JAPAN JP|JORDAN JO|KENYA KE|KOREA KR|LESOTHO LS|MADAGASCAR MG|MALAYSIA MY|MALTA MT
MAURITIUS MU|MEXICO MX|MONACO MC|MOROCCO MA|MYANMAR MM|NEPAL NP|NETHERLANDS NL|NEW ZEALAND NZ
NICARAGUA NI|NORWAY NO|PAKISTAN PK|PERU PE|PHILIPPINES PH|POLAND PL|PORTUGAL PT|PUERTO RICO PR
ROMANIA RO|RUSSIA RU|SINGAPORE SG|SLOVAK REPUBLIC SK|SLOVAKIA SK|SLOVENIA SI|SOUTH AFRICA ZA
SOUTH KOREA KR|SPAIN ES|SRI LANKA LK|SWEDEN SE|SWITZERLAND CH|SYRIA SY|TAIWAN TW|THAILAND TH|TUNISIA TN
TURKEY TR|UAE AE|UKRAINE UA|UNITED ARAB EMIRATES AE|UNITED KINGDOM GB|UK GB|UNITED STATES US
UNITED STATES OF AMERICA US|USA US|VIETNAM VN|VIET NAM VN
"""
COUNTRY_CODES = dict(
    item.rpartition(" ")[::2] for item in _COUNTRY_NAMES.strip().replace("\n", "|").split("|")
)
_AFTER_STATE = (
    r"[ ,.]*(?:\b(?:C\.?P\.?|[A-Z]{2})?[ ,.]*[0-9]{5}(?:-[0-9]{4})?|,? *[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])?"
)


def country_named(cell: pl.Expr) -> Value:
    """ISO 3166-1 alpha-2 code of a country's English name or code, however spelt in case.

    >>> pl.select(country_named(pl.Series(["USA", "CHINA", "mx", "Ruritania"])).clean).to_series().to_list()
    ['US', 'CN', 'MX', None]
    """
    code = country(fold(cell), COUNTRY_CODES)
    return Value(cell, code.clean, code.wants, code.valid)


_COUNTRIES = COUNTRY_CODES | dict.fromkeys(
    ("ESTADOS UNIDOS", "ESTADOS UNIDOS DE AMERICA", "EE UU", "EEUU", "ETATS UNIS", "UNITED STATES USA"), "US"
)
_COUNTRIES |= {"MEXIQUE": "MX", "MEJICO": "MX", "MEX": "MX", "CAN": "CA"}


def country_of(text: pl.Expr) -> pl.Expr:
    """ISO 3166-1 code of a country by its code or name in English, Spanish or French; null for others.

    >>> texts = pl.Series(["U.S.A.", "México", "États-Unis", "Ruritania"])
    >>> pl.select(country_of(texts)).to_series().to_list()
    ['US', 'MX', 'US', None]
    """
    plain = fold(text.str.replace_all(r"[.()]", "")).str.replace_all("[- ]+", " ").str.strip_chars()
    named = plain.replace_strict(_COUNTRIES, default=None, return_dtype=pl.String)
    return pl.coalesce(named, pl.when(plain.str.contains("^[A-Z]{2}$")).then(plain))


def state_of(text: pl.Expr, nation: pl.Expr) -> pl.Expr:
    """ISO 3166-2 code of a state or province by code, abbreviation or name; without country in all three.

    >>> cells = pl.DataFrame({"s": ["US-OH", "Ontario", "CA", "Jalisco"], "n": [None, None, "US", "MX"]})
    >>> cells.select(state_of(pl.col("s"), pl.col("n")))["s"].to_list()
    ['US-OH', 'CA-ON', 'US-CA', 'MX-JAL']
    """
    plain = text.str.replace_all(".", "", literal=True)
    code = pl.when(text.str.contains("^(US|CA|MX)-[A-Z]{2,3}$")).then(text)
    anywhere = [
        pl.when(nation.is_null() | (nation == one)).then(subdivision_of(plain, pl.lit(one)))
        for one in ("US", "CA", "MX")
    ]
    return pl.coalesce(code, *anywhere)


def state_at_end(address: pl.Expr, nation: pl.Expr) -> pl.Expr:
    """ISO 3166-2 code of the state whose name ends an address, before postal code and country.

    Limits: full names alone; `Mexico` is read as the country.

    >>> ends = ["Av. 1, Tijuana Baja California Mexico", "1 Main St, Dallas, Texas 75001"]
    >>> rows = pl.DataFrame({"address": ends, "nation": ["MX", "US"]})
    >>> rows.select(state_at_end(pl.col("address"), pl.col("nation")))["address"].to_list()
    ['MX-BCN', 'US-TX']
    """
    words = {"US": "UNITED STATES(?: OF AMERICA)?|USA", "CA": "CANADA", "MX": "MEXICO"}
    tables = {"US": US_NAMES, "CA": CA_NAMES, "MX": MX_STATES}
    text = fold(address.str.normalize("NFC")).str.replace_all(r"[\s,]+", " ")
    found = []
    for code, table in tables.items():
        names = sorted((name for name in table if len(name) > 3 and name != "MEXICO"), key=len, reverse=True)
        tail = rf"{_AFTER_STATE}[ .]*(?:{words[code]})?{_AFTER_STATE}[ .]*$"
        state = text.str.extract(rf"(?:^|[ .])({'|'.join(names)}){tail}")
        known = state.replace_strict(table, default=None, return_dtype=pl.String)
        found.append(pl.when(nation == code).then(known))
    return pl.coalesce(found)
