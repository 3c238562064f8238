"""The SPARQL endpoint keeps the W3C's protocol, serves standard clients, and no request harms it."""

from __future__ import annotations

import csv
import io
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx
import psutil
import pyoxigraph as ox
import pytest
import rdflib
from endpoints import DATA, Server, make_store, ours
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, POSTDIRECTLY, TSV, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from graph.home import Home
from graph.serve import GRAPHS, ROWS, address, listen, preferred
from ontology import TrinationalError

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c != ?f) }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ours(tmp_path_factory.mktemp("serve")) as running:
        yield running


def ask(server: Server, query: str, **options: object) -> httpx.Response:
    return httpx.get(server.url, params={"query": query}, timeout=30, **options)


# The query operations of the W3C's SPARQL 1.1 Protocol tests, request by request.

D = {n: quote(DATA.format(n), safe="") for n in range(4)}
BOTH = f"<{DATA.format(1)}> a ?type . <{DATA.format(2)}> a ?type ."
NAMED = f"GRAPH ?g1 {{ <{DATA.format(1)}> a ?type }} GRAPH ?g2 {{ <{DATA.format(2)}> a ?type }}"
BOOLEAN = ("application/sparql-results+json", "application/sparql-results+xml")
W3C = {
    "query_post_form": ("POST", f"?default-graph-uri={D[0]}", FORM, "query=ASK%20%7B%7D", True),
    "query_dataset_default_graphs_get": (
        "GET",
        f"?query={quote(f'ASK {{ {BOTH} }}')}&default-graph-uri={D[1]}&default-graph-uri={D[2]}",
        {},
        "",
        True,
    ),
    "query_dataset_default_graphs_post": (
        "POST",
        f"?default-graph-uri={D[1]}&default-graph-uri={D[2]}",
        DIRECT,
        f"ASK {{ {BOTH} }}",
        True,
    ),
    "query_dataset_named_graphs_post": (
        "POST",
        f"?named-graph-uri={D[1]}&named-graph-uri={D[2]}",
        DIRECT,
        f"ASK {{ {NAMED} }}",
        True,
    ),
    "query_dataset_named_graphs_get": (
        "GET",
        f"?query={quote(f'ASK {{ {NAMED} }}')}&named-graph-uri={D[1]}&named-graph-uri={D[2]}",
        {},
        "",
        True,
    ),
    "query_dataset_full": (
        "POST",
        f"?default-graph-uri={D[3]}&named-graph-uri={D[1]}&named-graph-uri={D[2]}",
        DIRECT,
        f"ASK {{ <{DATA.format(3)}> a ?type {NAMED} }}",
        True,
    ),
    "query_multiple_dataset": (
        "POST",
        f"?named-graph-uri={D[1]}&named-graph-uri={D[2]}",
        DIRECT,
        f"ASK FROM <{DATA.format(3)}> {{ {NAMED} }}",
        True,
    ),
    "query_get": ("GET", f"?query=ASK%20%7B%7D&default-graph-uri={D[0]}", {}, "", True),
    "query_content_type_select": (
        "POST",
        f"?default-graph-uri={D[0]}",
        DIRECT,
        "SELECT (1 AS ?value) {}",
        tuple(ROWS),
    ),
    "query_content_type_ask": ("POST", f"?default-graph-uri={D[0]}", DIRECT, "ASK {}", BOOLEAN),
    "query_content_type_describe": (
        "POST",
        f"?default-graph-uri={D[0]}",
        DIRECT,
        "DESCRIBE <http://example.org/>",
        tuple(GRAPHS),
    ),
    "query_content_type_construct": (
        "POST",
        f"?default-graph-uri={D[0]}",
        DIRECT,
        "CONSTRUCT { <s> <p> 1 } WHERE {}",
        tuple(GRAPHS),
    ),
    "query_post_direct": ("POST", "", DIRECT, "ASK {}", True),
    "bad_query_method": ("PUT", f"?query=ASK%20%7B%7D&default-graph-uri={D[0]}", FORM, "", 405),
    "bad_multiple_queries": ("GET", "?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", {}, "", 400),
    "bad_query_wrong_media_type": ("POST", "", {"Content-Type": "text/plain"}, "ASK {}", 415),
    "bad_query_missing_form_type": ("POST", "", {}, "query=ASK%20%7B%7D", 415),
    "bad_query_missing_direct_type": ("POST", "", {}, "ASK {}", 415),
    "bad_query_non_utf8": (
        "POST",
        "",
        {"Content-Type": "application/sparql-query; charset=UTF-16"},
        "ASK {}".encode("utf-16"),
        415,
    ),
    "bad_query_syntax": ("GET", "?query=ASK%20%7B", {}, "", 400),
}


@pytest.mark.parametrize("name", W3C)
@pytest.mark.parametrize("slash", ["", "/"])
def test_query_operations_of_the_w3c(server: Server, name: str, slash: str) -> None:
    method, rest, headers, body, expected = W3C[name]
    found = httpx.request(method, server.url + slash + rest, headers=headers, content=body or None)
    if isinstance(expected, bool):
        assert found.status_code == 200, found.text
        assert found.headers["content-type"] in BOOLEAN
        assert found.json()["boolean"] is expected
    elif isinstance(expected, tuple):
        assert found.status_code == 200, found.text
        assert found.headers["content-type"].partition(";")[0] in expected
    else:
        assert found.status_code == expected
        assert found.headers["content-type"].startswith("text/plain")
        assert found.text.strip()


def test_the_dataset_of_the_protocol_takes_the_place_of_the_store_and_of_from(server: Server) -> None:
    names = "SELECT ?g { GRAPH ?g { ?s ?p ?o } }"

    def rows(query: str, **dataset: object) -> int:
        found = httpx.get(server.url, params={"query": query, **dataset})
        return len(found.json()["results"]["bindings"])

    assert rows(names) == 3
    assert rows(names, **{"named-graph-uri": DATA.format(1)}) == 1
    assert rows(names, **{"default-graph-uri": DATA.format(1)}) == 0
    assert rows("SELECT ?s { ?s ?p ?o }", **{"named-graph-uri": DATA.format(1)}) == 0
    assert rows(f"SELECT ?s FROM <{DATA.format(2)}> {{ ?s ?p ?o }}", **{"default-graph-uri": "urn:none"}) == 0


@pytest.mark.parametrize(
    ("method", "rest", "headers", "body"),
    [
        ("GET", "?update=CLEAR%20ALL", {}, b""),
        ("POST", "", FORM, b"update=CLEAR+ALL"),
        ("POST", "", {"Content-Type": "application/sparql-update"}, b"CLEAR ALL"),
        ("POST", "?using-graph-uri=http%3A%2F%2Fe%2F", DIRECT, b"ASK {}"),
        ("POST", "", DIRECT, b"CLEAR ALL"),
        ("POST", "", FORM, urlencode({"query": "DELETE WHERE { ?s ?p ?o }"}).encode()),
        ("GET", "?query=" + quote("LOAD <http://127.0.0.1:1/>"), {}, b""),
    ],
)
def test_updates_are_refused(
    server: Server, method: str, rest: str, headers: dict[str, str], body: bytes
) -> None:
    found = httpx.request(method, server.url + rest, headers=headers, content=body)
    assert found.status_code in (400, 403, 415)
    assert re.search("refused|sent as application/sparql-query", found.text)
    assert ask(server, "SELECT ?s { ?s ?p ?o }").json()["results"]["bindings"]


def test_no_query_reaches_another_server(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.5)
        url = f"http://127.0.0.1:{other.getsockname()[1]}/"
        for text in (
            f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERV\\u0049CE SILENT <{url}> {{ ?s ?p ?o }} }}",
            f"SELECT * FROM <{url}> {{ ?s ?p ?o }}",
        ):
            assert ask(server, text).status_code == (200 if "FROM" in text else 403)
        httpx.get(server.url, params={"query": "ASK {}", "default-graph-uri": url})
        with pytest.raises(TimeoutError):
            other.accept()


# Formats.


@pytest.mark.parametrize("media", ROWS)
def test_rows_are_the_same_in_every_format(server: Server, media: str) -> None:
    found = ask(
        server,
        "SELECT ?name ?n ?none { ?s <http://e/name> ?name ; <http://e/n> ?n }",
        headers={"Accept": media},
    )
    assert found.headers["content-type"].partition(";")[0] == media
    if media == "text/csv":
        rows = list(csv.reader(io.StringIO(found.content.decode())))
        assert rows == [["name", "n", "none"], ['Camión, "first"', "7", ""]]
        return
    solutions = ox.parse_query_results(found.content, format=ox.QueryResultsFormat.from_media_type(media))
    (row,) = solutions
    assert row["name"] == ox.Literal('Camión, "first"', language="es")
    assert row["n"] == ox.Literal(7)
    assert row["none"] is None


@pytest.mark.parametrize("media", GRAPHS)
@pytest.mark.parametrize("text", ["DESCRIBE <http://e/x>", "CONSTRUCT WHERE { <http://e/x> ?p ?o }"])
def test_graphs_are_the_same_in_every_format(server: Server, media: str, text: str) -> None:
    found = ask(server, text, headers={"Accept": media})
    assert found.headers["content-type"].partition(";")[0] == media
    parsed = rdflib.Graph().parse(data=found.content, format=media)
    assert (None, None, rdflib.Literal('Camión, "first"', lang="es")) in parsed
    assert len(parsed) == 2


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("application/xml", "application/sparql-results+xml"),
        ("application/json", "application/sparql-results+json"),
        ("text/csv;q=0.2, text/tab-separated-values;q=0.9", "text/tab-separated-values"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("image/png, */*;q=0.1", "application/sparql-results+json"),
        ("TEXT/CSV ; header=present", "text/csv"),
        ("text/csv;q=nonsense, application/sparql-results+xml;q=0.1", "application/sparql-results+xml"),
        ("text/turtle", None),
        ("image/png", None),
        ("text/csv;q=0", None),
    ],
)
def test_accept_chooses_the_format(server: Server, accept: str | None, expected: str | None) -> None:
    assert preferred(accept, ROWS) == expected
    request = httpx.Request("GET", server.url, params={"query": "SELECT ?s { ?s ?p ?o } LIMIT 1"})
    if accept:
        request.headers["Accept"] = accept
    with httpx.Client() as client:
        found = client.send(request)
    assert found.status_code == (200 if expected else 406)
    if expected:
        assert found.headers["content-type"].partition(";")[0] == expected


def test_head_and_options(server: Server) -> None:
    body = ask(server, "ASK {}")
    head = httpx.head(server.url, params={"query": "ASK {}"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == body.headers["content-length"]
    options = httpx.options(server.url)
    assert options.status_code == 204
    assert {"GET", "POST"} <= set(options.headers["allow"].split(", "))


@pytest.mark.parametrize("media", GRAPHS)
def test_the_service_describes_itself(server: Server, media: str) -> None:
    found = httpx.get(server.url, headers={"Accept": media})
    described = rdflib.Graph().parse(data=found.content, format=media)
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    service = described.value(predicate=rdflib.RDF.type, object=sd.Service)
    assert described.value(service, sd.endpoint) == rdflib.URIRef(server.url)
    assert described.value(service, sd.supportedLanguage) == sd.SPARQL11Query
    dataset = described.value(service, sd.defaultDataset)
    named = {str(described.value(graph, sd.name)) for graph in described.objects(dataset, sd.namedGraph)}
    assert named == {DATA.format(n) for n in (1, 2, 3)}
    assert len(list(described.objects(service, sd.resultFormat))) == 8


def test_people_see_a_page(server: Server) -> None:
    for url in (server.url, server.url.removesuffix("/sparql")):
        page = httpx.get(url, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert page.headers["content-type"].startswith("text/html")
        assert f"<code>{server.url}</code>" in page.text
        assert not re.search(r"(src|href|action)=\"?https?:", page.text)
    for example in re.findall(r'href="(/sparql[^"]*)"', page.text):
        assert httpx.get(httpx.URL(server.url).join(example)).status_code == 200


# Clients.


def test_rdflib_is_a_client(server: Server) -> None:
    for method in ("GET", "POST", "POST_FORM"):
        remote = rdflib.Graph(SPARQLStore(server.url, method=method))
        assert len(remote) == 502
        rows = list(remote.query("SELECT ?o { <http://e/s3> ?p ?o }"))
        assert rows == [(rdflib.URIRef("http://e/o3"),)]
        assert (rdflib.URIRef("http://e/s4"), None, rdflib.URIRef("http://e/o4")) in remote
        assert bool(remote.query("ASK { <http://e/s3> ?p ?o }"))
        assert len(remote.query("DESCRIBE <http://e/x>").graph) == 2


def test_rdflib_reads_a_named_graph(server: Server) -> None:
    remote = rdflib.Graph(SPARQLStore(server.url), identifier=rdflib.URIRef(DATA.format(1)))
    assert len(remote) == 1
    assert len(list(remote.query("SELECT * { ?s ?p ?o }"))) == 1


@pytest.mark.parametrize("how", ["GET", "POST", "direct"])
def test_sparqlwrapper_is_a_client(server: Server, how: str) -> None:
    client = SPARQLWrapper(server.url)
    client.setMethod("GET" if how == "GET" else POST)
    if how == "direct":
        client.setRequestMethod(POSTDIRECTLY)
    client.setQuery("SELECT ?n { ?s <http://e/n> ?n }")
    client.setReturnFormat(JSON)
    assert client.query().convert()["results"]["bindings"][0]["n"]["value"] == "7"
    client.setReturnFormat(XML)
    assert "<literal" in client.query().convert().toxml()
    client.setReturnFormat(CSV)
    assert client.query().convert().split() == [b"n", b"7"]
    client.setReturnFormat(TSV)
    assert client.query().convert().split() == [b"?n", b"7"]
    client.setQuery("CONSTRUCT WHERE { <http://e/x> ?p ?o }")
    client.setReturnFormat(TURTLE)
    assert b"@prefix" in client.query().convert()
    client.addDefaultGraph(DATA.format(1))
    client.setQuery("ASK { ?s ?p ?o }")
    client.setReturnFormat(JSON)
    assert client.query().convert()["boolean"] is True
    client.setQuery("SELECT")
    with pytest.raises(QueryBadFormed):
        client.query()


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "http://127.0.0.1:8000", "https://yasgui.triply.cc"]
)
def test_yasgui_may_ask_from_its_page(server: Server, origin: str) -> None:
    accept = "application/sparql-results+json,*/*;q=0.9"
    preflight = httpx.options(
        server.url,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "accept,content-type,x-requested-with",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == origin
    assert preflight.headers["access-control-allow-private-network"] == "true"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "x-requested-with" in preflight.headers["access-control-allow-headers"].lower()
    found = httpx.post(
        server.url,
        data={"query": "SELECT * { ?s <http://e/n> ?n }"},
        headers={"Origin": origin, "Accept": accept},
    )
    assert found.headers["access-control-allow-origin"] == origin
    assert found.json()["results"]["bindings"][0]["n"]["value"] == "7"
    wrong = httpx.post(server.url, data={"query": "SELECT"}, headers={"Origin": origin, "Accept": accept})
    assert (wrong.status_code, wrong.headers["access-control-allow-origin"]) == (400, origin)


def test_pages_of_other_sites_read_nothing(server: Server) -> None:
    found = httpx.get(server.url, params={"query": "ASK {}"}, headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in found.headers
    rebound = httpx.get(server.url, params={"query": "ASK {}"}, headers={"Host": "elsewhere.example:3030"})
    assert rebound.status_code == 421
    for lookalike in ("http://localhost.elsewhere.example", "http://127.0.0.1.elsewhere.example", "null"):
        found = httpx.get(server.url, params={"query": "ASK {}"}, headers={"Origin": lookalike})
        assert "access-control-allow-origin" not in found.headers


# Bad input and faults.


@pytest.mark.parametrize(
    ("method", "rest", "headers", "body", "status", "message"),
    [
        ("POST", "", FORM, b"", 400, "no queries"),
        ("POST", "", FORM, b"query=ASK{}&query=ASK{}", 400, "2 queries"),
        ("POST", "?query=ASK%7B%7D", DIRECT, b"ASK {}", 400, "2 queries"),
        ("POST", "", FORM, b"query=%FF", 400, "not UTF-8"),
        ("POST", "", DIRECT, b"ASK { ?s ?p '\xff' }", 400, "not UTF-8"),
        ("GET", "?query=%FF", {}, b"", 400, "not UTF-8"),
        ("GET", "?query=ASK%7B%7D&default-graph-uri=relative", {}, b"", 400, "no absolute IRI"),
        ("GET", "?default-graph-uri=http%3A%2F%2Fe%2F", {}, b"", 400, "no queries"),
        ("GET", "?query=", {}, b"", 400, "syntax error"),
        (
            "GET",
            "?query=" + quote("SELECT ?s {\n ?s nope:p ?o }"),
            {},
            b"",
            400,
            "line 2: prefix of 'nope:p'",
        ),
        ("GET", "?" + "a=1&" * 2000, {}, b"", 400, "address"),
        ("POST", "", {**DIRECT, "Content-Encoding": "gzip"}, b"x", 415, "Content-Encoding"),
        ("POST", "", {"Content-Type": "multipart/form-data; boundary=x"}, b"x", 415, "sent as"),
        ("POST", "", DIRECT, b"#" * 2**21, 413, "more than 1,048,576 bytes"),
        ("DELETE", "", {}, b"", 405, "Not Allowed"),
        ("PATCH", "", DIRECT, b"ASK {}", 405, "Not Allowed"),
    ],
)
def test_a_wrong_request_is_told_why(
    server: Server, method: str, rest: str, headers: dict[str, str], body: bytes, status: int, message: str
) -> None:
    found = httpx.request(method, server.url + rest, headers=headers, content=body or None)
    assert found.status_code == status, found.text
    assert message in found.text
    assert "Traceback" not in found.text


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /sparql HTTP/1.1\r\nHost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET " + b"/" * 400_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00" * 1000,
    ],
)
def test_malformed_http_harms_nothing(server: Server, sent: bytes) -> None:
    found = server.raw(sent)
    assert found == b"" or found.startswith(b"HTTP/1.1 4")
    assert ask(server, "ASK {}").status_code == 200


def test_a_body_in_chunks_is_read(server: Server) -> None:
    found = httpx.post(server.url, content=iter([b"ASK", b" {}"]), headers=DIRECT)
    assert found.json()["boolean"] is True


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET /sparql HTTP/1.1\r\nHost: loc", b""),
        (b"", b""),
        (
            b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sparql-query\r\n"
            b"Content-Length: 100\r\n\r\nASK",
            b"HTTP/1.1 408",
        ),
    ],
)
def test_a_client_that_sends_nothing_more_is_let_go(server: Server, sent: bytes, expected: bytes) -> None:
    started = time.monotonic()
    assert server.raw(sent, wait=10).startswith(expected)
    assert time.monotonic() - started < 4


def test_a_runaway_query_is_stopped_and_blocks_nobody(server: Server) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(server, CROSS))) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert len(server.workers()) == 2
    started = time.monotonic()
    assert ask(server, "ASK {}").json()["boolean"] is True
    assert time.monotonic() - started < 1
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "stopped after 2 seconds" in answers[0].text
    assert not server.workers()


def test_more_queries_than_slots_wait_their_turn(server: Server) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(server, "ASK {}"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 20


def test_a_query_ends_when_its_client_goes_away(server: Server) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(server.url, params={"query": CROSS}, timeout=0.4)
    time.sleep(0.7)
    assert not server.workers()


def test_an_answer_that_is_too_large_is_an_error_not_a_part(server: Server) -> None:
    found = ask(server, "SELECT ?a ?b { ?a <http://e/p> ?x . ?b <http://e/p> ?y }")
    assert found.status_code == 500
    assert "more than 100,000 bytes" in found.text
    found = ask(server, "CONSTRUCT { ?a <http://e/r> ?b } { ?a <http://e/p> ?x . ?b <http://e/p> ?y }")
    assert (found.status_code, "more than 100,000 bytes" in found.text) == (500, True)
    found = ask(server, "SELECT ?s ?p ?o { ?s ?p ?o }", headers={"Accept": "text/csv"})
    assert len(found.text.splitlines()) == 503


def test_a_query_that_needs_too_much_memory_is_stopped(server: Server) -> None:
    text = "SELECT * { { SELECT (GROUP_CONCAT(STR(?a)) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } } }"
    found = ask(server, text)
    assert found.status_code in (500, 503)
    assert re.search("memory|stopped", found.text)


def test_a_later_build_is_served(server: Server) -> None:
    make_store(server.store.parent / "second", "second")
    fresh = server.store.with_suffix(".new")
    fresh.symlink_to("second")
    before = server.store.readlink()
    fresh.replace(server.store)
    try:
        found = ask(server, "SELECT ?name { ?s <http://e/name> ?name }").json()
        assert found["results"]["bindings"][0]["name"]["value"] == 'Camión, "second"'
    finally:
        fresh.symlink_to(before)
        fresh.replace(server.store)


# The command.


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_the_graph_and_ends_cleanly(demo_home: Home, end: signal.Signals) -> None:
    command = [sys.executable, "-c", "from graph.cli import main; main()", "--home", str(demo_home.path)]
    command += ["serve", "sparql", "--port", "0"]
    process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = re.search(r"http://127\.0\.0\.1:\d+/sparql", process.stdout.readline())[0]
    rows = httpx.get(url, params={"query": "SELECT ?plant { ?plant a :Plant }"}).json()["results"]["bindings"]
    assert len(rows) > 10
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, params={"query": CROSS}, timeout=0.3)
    children = process.children(recursive=True)
    process.send_signal(end)
    assert process.wait(10) == (0 if end == signal.SIGINT else -end)
    assert "Traceback" not in process.stderr.read()
    assert not psutil.wait_procs(children, timeout=3)[1]


def test_a_port_in_use_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TrinationalError, match=f"cannot listen on 127.0.0.1:{port}"):
            listen("127.0.0.1", port)
    with pytest.raises(TrinationalError, match="cannot listen on no-such-host"):
        listen("no-such-host.invalid", 0)


def test_addresses_of_other_families() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with listen("::1", 0) as listening:
        assert re.fullmatch(r"http://\[::1\]:\d+/sparql", address(listening))
