"""Other endpoints are asked exactly what is meant, and whatever they answer ends well."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from endpoints import Server, another, ours
from typer.testing import CliRunner

from graph.cli import app
from graph.remote import query, with_values
from graph.sparql import TimeLimitError, TooLargeError, bound
from graph.sparql import query as ask_store
from ontology import TrinationalError, WrongUseError

PROLOGUE = "PREFIX e: <http://e/> "
JSON = "application/sparql-results+json"


@pytest.fixture(scope="module", params=[ours, another], ids=["ours", "rdflib"])
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with request.param(tmp_path_factory.mktemp("remote")) as server:
        yield server


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from endpoints import make_store

    folder = tmp_path_factory.mktemp("local") / "store"
    make_store(folder, "first")
    return folder


QUESTIONS = {
    "select": ("SELECT ?name ?n ?none { ?s e:name ?name ; e:n ?n }", {}),
    "ordered": ("SELECT ?o { ?s e:p ?o } ORDER BY ?o LIMIT 20", {}),
    "ask": ("ASK { e:s1 e:p e:o1 }", {}),
    "ask no": ("ASK { e:s1 e:p e:o2 }", {}),
    "construct": ("CONSTRUCT { ?s e:r ?o } { ?s e:p ?o FILTER(?o IN (e:o1, e:o2)) }", {}),
    "prefix of ours": ("SELECT ?s { ?s a ?kind ; skos:prefLabel ?label }", {}),
    "iri": ("SELECT ?s ?o { ?s e:p ?o }", {"s": "<http://e/s7>"}),
    "nothing": ("SELECT ?s ?o { ?s e:p ?o }", {"s": "<http://e/none>"}),
    "number": ("SELECT ?s ?n { ?s e:n ?n }", {"n": "7"}),
    "filter": ("SELECT ?from ?s { ?s e:n ?n FILTER(?n > ?from) }", {"from": "6"}),
    "filter none": ("SELECT ?from ?s { ?s e:n ?n FILTER(?n > ?from) }", {"from": "7"}),
    "text": ("SELECT ?s ?name { ?s e:name ?name }", {"name": '"Camión, \\"first\\""@es'}),
    "union": (
        "SELECT ?n ?s { { ?s e:n ?v FILTER(?v = ?n) } UNION { ?s e:p ?o FILTER(?n = 8 && ?o = e:o3) } }",
        {"n": "7"},
    ),
    "optional": ("SELECT ?s ?o { e:x e:n ?n OPTIONAL { ?s e:p ?o } }", {"s": "<http://e/s9>"}),
    "sub-select": (
        "SELECT ?s ?k { { SELECT ?s (COUNT(?o) AS ?k) { ?s e:p ?o } GROUP BY ?s } }",
        {"s": "<http://e/s7>"},
    ),
    "not exists": ("SELECT ?o ?s { ?s e:p ?o FILTER NOT EXISTS { ?s e:n ?n } }", {"o": "<http://e/o5>"}),
    "minus": ("SELECT ?s ?o { ?s ?p ?o MINUS { ?s e:p ?o } }", {"s": "<http://e/x>"}),
    "graph": (
        "SELECT ?g ?s { GRAPH ?g { ?s ?p ?o } }",
        {"g": "<http://kasei.us/2009/09/sparql/data/data1.rdf>"},
    ),
    "construct where": ("CONSTRUCT WHERE { ?s e:p ?o }", {"s": "<http://e/s7>"}),
    "describe": ("DESCRIBE ?s", {"s": "<http://e/s7>"}),
    "describe group": ("DESCRIBE ?s { ?s e:p ?o }", {"s": "<http://e/s7>"}),
    "template": ("CONSTRUCT { ?s e:q ?o } WHERE { ?s e:p ?o }", {"s": "<http://e/s7>"}),
    "two": ("SELECT ?s ?o { ?s e:p ?o }", {"s": "<http://e/s7>", "o": "<http://e/o7>"}),
    "own values": ("SELECT ?s ?o { VALUES ?s { e:s7 e:s8 } ?s e:p ?o }", {"s": "<http://e/s8>"}),
    "comment": ("SELECT ?s ?o { # ?s }\n ?s e:p ?o # { ?s\n}", {"s": "<http://e/s7>"}),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_endpoint_answers_like_the_store(endpoint: Server, store: Path, name: str) -> None:
    text, params = QUESTIONS[name]
    if "DESCRIBE" in text and endpoint.url.endswith("/"):
        pytest.skip("rdflib-endpoint answers DESCRIBE with an empty table")
    here, there = ask_store(store, PROLOGUE + text, params), query(endpoint.url, PROLOGUE + text, params)
    assert (there.boolean, there.graph) == (here.boolean, here.graph)
    assert there.variables == here.variables
    assert sorted(map(str, there.rows)) == sorted(map(str, here.rows))
    assert (
        here.boolean is not None
        or here.graph
        or here.rows
        or name in ("nothing", "filter none", "prefix of ours")
    )


@pytest.mark.parametrize(
    "given",
    [
        '" } INSERT DATA { <http://e/a> <http://e/b> "c" } #',
        '"',
        "'",
        "\\",
        'a" . ?x ?y ?z . "',
        "} UNION { ?s ?p ?o",
        "line\nbreak\r\ttab",
        "# comment",
        "é ñ ✓ \U0001f600",
        "?s $s",
    ],
)
def test_no_value_becomes_text_of_the_query(endpoint: Server, given: str) -> None:
    found = query(endpoint.url, "SELECT ?v ?s { VALUES ?s { 1 } }", {"v": _quoted(given)})
    assert [row["v"] for row in found.table()] == [given]
    assert query(endpoint.url, "SELECT ?v ?s { ?s ?p ?v }", {"v": _quoted(given)}).rows == ()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + escaped.replace("\t", "\\t") + '"'


@pytest.mark.parametrize("bad", ["<http://e/a> } <x>", "<http://e/> ?p ?o . <http://e/b>", "id:a b|c> {"])
def test_an_iri_that_is_none_is_refused_or_encoded(bad: str) -> None:
    try:
        text = with_values("SELECT ?v { ?v ?p ?o }", bound({"v": bad}))
    except WrongUseError:
        return
    assert text.count("{") == 2
    assert text.count("<") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?v ?p ?o }", "SELECT * { VALUES ?v { 7 } ?v ?p ?o }"),
        (
            "SELECT ?v { { SELECT ?v { ?v ?p ?o } } OPTIONAL { ?a ?b ?c } }",
            "SELECT ?v { VALUES ?v { 7 } { SELECT ?v { VALUES ?v { 7 } ?v ?p ?o } } OPTIONAL { ?a ?b ?c } }",
        ),
        ("CONSTRUCT WHERE { ?v ?p ?o }", "CONSTRUCT { ?v ?p ?o } WHERE { VALUES ?v { 7 } ?v ?p ?o }"),
        ("DESCRIBE ?v", "DESCRIBE ?v\nVALUES (?v) { (7) }"),
        ("CONSTRUCT { ?v ?p ?o } { ?v ?p ?o }", "CONSTRUCT { ?v ?p ?o } { VALUES ?v { 7 } ?v ?p ?o }"),
        ("ASK { VALUES ?v { 7 8 } '{ ?v' ?p ?v }", "ASK { VALUES ?v { 7 } VALUES ?v { 7 8 } '{ ?v' ?p ?v }"),
    ],
)
def test_where_values_stand(text: str, expected: str) -> None:
    seven = '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'
    found = with_values(text, bound({"v": 7}))
    assert found == expected.replace("{ 7 }", f"{{ {seven} }}").replace("(7)", f"({seven})")
    ox.Store().query(found)


def test_what_would_not_be_bound_or_would_change_something_is_never_sent() -> None:
    with _faulty(lambda handler: pytest.fail("sent")) as url:
        with pytest.raises(WrongUseError, match="updates are refused"):
            query(url, "CLEAR ALL")
        with pytest.raises(WrongUseError, match="no variable"):
            query(url, "SELECT ?a { ?a ?b ?c }", {"z": "1"})
        with pytest.raises(WrongUseError, match="would not be bound"):
            query(url, "SELECT ?a { { SELECT ?a { ?a ?b ?z } } }", {"z": "1"})


@pytest.mark.parametrize("url", ["nonsense", "ftp://e/", "file:///etc/passwd", "http://", "http://e:port/"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(WrongUseError, match="address"):
        query(url, "ASK {}")


def test_limits(endpoint: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    found = query(endpoint.url, PROLOGUE + "SELECT ?s { ?s e:p ?o }", limit=10)
    assert (len(found.rows), found.truncated) == (10, True)
    assert not query(endpoint.url, PROLOGUE + "SELECT ?s { ?s e:p ?o }", limit=500).truncated
    made = query(endpoint.url, PROLOGUE + "CONSTRUCT WHERE { ?s e:p ?o }", limit=3)
    assert (made.turtle().count("/o"), made.truncated) == (3, True)
    monkeypatch.setattr("graph.remote.MAX_ROWS", 100)
    with pytest.raises(TooLargeError, match="more than"):
        query(endpoint.url, PROLOGUE + "SELECT ?s { ?s e:p ?o }")


def test_a_mistake_is_told_in_the_endpoints_words(endpoint: Server) -> None:
    with pytest.raises(TrinationalError, match=r"answered [45]\d\d") as caught:
        query(endpoint.url, "SELECT ?s { ?s ?p }")
    assert endpoint.url.rstrip("/") in str(caught.value)


# Endpoints that misbehave.


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.sent = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        self.server.behave(self)

    do_GET = do_POST  # noqa: N815

    def answer(self, status: int, body: bytes = b"", media: str = JSON, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        pass


class _faulty:  # noqa: N801
    def __init__(self, behave: object) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.behave = behave

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/sparql"

    def __exit__(self, *given: object) -> None:
        self.server.shutdown()
        self.server.server_close()


NO_IRI = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"uri","value":"a b"}}]}}'
PAGE = b"<html><head><title>x</title></head><p>Not &amp; here</p>"
YES = b'{"head":{},"boolean":true}'


@pytest.mark.parametrize(
    ("status", "body", "media", "error", "message"),
    [
        (200, b"<html><body>Hi</body></html>", "text/html; charset=utf-8", TrinationalError, "a web page"),
        (200, YES, "application/octet-stream", TrinationalError, "application/octet-stream"),
        (200, b'{"head":', JSON, TrinationalError, "no valid"),
        (200, b"", JSON, TrinationalError, "no valid"),
        (200, b"\xff\xfe", JSON, TrinationalError, "no valid"),
        (
            200,
            NO_IRI,
            JSON,
            TrinationalError,
            "no valid",
        ),
        (400, b"line 3: what is this", "text/plain", WrongUseError, "400 Bad Request: line 3: what is this"),
        (401, b"", "text/plain", TrinationalError, "401"),
        (
            404,
            PAGE,
            "text/html",
            TrinationalError,
            "Not & here",
        ),
        (429, b"slow down", "text/plain", TrinationalError, "slow down"),
        (500, b"x" * 5000, "text/plain", TrinationalError, "500 Internal Server Error: x{600}$"),
        (503, b"", "text/plain", TrinationalError, "503"),
        (204, b"", "text/plain", TrinationalError, "204"),
    ],
)
def test_an_answer_that_is_none(status: int, body: bytes, media: str, error: type, message: str) -> None:
    with (
        _faulty(lambda handler: handler.answer(status, body, media)) as url,
        pytest.raises(error, match=message) as caught,
    ):
        query(url, "SELECT ?a { ?a ?b ?c }")
    assert type(caught.value) is error
    assert url in str(caught.value)


def test_redirects_carry_the_query_and_end() -> None:
    seen: list[tuple[str, str, dict[str, list[str]]]] = []

    def behave(handler: _Handler) -> None:
        seen.append((handler.command, handler.path, handler.sent))
        if handler.path == "/sparql":
            handler.answer(301, Location="/second")
        elif handler.path == "/second":
            handler.answer(308, Location="/third")
        elif handler.path == "/loop":
            handler.answer(302, Location="/loop")
        else:
            handler.answer(200, YES)

    with _faulty(behave) as url:
        assert query(url, "ASK {}").boolean is True
        with pytest.raises(TrinationalError, match="more than 5 redirects"):
            query(url.replace("/sparql", "/loop"), "ASK {}")
    assert [(method, path, sent["query"]) for method, path, sent in seen[:3]] == [
        ("POST", "/sparql", ["ASK {}"]),
        ("POST", "/second", ["ASK {}"]),
        ("POST", "/third", ["ASK {}"]),
    ]


def test_a_redirect_elsewhere_is_no_way_out_of_http() -> None:
    with (
        _faulty(lambda handler: handler.answer(302, Location="file:///etc/passwd")) as url,
        pytest.raises(WrongUseError, match="no address"),
    ):
        query(url, "ASK {}")


def test_an_endpoint_that_knows_only_get() -> None:
    def behave(handler: _Handler) -> None:
        if handler.command == "POST":
            handler.answer(405)
        else:
            assert "query=ASK" in handler.path
            assert "key=1" in handler.path
            handler.answer(200, YES)

    with _faulty(behave) as url:
        assert query(url + "?key=1", "ASK {}").boolean is True


@pytest.mark.parametrize(
    "url", ["https://me:secret@/sparql", "ftp://me:secret@host", "http://me:secret@[::1"]
)
def test_what_is_no_address_does_not_show_its_password(url: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        query(url, "ASK {}")
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_only_the_query_is_sent_and_a_password_is_not_shown() -> None:
    seen: list[_Handler] = []

    def behave(handler: _Handler) -> None:
        seen.append(handler)
        handler.answer(500, b"no")

    with _faulty(behave) as url, pytest.raises(TrinationalError) as caught:
        query(url.replace("http://", "http://me:secret@"), "SELECT ?a { ?a ?b ?c }", {"a": "plant:x"})
    assert "secret" not in str(caught.value)
    assert set(seen[0].sent) == {"query"}
    assert seen[0].headers["Authorization"].startswith("Basic ")
    known = {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "content-length",
        "content-type",
    }
    assert {name.lower() for name in seen[0].headers} - {"authorization"} == known


def test_silence_and_slowness_end_at_the_limit() -> None:
    def silent(handler: _Handler) -> None:
        time.sleep(2)

    def slow(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b" ")
            time.sleep(0.1)

    for behave in (silent, slow):
        started = time.monotonic()
        with _faulty(behave) as url, pytest.raises(TimeLimitError, match=r"not answer within 0\.5 seconds"):
            query(url, "ASK {}", timeout=0.5)
        assert time.monotonic() - started < 2.6


def test_an_endless_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.remote.MAX_BYTES", 2**20)
    with (
        _faulty(lambda handler: handler.answer(200, b" " * 2**21)) as url,
        pytest.raises(TooLargeError, match="gives more than 1 MB"),
    ):
        query(url, "ASK {}")


def test_a_cut_connection_is_no_answer() -> None:
    with (
        _faulty(lambda handler: handler.answer(200, YES[:10], Content_Length="1000")) as url,
        pytest.raises(TrinationalError, match="cannot be reached"),
    ):
        query(url, "ASK {}")


def test_nobody_there() -> None:
    with pytest.raises(TrinationalError, match=r"127\.0\.0\.1:9/sparql cannot be reached"):
        query("http://127.0.0.1:9/sparql", "ASK {}")


# The command.


def test_the_command_gives_the_same_on_an_endpoint(endpoint: Server, tmp_path: Path) -> None:
    run = CliRunner().invoke
    text = PROLOGUE + "SELECT ?s ?o { ?s e:p ?o }"
    found = run(app, ["sparql", text, "-p", "s=<http://e/s7>", "--on", endpoint.url, "--format", "csv"])
    assert found.exit_code == 0, found.output
    assert found.output.split() == ["s,o", "http://e/s7,http://e/o7"]
    found = run(
        app,
        [
            "sparql",
            "CONSTRUCT { ?s ?p ?o } { ?s <http://e/n> 7 ; ?p ?o }",
            "--on",
            endpoint.url,
            "--format",
            "turtle",
        ],
    )
    assert "Camión" in found.output
    found = run(app, ["sparql", text, "--on", endpoint.url, "--limit", "3"])
    assert found.output.count("http://e/s") == 3
