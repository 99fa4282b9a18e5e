"""Access logs: what is read of them, what is not, and what is kept for next week."""

from __future__ import annotations

import gzip
import io
import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from growthml.config.source import SourceConfig
from growthml.config.tables import WEB_LOG
from growthml.errors import SourceError
from growthml.progress import Progress
from growthml.sources.log_cache import Logs, cached
from growthml.sources.source import Source
from growthml.sources.weblog import LONGEST_LINE, Parser

GOOD = '192.0.2.1 - - [10/Oct/2024:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326 "-" "Firefox"'


def rows(path: Path, sql: str, cache: Path | None = None) -> list[tuple[Any, ...]]:
    cache = cache or path.parent / ".cache"
    config = SourceConfig.model_validate({"url": str(path)})
    with Source("log", config, logs=Logs(cache=cache)) as source:
        found = source._connection.exec_driver_sql(sql).fetchall()
    return [tuple(each) for each in found]


def parsed(*lines: str | bytes) -> list[dict[str, Any]]:
    """The lines as the parser reads them."""
    content = b"\n".join(each.encode() if isinstance(each, str) else each for each in lines)
    parts = iter((content, b""))
    with Parser() as parser:
        return [row for table in parser.parse(lambda _: next(parts)) for row in table.to_pylist()]


# -- Known logs --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["web_apache_logs", "web_nasa_jul95"])
def test_a_known_log(name: str, shared: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shared(name)
    log, told = folder / "access.log", json.loads((folder / "expected.json").read_text())["counts"]
    total = rows(
        log,
        "SELECT count(*), count(DISTINCT ip), sum(bytes), epoch(min(occurred_at)),"
        " epoch(max(occurred_at)), count(DISTINCT path) FROM requests",
        tmp_path,
    )
    names = ("requests", "unique_ips", "bytes_total", "first_ts", "last_ts", "unique_urls")
    assert total == [tuple(told[name] for name in names)]
    by_status = rows(log, "SELECT status::VARCHAR, count(*) FROM requests GROUP BY 1", tmp_path)
    by_method = rows(log, "SELECT method, count(*) FROM requests GROUP BY 1", tmp_path)
    assert dict(by_status) == told["status"]
    assert dict(by_method) == told["methods"]
    assert rows(log, "SELECT * FROM malformed", tmp_path) == []


def test_the_schema_of_a_log_names_its_columns(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(GOOD + "\n")
    described = {name for name, *_ in rows(log, "DESCRIBE SELECT * FROM requests")}
    assert WEB_LOG.requests is not None
    assert set(WEB_LOG.requests.model_dump(exclude={"table", "malformed"}).values()) <= described
    assert described >= {"protocol", "file", "line"}


# -- Lines -------------------------------------------------------------------------------------


def test_a_line_field_by_field() -> None:
    line = (
        '2001:db8::7 - ann [10/Oct/2024:13:55:36 -0700] "GET /a?b=1 HTTP/2.0" 404 2326'
        ' "https://t.co/x" "Fire\\"fox\\""'
    )
    assert parsed(line) == [
        {
            "occurred_at": datetime(2024, 10, 10, 20, 55, 36),
            "ip": "2001:db8::7",
            "user_id": "ann",
            "method": "GET",
            "path": "/a?b=1",
            "protocol": "HTTP/2.0",
            "status": 404,
            "bytes": 2326,
            "referrer": "https://t.co/x",
            "agent": 'Fire"fox"',
            "line": 1,
            "reason": None,
            "sample": None,
        }
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (GOOD[: GOOD.index(' "-"')], {"referrer": None, "agent": None, "bytes": 2326}),
        (GOOD.replace("2326", "-"), {"bytes": None, "status": 200}),
        (GOOD.replace("192.0.2.1", "shop.example:443 192.0.2.1"), {"ip": "192.0.2.1"}),
        (GOOD.replace("192.0.2.1", "::1"), {"ip": "::1", "user_id": None}),
        (GOOD.replace("192.0.2.1", "host-7.example.net"), {"ip": "host-7.example.net"}),
        (GOOD.replace("- -", "- Ann Lee"), {"user_id": "Ann Lee"}),
        (GOOD.replace("GET /a?b=1 HTTP/1.1", "-"), {"method": None, "path": None}),
        (
            GOOD.replace("GET /a?b=1 HTTP/1.1", r"\x16\x03\x01\x02"),
            {"method": None, "path": r"\x16\x03\x01\x02", "protocol": None},
        ),
        (GOOD.replace(" HTTP/1.1", ""), {"method": "GET", "path": "/a?b=1", "protocol": None}),
        (GOOD.replace("/a?b=1", "/a b"), {"path": "/a b", "protocol": "HTTP/1.1"}),
        (
            GOOD.replace("Firefox", "<script>alert(1)</script>"),
            {"agent": "<script>alert(1)</script>"},
        ),
        (GOOD.replace("Firefox", r"ends in \\"), {"agent": "ends in \\"}),
        (GOOD.removesuffix('"'), {"agent": None}),
        (GOOD + ' "203.0.113.9" 0.004', {"agent": "Firefox"}),
        (GOOD + "\r", {"agent": "Firefox"}),
        (GOOD.encode().replace(b"fox", b"\xff\x00"), {"agent": "Fire\ufffd\ufffd"}),
    ],
)
def test_unusual_lines_are_requests(line: str | bytes, expected: dict[str, Any]) -> None:
    (row,) = parsed(line)
    assert row["reason"] is None
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("hello", "no access log line"),
        (GOOD.replace("10/Oct", "31/Feb"), "impossible time"),
        (GOOD.replace("13:55", "25:55"), "impossible time"),
        (GOOD.replace("Firefox", 'Fire"fox'), "unbalanced quotes"),
        (GOOD.replace(' HTTP/1.1"', " HTTP/1.1"), "unbalanced quotes"),
        (GOOD.replace(" 200 ", " OK "), "no access log line"),
        (b"\x16\x03\x01\x00\xff\xfe", "binary bytes"),
        (GOOD.replace("Firefox", "x" * 1_000_000), f"longer than {LONGEST_LINE} bytes"),
    ],
)
def test_malformed_lines_are_kept_with_their_reason(line: str | bytes, reason: str) -> None:
    first, bad, last = parsed(GOOD, line, GOOD)
    assert (first["reason"], last["reason"]) == (None, None)
    assert (bad["line"], bad["reason"]) == (2, reason)
    assert bad["sample"].isprintable()
    assert 0 < len(bad["sample"]) <= 200


def test_a_long_line_over_many_reads_is_one_malformed_line() -> None:
    parts = iter([b"x" * 50_000] * 20 + [b"\n" + GOOD.encode(), b""])
    with Parser() as parser:
        read = [row for table in parser.parse(lambda _: next(parts)) for row in table.to_pylist()]
    assert [(row["line"], row["reason"]) for row in read] == [
        (1, f"longer than {LONGEST_LINE} bytes"),
        (2, None),
    ]


def test_empty_lines_are_passed_over_but_counted() -> None:
    assert [row["line"] for row in parsed("", GOOD, "  ", GOOD)] == [2, 4]


# -- Files, and the cache ----------------------------------------------------------------------


def test_a_folder_of_rotated_files_is_one_table(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "access.log").write_text(f"{GOOD}\nrubbish\n")
    (logs / "access.log.1").write_text(GOOD)
    (logs / "access.log.2.gz").write_bytes(gzip.compress(f"{GOOD}\n{GOOD}\n".encode()))
    (logs / "notes.txt").write_text("not a log")
    assert rows(logs, "SELECT file, count(*) FROM requests GROUP BY 1 ORDER BY 1") == [
        ("access.log", 1),
        ("access.log.1", 1),
        ("access.log.2.gz", 2),
    ]
    assert rows(logs, "SELECT * FROM malformed") == [
        ("access.log", 2, "no access log line", "rubbish")
    ]


def test_a_file_is_parsed_once_even_when_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, cache = tmp_path / "access.log", tmp_path / "cache"
    log.write_text(GOOD)
    assert rows(log, "SELECT file FROM requests", cache) == [("access.log",)]
    (kept,) = cache.iterdir()
    before = kept.stat()
    monkeypatch.setattr(Parser, "parse", lambda *_: pytest.fail("parsed again"))
    rotated = log.rename(tmp_path / "access.log.1")
    assert rows(rotated, "SELECT file FROM requests", cache) == [("access.log.1",)]
    assert [*cache.iterdir()] == [kept]
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_file_is_parsed_anew(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    for lines in (1, 2):
        log.write_text(f"{GOOD}\n" * lines)
        assert rows(log, "SELECT count(*) FROM requests") == [(lines,)]


def test_an_empty_log_has_tables_without_rows(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("")
    assert rows(log, "SELECT count(*) FROM requests") == [(0,)]


def test_what_is_interrupted_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, cache = tmp_path / "access.log", tmp_path / "cache"
    log.write_text(f"{GOOD}\n" * 3)
    parse = Parser.parse

    def stopped(self: Parser, read: Callable[[int], bytes]) -> Any:
        yield from parse(self, read)
        raise KeyboardInterrupt

    monkeypatch.setattr(Parser, "parse", stopped)
    with pytest.raises(KeyboardInterrupt):
        rows(log, "SELECT 1", cache)
    assert [*cache.iterdir()] == []


def test_a_cut_gzip_is_named_and_not_kept(tmp_path: Path) -> None:
    log, cache = tmp_path / "access.log.gz", tmp_path / "cache"
    log.write_bytes(gzip.compress("".join(f"{GOOD}{row}\n" for row in range(5000)).encode())[:-900])
    with pytest.raises(SourceError, match=r"access\.log\.gz is no whole gzip file"):
        rows(log, "SELECT 1", cache)
    assert [*cache.iterdir()] == []


def test_two_at_once_do_no_harm(tmp_path: Path) -> None:
    log, cache = tmp_path / "access.log", tmp_path / "cache"
    log.write_text(f"{GOOD}\n" * 20_000)
    found = []

    def read() -> None:
        with Parser() as parser:
            found.append(cached(log, cache, parser))

    both = [threading.Thread(target=read) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(set(found)) == 1
    assert [*cache.iterdir()] == found[:1]
    assert rows(log, "SELECT count(*) FROM requests", cache) == [(20_000,)]


def test_progress_says_how_much_is_read(tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    log, stream = tmp_path / "access.log", Terminal()
    log.write_text(f"{GOOD}\n" * 20_000)
    megabytes = f"{log.stat().st_size / 1e6:.0f}"
    with Progress(stream=stream) as progress, Parser() as parser:
        cached(log, tmp_path / "cache", parser, progress)
    assert f"Reading access.log: {megabytes} of {megabytes} MB" in stream.getvalue()


def test_a_glance_reads_the_first_lines_and_keeps_nothing(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(f"{GOOD}\n" * 20_000)
    with Source("log", SourceConfig.model_validate({"url": str(log)})) as source:
        seen = source._connection.exec_driver_sql("SELECT count(*) FROM requests").scalar()
        bad = source._connection.exec_driver_sql("SELECT count(*) FROM malformed").scalar()
    assert seen is not None
    assert 0 < seen < 20_000
    assert bad == 0
    assert [*tmp_path.iterdir()] == [log]


def test_what_is_no_log_at_all_is_said(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("INFO started\nINFO stopped\n")
    with pytest.raises(SourceError, match=r"no line of an access log; app\.log, line 1"):
        rows(log, "SELECT 1")


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no file or folder"):
        rows(tmp_path / "access.log", "SELECT 1")


def test_a_log_beside_tables_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id\n1\n")
    (tmp_path / "import.log").write_text("done\n")
    assert rows(tmp_path, "SELECT id FROM users") == [(1,)]
