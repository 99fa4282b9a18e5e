from __future__ import annotations

import html
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from growthml.archive import index, lock, verify
from growthml.archive.runs import read
from growthml.errors import GrowthError
from tests.archive.shelf import kpis, rate, stored
from tests.servers import until

ROOT = Path(__file__).parents[2]


def filled(archive: Path, runs: int, *, first: date = date(2012, 1, 2)) -> list[Path]:
    """An archive with a run a day, in the index; its folders, oldest first."""
    folders = []
    for i in range(runs):
        day = first + timedelta(days=i)
        folder = stored(archive, day.isoformat(), digits=f"{i:012x}", rows=kpis(50 + i % 20))
        index.announce(archive, folder)
        index.add(archive, folder)
        folders.append(folder)
    return folders


def shown(page: Path) -> list[str]:
    """The as-of dates on a page, in its order."""
    return re.findall(r'<time datetime="([\d-]+)">', page.read_text(encoding="utf-8"))


def chain(archive: Path) -> list[Path]:
    """The pages as their links to older ones lead, the first page first."""
    found = [archive / "index.html"]
    while older := re.search(r'href="([^"]+)" rel="next"', found[-1].read_text(encoding="utf-8")):
        found.append(found[-1].parent / older[1])
    return [page.resolve() for page in found]


def dead_links(archive: Path) -> list[str]:
    """Every link, script and style on every page that leads nowhere."""
    dead = []
    pages = [archive / "index.html", *(archive / "index").glob("*.html")]
    for page in [*pages, *(archive / "postmortems").glob("*.html")]:
        for link in re.findall(r'(?:href|src)="([^"#]+)"', page.read_text(encoding="utf-8")):
            if not (page.parent / link).is_file():
                dead.append(f"{page.name}: {link}")
    return dead


def rows_of(script: Path) -> dict[str, Any]:
    """What a script hands to the search."""
    text = script.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text.removeprefix("growthmlRows(").removesuffix(");\n"))
    return found


def state(archive: Path) -> dict[str, bytes]:
    """Every file of the index but the database, whose bytes SQLite may arrange as it likes."""
    files = [archive / "index.html", *(archive / "index").glob("[a-z]*.[hjc]*")]
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 runs, a day each."""
    archive = tmp_path_factory.mktemp("large")
    filled(archive, 250)
    return archive


def test_pages_hold_every_run_once_newest_first(large: Path) -> None:
    pages = chain(large)
    days = [day for page in pages for day in shown(page)]
    assert days == [(date(2012, 1, 2) + timedelta(days=i)).isoformat() for i in range(249, -1, -1)]
    assert len(pages) == 3
    assert {page.name for page in pages} == {"index.html", "page-0001.html", "page-0002.html"}


def test_every_link_leads_somewhere(large: Path) -> None:
    assert dead_links(large) == []
    newest = chain(large)[-1].read_text(encoding="utf-8")
    assert re.search(r'href="page-0002.html" rel="prev"', newest)


def test_the_search_knows_every_older_run(large: Path) -> None:
    head = (large / "index.html").read_text(encoding="utf-8")
    script = re.search(r'data-older="([^"]+)"', head)
    found, name = [], script[1] if script else None
    while name:
        page = rows_of(large / name)
        found += [re.findall(r'datetime="([\d-]+)"', row["html"])[0] for row in page["rows"]]
        name = page["older"] and f"index/{page['older']}"
    assert found == [day for page in chain(large)[1:] for day in shown(page)]


def test_the_index_asks_nothing_of_the_network(large: Path) -> None:
    for page in [*chain(large), *(large / "index").glob("archive.*")]:
        text = page.read_text(encoding="utf-8").replace("http-equiv", "")
        assert "http" not in text
        assert " style=" not in text
        assert not re.search(r"\son\w+=", text)


def test_adding_a_run_again_changes_nothing(tmp_path: Path) -> None:
    folders = filled(tmp_path, 3)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "index").iterdir()}
    for folder in folders:
        index.add(tmp_path, folder)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "index").iterdir()}
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed <= {".lock", "pending"}


def test_the_order_of_adding_does_not_matter(tmp_path: Path) -> None:
    days = [(date(2012, 1, 2) + timedelta(days=i)).isoformat() for i in range(180)]
    shuffled = random.Random(1).sample(days, len(days))
    for day in shuffled:
        index.add(tmp_path, stored(tmp_path, day, digits=f"{days.index(day):012x}"))
    assert [day for page in chain(tmp_path) for day in shown(page)] == days[::-1]
    assert dead_links(tmp_path) == []
    assert verify.problems(tmp_path) == []


def test_a_thousandth_run_writes_no_more_than_the_pages_it_is_on(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, int] = {}
    put = lock.put

    def counted(path: Path, content: bytes, **options: bool) -> None:
        written[path.name] = len(content)
        put(path, content, **options)

    monkeypatch.setattr(lock, "put", counted)
    index.add(large, stored(large, "2011-06-01", digits="a" * 12))
    # The oldest page, its rows for the search, and nothing of the page between.
    assert set(written) == {"page-0001.html", "page-0001.js", "page-0002.html"}


def test_a_definition_that_changed_is_marked_on_the_first_run_only(tmp_path: Path) -> None:
    for day, definition in (("2014-04-06", "a"), ("2014-04-20", "b"), ("2014-04-27", "b")):
        index.add(tmp_path, stored(tmp_path, day, definition=definition))
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert text.count("definition changed") == 1
    # A run back-filled between them takes the mark over.
    index.add(tmp_path, stored(tmp_path, "2014-04-13", definition="b"))
    rows = (tmp_path / "index.html").read_text(encoding="utf-8").split("<tr ")
    assert ["2014-04-13" in row for row in rows if "definition changed" in row] == [True]


def test_a_restated_day_says_what_it_was(tmp_path: Path) -> None:
    for digits, buyers in (("1" * 12, 60), ("2" * 12, 61)):
        rows = [rate("conversion_rate", "new", buyers, 1000)]
        index.add(tmp_path, stored(tmp_path, digits=digits, rows=rows))
    assert "restated: was 6.00\u202f%" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_latest_line_is_about_a_whole_report(tmp_path: Path) -> None:
    index.add(tmp_path, stored(tmp_path, digits="1" * 12, sentence="The whole."))
    index.add(tmp_path, stored(tmp_path, digits="2" * 12, sentence="A part.", slice="FB"))
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "The whole." in text.partition('<table class="runs"')[0]
    assert "weekly · FB" in text
    assert "restated" not in text


def test_held_and_partial_runs_say_why(tmp_path: Path) -> None:
    failed = [{"id": "churn", "title": "Churn", "status": "failed", "error": "no", "facts": []}]
    partial = stored(tmp_path, "2014-04-13", status="partial", sections=failed)
    held = stored(tmp_path, "2014-04-20", status="held", sections=failed)
    index.add(tmp_path, partial)
    index.add(tmp_path, held, "held: data 3 days old (not sent)")
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "partial: Churn" in text
    assert "held: data 3 days old (not sent)" in text


def test_a_note_is_the_last_thing_said(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    index.add(tmp_path, folder, "waiting")
    index.note(tmp_path, folder.name, "sent to 3 readers")
    index.add(tmp_path, folder)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "sent to 3 readers" in text
    assert "waiting" not in text
    index.rebuild(tmp_path)
    assert "sent to 3 readers" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_what_a_config_says_is_text_on_every_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'"
    campaigns = [
        {"key": "baseline", "label": "a", "baseline": True},
        {"key": "new", "label": "b", "baseline": False, "owner": evil},
    ]
    index.add(tmp_path, stored(tmp_path, sentence=evil, campaigns=campaigns), evil)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    filled(tmp_path, 150, first=date(2014, 6, 1))
    kept = rows_of(tmp_path / "index" / "page-0001.js")["rows"]
    old = next(each["html"] for each in kept if "2014-04-20" in each["html"])
    for text in (page, old):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
    facets = html.unescape(re.findall('data-facets="([^"]+)"', page)[0])
    assert json.loads(facets)["owner"] == [evil]


def test_an_empty_archive_has_a_page_too(tmp_path: Path) -> None:
    assert index.rebuild(tmp_path) == 0
    folder = stored(tmp_path)
    index.add(tmp_path, folder)
    index.remove(tmp_path, [read(folder)])
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "There are no runs yet" in text


def test_rebuilding_gives_the_pages_again(tmp_path: Path) -> None:
    filled(tmp_path, 170)
    before = state(tmp_path)
    assert index.rebuild(tmp_path) == 170
    assert state(tmp_path) == before


def test_taking_runs_out_leaves_no_hole(tmp_path: Path) -> None:
    folders = filled(tmp_path, 170)
    index.remove(tmp_path, [read(folder) for folder in folders[:120]])
    days = [day for page in chain(tmp_path) for day in shown(page)]
    assert days == [folder.name[:10] for folder in folders[:119:-1]]
    index.remove(tmp_path, [read(folder) for folder in folders[130:]])
    days = [day for page in chain(tmp_path) for day in shown(page)]
    assert days == [folder.name[:10] for folder in folders[129:119:-1]]
    assert dead_links(tmp_path) == []


# -- crashes ------------------------------------------------------------------------------------


def test_a_run_whose_row_was_never_written_is_healed_by_the_next(tmp_path: Path) -> None:
    lost = stored(tmp_path, "2014-04-13")
    index.announce(tmp_path, lost, "held: too old")
    index.add(tmp_path, stored(tmp_path, "2014-04-20"))
    assert shown(tmp_path / "index.html") == ["2014-04-20", "2014-04-13"]
    assert list((tmp_path / "index" / "pending").iterdir()) == []
    assert "held: too old" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_an_announced_run_that_never_came_is_waited_for_and_then_forgotten(
    tmp_path: Path,
) -> None:
    index.announce(tmp_path, tmp_path / "weekly" / f"2014-04-13-{'1' * 12}")
    half = tmp_path / "weekly" / f".2014-04-13-{'1' * 12}.0badcafe"
    half.mkdir(parents=True)
    (marker,) = (tmp_path / "index" / "pending").iterdir()
    index.add(tmp_path, stored(tmp_path, "2014-04-20"))
    assert marker.is_file()
    assert half.is_dir()
    long_ago = time.time() - index.ABANDONED - 1
    os.utime(marker, (long_ago, long_ago))
    index.add(tmp_path, stored(tmp_path, "2014-04-27"))
    assert not marker.exists()
    assert not half.exists()


def test_a_broken_run_that_was_announced_stops_nobody(tmp_path: Path) -> None:
    broken = stored(tmp_path, "2014-04-13")
    index.announce(tmp_path, broken)
    (broken / "run.json").write_bytes(b"{")
    index.add(tmp_path, stored(tmp_path, "2014-04-20"))
    assert shown(tmp_path / "index.html") == ["2014-04-20"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"report": "../x", "run_id": "y"}'])
def test_a_broken_announcement_harms_nobody(tmp_path: Path, content: bytes) -> None:
    marker = tmp_path / "index" / "pending" / "weekly--x.json"
    marker.parent.mkdir(parents=True)
    marker.write_bytes(content)
    index.add(tmp_path, stored(tmp_path))
    assert shown(tmp_path / "index.html") == ["2014-04-20"]


def test_a_crash_between_pages_and_commit_is_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, 3)
    folder = stored(tmp_path, "2014-04-20")
    index.announce(tmp_path, folder)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(index._Index, "forget", crash)
        with pytest.raises(KeyboardInterrupt):
            index.add(tmp_path, folder)
    index.add(tmp_path, stored(tmp_path, "2014-04-27"))
    assert len(shown(tmp_path / "index.html")) == 5
    assert verify.problems(tmp_path) == []


ADDING = """
import sys
from pathlib import Path
from growthml.archive import index
from tests.archive.shelf import stored
from growthml.archive.runs import RUN_ID
archive, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for i in range(first, first + count):
    digits = f"{i:012x}"
    folder = archive / "weekly" / f"2014-04-20-{digits}"
    index.announce(archive, folder)
    index.add(archive, stored(archive, digits=digits))
"""


def adding(archive: Path, first: int, count: int) -> subprocess.Popen[str]:
    """A process that adds runs, one after the other, once it says it is ready."""
    started = subprocess.Popen(
        [sys.executable, "-c", ADDING, str(archive), str(first), str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    both = [adding(tmp_path, first, 20) for first in (0, 100)]
    for each in both:
        each.communicate()
        assert each.returncode == 0
    assert len(shown(tmp_path / "index.html")) == 40
    assert verify.problems(tmp_path) == []


def test_killed_at_random_moments_the_next_run_heals_the_index(tmp_path: Path) -> None:
    def kept() -> list[Path]:
        return [path for path in (tmp_path / "weekly").glob("*") if path.name[0] != "."]

    chance = random.Random(6)
    for attempt in range(6):
        before = len(kept())
        started = adding(tmp_path, attempt * 1000, 1000)
        until(lambda before=before: len(kept()) > before, "its first run to be there")
        time.sleep(chance.uniform(0.01, 0.25))
        os.kill(started.pid, signal.SIGKILL)
        started.communicate()
    index.add(tmp_path, stored(tmp_path, "2014-04-27"))
    pages = [day for page in chain(tmp_path) for day in shown(page)]
    assert len(pages) == len(kept()) > 6
    assert verify.problems(tmp_path) == []
    assert dead_links(tmp_path) == []


def test_a_broken_catalogue_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    folder = stored(tmp_path)
    index.add(tmp_path, folder)
    (tmp_path / index.ROWS).write_bytes(b"no database" * 100)
    with pytest.raises(GrowthError, match="growthml archive index"):
        index.add(tmp_path, folder)
    assert index.rebuild(tmp_path) == 1
