"""Keeps natural persons out: is a Mexican operator shown to be an organization, and what is its name?

A name is kept only where something shows an organization: a legal form in its own part of the cell, or a
first word or name from the reviewed lists below. All else may be a person and is not stored. A legal form
anywhere would not do: in `NAME OF A PERSON,COMPANY S.A. DE C.V.` the form belongs to another.
"""

from __future__ import annotations

import polars as pl

# Names of public bodies and firms that open a cell without a legal form; what follows them is the site.
OPERATORS = """
PEMEX EXPLORACION Y PRODUCCION|PEMEX-EXPLORACION Y PRODUCCION|PEMEX REFINACION|PEMEX-REFINACION
PEMEX GAS Y PETROQUIMICA BASICA|PEMEX-GAS Y PETROQUIMICA BASICA|PEMEX PETROQUIMICA
PEMEX-PETROQUIMICA|PEMEX LOGISTICA|PEMEX TRANSFORMACION INDUSTRIAL|PEMEX FERTILIZANTES|PEMEX ETILENO
PETROLEOS MEXICANOS|COMISION FEDERAL DE ELECTRICIDAD|CFE GENERACION (?:III|II|IV|VI|V|I)(?: EPS)?
LUZ Y FUERZA DEL CENTRO|INSTITUTO MEXICANO DEL SEGURO SOCIAL|AEROPUERTOS Y SERVICIOS AUXILIARES
CASA DE MONEDA DE MEXICO|SERVICIOS DE SALUD PUBLICA DEL DISTRITO FEDERAL
RED DE TRANSPORTE DE PASAJEROS DEL DISTRITO FEDERAL|INSTITUTO DE SALUD DEL ESTADO DE MEXICO
AGUAS DEL MUNICIPIO DE DURANGO|SERVICIO GEOLOGICO MEXICANO|SECRETARIA DE LA DEFENSA NACIONAL
UNIVERSIDAD AUTONOMA DE NUEVO LEON|TRATAMIENTO DE AGUA DE PUEBLA
THE COCA COLA EXPORT CORPORATION SUCURSAL EN MEXICO|FIBRA PROLOGIS|BANCO DE MEXICO|EJIDO PROGRESO
INDUSTRIAL MINERA MEXICO|NISSAN MEXICANA|TALLERES GRAFICOS DE MEXICO|GCC CEMENTO
"""

# Words and names that only an organization's name begins with.
FIRST_WORDS = """
ACEITES|ADMINISTRACION PORTUARIA|AEROPUERTOS?|AERPUERTOS|AGRICULTURA NACIONAL|AGUAS|ALMACEN
AUTOMOTRIZ|BANCO|BENEFICIADORA|BOMBARDIER|C\\.? ?F\\.? ?E|CAMARA|CAMINOS Y PUENTES|CASA DE MONEDA
CEMEX|CENTRAL|CENTRO|CERVECERIA|CHEMICAL COLOR|CIMENTACIONES MEXICANAS|COMISION|COMISON|COMSION
COMPANIA|COMPLEJO|CONSORCIO|COOPER|COORDINACION?|CORPORATIVO|CORRDINACION|CORREDOR|CROMADORA SAN
DELPHI|DEMAR|DESTILADORA|DOW|EJIDO|EJOT|EKBALAM|FACULTAD|FIBRA PROLOGIS|FIDEICOMISO|FIEDICOMISO
FUJITSU|FUNDACION|FUNDIDORA (?:LA|SAN|TREJO)|GCC|GDF|GE|GKN|GOODRICH|GREY WOLF|GRUP|GRUPO|HENNIGES
HIDROGENADORA|HOSPITAL|HOTEL|IBERDROLA|IBM|IDEAL STANDARD|IDI|IMPRESORA|IMSS|INDUSTRIAL?|INDUSTRIAS
INFUS|INGENIEROS CIVILES ASOCIADOS|INGREDION|INSTITUTO|ISSSTE|JOHNSON CONTROLS|JUNTA|KENWORTH
KOBELCO|LA SIERRA Y|LABORATORIOS?|LAMINA|LBQ|LEAR|LUZ ?Y ?FUERZA|LYF|MEXICHEM|MINERA|MOTORES
MUNICIPIO|NISSAN|NSK|OPERADORA|ORGANISMO|PAPEL|PEE?MEX|PEP|PETROLEOS|PHARMACIA|PHTP AUTOMOTIVE|PISA
PLASTICOS|PROCESADORA|PROCESOS PLASTICOS|PRODUCTORA|PROGRAMA|PROMOCIONES|PROMOTORA|PROTECCIN|QUIMI
QUIMICA|RAPID|RED DE|REFINERIA|REGION NORTE|RESIDENCIA DE|REXAM|SALUD NATURAL|SANFER|SANMINA
SAPURAKENCANA|SEALEDAIR|SECRETARIA|SECTOR|SERVICIOS?|SISTEMA|TALLERES|TED DE MEXICO|TENEXTEPEC
TERMINAL|THE|THOMSON DISPLAYS|TRACTEBEL|TRANSPORTES|TRATAMIENTO|UMAE|UNIDAD|UNIVERSIDAD|VALOR MOTRIZ
VIDRIERA|VISTEON|VULCANIZADORA EVEREST|WINNER|WOLLSDORF|WYN DE MEXICO
"""

# Firms whose own name holds a comma.
WITH_COMMAS = """
ACEITES|DEMAR|EJOT-ATF|GOODRICH AEROSPACE|GRUPO R|IBM DE MEXICO|JOHNSON CONTROLS BE|KENWORTH|LBQ
NSK BEARINGS|PAPEL, CARTON|POLIMEROS, ADHESIVOS|WINNER, PEGAMENTOS
"""

_PLAIN = dict(zip("ÁÉÍÓÚÀÈÌÒÙÂÊÎÔÛÄËÏÖÜÇÑ¿", "AEIOUAEIOUAEIOUAEIOUCNN", strict=True))
_CAPITAL = r"DE\W{0,3}C\W{0,3}V\b\.?"
_OTHER_FORM = (
    r"(?:S\W{0,3}A(?:\W{0,2}P\W{0,2}I)?(?:\W{0,2}B)?|SOCIEDAD AN.NIMA|DE RESPONSABILIDAD LIMITAD[A-Z]*"
    r"|S\W{0,3}(?:DE\W{0,3}|EN\W{0,3})?(?:R\W{0,3}L|N\W{0,2}C|P\W{0,3}R)(?:\W{0,3}DE\W{0,3}R\W{0,3}L)?"
    r"|S\W{0,3}(?:EN\W{0,3})?C|A\W{0,2}C|A\W?R|I\W{0,2}A\W{0,2}P"
    r"|L\W?L\W?C|INC|LTD|LIMITED|SARL|L\W?P|A\W?S|S\W?M|SPR|CORP(?:ORATION)?)\b\.?"
)
_PERSONS = r"\bY ?[/ ] ?O\b|\bCOPROPIETARIOS?\b"
_TITLES = r"^(?:ING|LIC|DRA?|SRA?|DOC|PROFR?|ARQ)\. "
_NOTHING = (
    r"^\W*(?:N\W?A|N\W?D|S\W?N|NO APLICA|NINGUN[OA]|NO|X+"
    r"|(?:DE? ?)?\W*(?:R\W*[LI]|[CSV]\W*[VC]|M\W*I|I\W*C|V|L)?)\W*$"
)
# Given names that begin a site's name only where a person is named there.
_GIVEN = "CARLOS ALBERTO|FRANCISCO MIGUEL|JOSE|JUAN|JESUS|JULIO|LUIS|MANUEL|MARIA|MIGUEL ANGEL|PEDRO"

# Words that stand in names of firms and not in those of persons.
FIRM_WORDS = """
ACEROS?|AFORE|AGRICOLAS?|AGRO[A-Z]*|ALIMENTOS|AUTOMOTI[A-Z]+|AUTOPARTES|BANCO|BEBIDAS|BODEGAS?|CAFE
CALZADO|CARNES|CENTRO|CERVECERI[A-Z]+|COLCHAS|COMERCIAL[A-Z]*|COMPANIA|COMPONENTES|CONFECCIONES
CONSTRUC[A-Z]+|COOPERATIVA|CORPORACION|CORPORATIVO|DISTRIBUI[A-Z]+|ELECTRIC[A-Z]+|ELECTRONIC[A-Z]+|EMBOTELLADORA
EMPACADORA|EMPAQUES|EMPRESAS?|ENVASES|EQUIPOS|EXPORTADORA|FABRICA|FABRICACION[A-Z]*|FINANCIERO|FUNDICION
GLOBAL|GROUP|GRUPO|HARINERA|HERRAJES|HOLDINGS?|IMPORTADORA|IMPRESO[A-Z]+|INDUSTRIA[A-Z]*|INGENIERIA|INGENIO
INMOBILIARIA|INTERNACIONAL[A-Z]*|INTERNATIONAL|LABORATORIOS?|LACTEOS|LOGISTICA|MADERAS?|MANUFACTUR[A-Z]+
MAQUILA[A-Z]*|MAQUINADOS|METALES|METAL-?MECANICA|MEXICAN[AO]S?|MEXICO|MINERA|MUEBLES|NACIONAL|OPERADORA
PAPELERA|PLASTICOS?|PROCESADORA|PRODUC[A-Z]+|PROVEEDORA|QUIMIC[A-Z]+|RANCHO|RECICLA[A-Z]+|REFACCIONES
SERVICIOS?|SISTEMAS|SOCIEDAD|SOLUCIONES|SYSTEMS|TECHNOLOG[A-Z]+|TECNOLOGI[A-Z]+|TEXTIL[A-Z]*|TRANSPORTES?
"""

# Common given names: a trading name that holds one, and no word of a firm, may be a person's.
GIVEN_NAMES = """
ADRIANA?|ALBERTO|ALEJANDR[AO]|ALFREDO|ALICIA|ANA|ANDREA|ANDRES|ANGELICA|ANTONI[AO]|ARACELI|ARMANDO|ARTURO
BEATRIZ|BENITO|BERTHA|BLANCA|CARLOS|CARMEN|CECILIA|CESAR|CLAUDIA|CRISTINA|DANIELA?|DAVID|DIANA|EDUARDO
ELENA|ELIZABETH|ENRIQUE|ERNESTO|ESTHER|FELIPE|FERNANDO|FRANCISC[AO]|GABRIELA?|GERARDO|GLORIA|GRACIELA
GUADALUPE|GUILLERMO|GUSTAVO|HECTOR|HILDA|HUGO|IGNACIO|IRMA|ISABEL|ISMAEL|IVAN|JAIME|JAVIER|JESUS|JORGE|JOSE
JOSEFINA|JUAN|JUANA|JULIO|LAURA|LETICIA|LILIA|LORENA|LUCIA|LUIS|LUZ|MANUEL|MARGARITA|MARIA|MARIO|MARTHA|MARTIN
MAURICIO|MIGUEL|MONICA|NORMA|OFELIA|OSCAR|PABLO|PATRICIA|PEDRO|RAFAEL|RAMON|RAUL|RICARDO|ROBERTO|RODOLFO
ROGELIO|ROSA|RUBEN|SALVADOR|SANDRA|SERGIO|SILVIA|SOCORRO|SOFIA|SUSANA|TERESA|VERONICA|VICENTE|VICTOR|VIRGINIA
"""


def _words(text: str) -> str:
    return "(?:" + "|".join(text.split("\n")).strip("|") + r")\b"


def _ascii(pattern: str) -> str:
    r"""The pattern for folded names, whose letters are ASCII: Unicode's `\W` and `\b` compile slowly."""
    return pattern.replace(r"\W", "[^0-9A-Z]").replace(r"\b", r"(?-u:\b)")


def fold(name: pl.Expr) -> pl.Expr:
    """Capitals without accents; the sign that stands for a lost Ñ is read as N.

    >>> pl.select(fold(pl.lit("Compa¿ía Minera"))).item()
    'COMPANIA MINERA'
    """
    return name.str.to_uppercase().str.replace_many(_PLAIN).str.replace_all("[ \t\r\n\u00a0]{2,}", " ")


def split_operator(names: pl.LazyFrame) -> pl.LazyFrame:
    """Split the cell `NAME` of a Mexican register into operator and site, null where a person may be meant.

    Parameters
    ----------
    names
        Column `NAME` (text): "legal name, site name", by one comma or by none.

    Returns
    -------
    The same rows with `OPERATOR` and `SITE` (text) in place of `NAME`.

    Limits: the lists were read over the yearly files 2004-2021; a new body without legal form is left out
    until it is listed. A firm named after a person stays, by its legal form.

    >>> cells = ["Aceros, S.A. de C.V.,Planta 2", "Ana Ruiz,Aceros S.A.", "PEMEX Logística Sector 1"]
    >>> split_operator(pl.LazyFrame({"NAME": cells})).collect().rows()
    [('Aceros, S.A. de C.V.', 'Planta 2'), (None, None), ('PEMEX Logística', 'Sector 1')]
    """
    rows = names.collect()
    split = _split(rows["NAME"].drop_nulls().unique())
    parts = [
        pl.col("NAME").replace_strict(split["NAME"], split[part], default=None).alias(part)
        for part in ("OPERATOR", "SITE")
    ]
    return rows.lazy().with_columns(parts).drop("NAME")


def _split(cells: pl.Series) -> pl.DataFrame:
    """`NAME`, `OPERATOR`, `SITE` of each cell."""
    plain = (
        pl.col("NAME")
        .str.replace_all("¿", "Ñ", literal=True)
        .str.replace_all("[ \t\r\n\u00a0]{2,}|[\t\r\n\u00a0]", " ")
        .str.strip_chars()
    )
    staged = cells.to_frame().with_columns(_plain=plain).with_columns(_folded=fold(pl.col("_plain")))
    staged = _with_length_of_operator(staged)
    known = pl.when(pl.col("_length").is_not_null())
    rest = pl.col("_plain").str.slice(pl.col("_length")).str.strip_chars(" ,.-_")
    staged = staged.with_columns(
        OPERATOR=known.then(pl.col("_plain").str.slice(0, pl.col("_length"))), SITE=known.then(rest)
    )
    return staged.with_columns(_site=fold(pl.col("SITE")), _operator=fold(pl.col("OPERATOR"))).select(
        "NAME",
        OPERATOR=pl.col("OPERATOR").str.strip_chars(" ,-"),
        SITE=pl.when(_says_a_site(pl.col("_site"), pl.col("_operator"))).then("SITE"),
    )


def _with_length_of_operator(cells: pl.DataFrame) -> pl.DataFrame:
    """`_length`: number of characters of the operator's name in `_folded`; null where none is shown."""
    patterns = (
        rf"^([^,]*?{_CAPITAL})",
        rf"^([^,]*?,\W*(?:\b[A-Z]{{1,4}}\b\W*){{0,6}}?{_CAPITAL})",
        rf"^({_words(WITH_COMMAS)}.*?{_CAPITAL})",
        rf"^({_words(OPERATORS)})",
        rf"^([^,]*?\b{_OTHER_FORM})",
        rf"^([^,]*?,\W*{_OTHER_FORM})",
        rf"^({_words(FIRST_WORDS)}[^,]*)",
    )
    folded, length = pl.col("_folded"), pl.col("_length")
    person = folded.str.contains(_ascii(_PERSONS)) | folded.str.contains(_TITLES)
    cells = cells.with_columns(_open=pl.when(~person).then(folded), _length=pl.lit(None, pl.UInt32))
    for pattern in patterns:
        found = pl.when(length.is_null()).then("_open").str.extract(_ascii(pattern)).str.len_chars()
        cells = cells.with_columns(_length=pl.coalesce(length, found))
    return cells.drop("_open")


def _says_a_site(site: pl.Expr, operator: pl.Expr) -> pl.Expr:
    """True where the rest of the cell names a site: no filler, no repetition of the operator, no person."""
    letters = site.str.replace_all("[^0-9A-Z]", "")
    again = operator.str.replace_all("[^0-9A-Z]", "").str.starts_with(letters)
    person = site.str.contains(_ascii(rf"^(?:{_GIVEN})\b|\bSRA?\. "))
    return ~(site.str.contains(_ascii(_NOTHING)) | again | person)


def shows_a_firm(name: pl.Expr) -> pl.Expr:
    """True where the name holds a legal form, a digit or a word of firms, or is one word; null at null.

    >>> names = pl.Series(["Textiles del Valle", "Ejemplo S.A. de C.V.", "ACME", "Ana Ruiz Mora"])
    >>> pl.select(shows_a_firm(names)).to_series().to_list()
    [True, True, True, False]
    """
    marks = (
        rf"\b{_CAPITAL}|\b{_OTHER_FORM}(?:[^0-9A-Z]|$)|\b{_words(FIRM_WORDS)}|^{_words(FIRST_WORDS)}|[0-9]"
    )
    return fold(name).str.contains(_ascii(rf"{marks}|^[^ ]+$"))


def names_a_person(name: pl.Expr) -> pl.Expr:
    """True where the name holds a common given name and two to five words, none of them a firm's.

    >>> pl.select(names_a_person(pl.Series(["Taller Ana Ruiz", "Carnes Ana"]))).to_series().to_list()
    [True, False]
    """
    given = fold(name).str.contains(_ascii(rf"\b{_words(GIVEN_NAMES)}"))
    return given & ~shows_a_firm(name)
