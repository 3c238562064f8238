"""Names of states as sources write them, and their ISO 3166-2 codes."""

from __future__ import annotations

import polars as pl

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
    return fold(name).replace_strict(MX_STATES, default=None, return_dtype=pl.String)
