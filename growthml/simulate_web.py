"""One seeded, made-up access log in the combined format, with its log-ins' chances known.

Every user logs in at a rate of their own until they drop out, which happens at a rate of their own
too; so the chance that one logs in within the last six months, given all before, is exact
(Schmittlein, Morrison, Colombo 1987, "Counting Your Customers", Management Science 33:1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from growthml.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[Any, Any]

HORIZON = 182
"""Days of the last six months, in which log-ins are to be foretold."""

RATE = (0.8, 0.05)
"""Shape and scale of the gamma distribution of log-ins a day: 0.04 in the mean."""
DROP_OUT = (2.0, 0.0035)
"""Shape and scale of the gamma distribution of the rate of dropping out: 0.007 a day."""

REFERRERS = (
    ("https://l.facebook.com/", 0.2),
    ("https://t.co/x7Kq2", 0.12),
    ("https://www.reddit.com/r/recipes/", 0.12),
    ("https://www.pinterest.com/pin/8841/", 0.1),
    ("https://www.google.com/", 0.2),
    ("-", 0.2),
    ("https://cooking.example.org/links", 0.06),
)
"""Where visitors come from, and their shares."""
PAGES = (
    "/",
    "/menu",
    "/menu/japanese",
    "/menu/italian",
    "/meal/17",
    "/meal/42",
    "/offers",
    "/about",
)
PAGE_SHARES = (0.25, 0.2, 0.12, 0.1, 0.12, 0.08, 0.08, 0.05)
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Safari/605.1.15",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
SITE = "https://food.example.com"
BOT_SHARE = 0.06
LOST = 0.02
"""Share of page requests that are answered 404."""
MORE_PAGES = 3.0
"""Mean pages after a session's first."""
DWELL = (3.4, 1.1)
"""Mean and deviation of the logarithm of seconds on a page."""
LONGEST_DWELL = 1500
"""Seconds; less than the half hour after which a new session begins."""
LOGGING_IN = 60
"""Seconds from the first page to the log-in, at most."""
HOURS = (2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 8, 9, 7, 6, 6, 7, 9, 11, 12, 11, 9, 6, 4)
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.2, 1.4, 1.3)
"""Weights from Monday to Sunday; of visits without a log-in, whose days follow from the rates."""
DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Logins:
    """The truth of every user who had logged in before the cut-off, one element a user.

    rate, drop_out: a day. last: days from their first log-in to their last before the cut-off,
    seen: to the cut-off. probability: that they log in within HORIZON days of it, 0..1, given the
    two rates and all before. logged_in: whether they did.
    """

    user_id: tuple[str, ...]
    rate: Numbers
    drop_out: Numbers
    last: Numbers
    seen: Numbers
    probability: Numbers
    logged_in: Numbers


@dataclass(frozen=True, kw_only=True)
class WebLog:
    """What was written where. cut_off: the day the last HORIZON days begin; no log-ins are told
    where the log is no longer than that."""

    path: Path
    requests: int
    sessions: int
    bots: int
    logins: int
    cut_off: date
    truth: Logins


def login_probability(
    rate: Numbers, drop_out: Numbers, last: Numbers, seen: Numbers, horizon: float
) -> Numbers:
    """The chance of a log-in within `horizon` days for users of known rates (a day), 0..1.

    They log in by a Poisson process of `rate` until an exponential time of `drop_out` ends it;
    their last log-in was `last` days after the first, and they were watched for `seen` days.
    With s = rate + drop_out: P(alive) = 1 / (1 + drop_out / s (exp(s (seen - last)) - 1)), and
    P(log-in | alive) = rate / s (1 - exp(-s horizon)) (Schmittlein, Morrison, Colombo 1987).
    """
    import numpy as np

    both = rate + drop_out
    silent = np.exp(-both * (seen - last))
    alive = silent / (silent + drop_out / both * (1 - silent))
    found: Numbers = alive * rate / both * -np.expm1(-both * horizon)
    return found


def simulate_web(
    out: Path,
    *,
    users: int = 2000,
    events: int | None = None,
    seed: int = 1,
    start: date = date(2024, 1, 1),
    days: int = 546,
    overwrite: bool = False,
) -> WebLog:
    """Write one simulated access log to `out` (`.log`) and return its counts and its truth.

    events: about how many requests; left out, 60 a user. The same seed and options make the same
    file. Raises UsageError for options that make no log, and when `out` is there already.
    """
    import numpy as np

    if users < 1 or days < 1:
        raise UsageError(f"users and days must be at least 1, not {users} and {days}.")
    if out.exists() and not overwrite:
        raise UsageError(f"{out} is there already. Choose another name, or overwrite it.")
    random = np.random.default_rng(seed)
    joined = np.sort(random.random(users)) * days
    rate, drop_out = random.gamma(*RATE, users), random.gamma(*DROP_OUT, users)
    user, at = _logins(random, joined, rate, drop_out, days)
    truth = _truth(joined, rate, drop_out, user, at, days)

    wanted = 60 * users if events is None else events
    bots = round(wanted * BOT_SHARE)
    others = round((wanted - bots) / (1 + MORE_PAGES)) - round(at.size * (1 + 1 / (1 + MORE_PAGES)))
    if others < 0:
        raise UsageError(
            f"{wanted} events are too few for {at.size} log-ins of {users} users."
            f" Ask for {round(at.size * 6)} events or more, or for fewer users."
        )
    sessions = _sessions(random, users, user, at, others, start, days)
    hits = _hits(random, sessions)
    hits = _in_order(hits, _bots(random, bots, days), days)
    _write(out, _text(random, hits, start))
    return WebLog(
        path=out,
        requests=hits["at"].size,
        sessions=sessions["at"].size,
        bots=int((hits["bot"] >= 0).sum()),
        logins=int(hits["login"].sum()),
        cut_off=start + timedelta(days=max(days - HORIZON, 0)),
        truth=truth,
    )


def _logins(
    random: np.random.Generator, joined: Numbers, rate: Numbers, drop_out: Numbers, days: int
) -> tuple[Numbers, Numbers]:
    """User and day (a fraction since the start) of every log-in, the first when they join.

    A Poisson process has a Poisson number of points, spread evenly over the time it runs.
    """
    import numpy as np

    runs = np.minimum(random.exponential(1 / drop_out), days - joined)
    count = random.poisson(rate * runs)
    user = np.repeat(np.arange(joined.size), count)
    later = joined[user] + random.random(user.size) * runs[user]
    user, at = np.concatenate((np.arange(joined.size), user)), np.concatenate((joined, later))
    order = np.lexsort((at, user))
    return user[order], at[order]


def _truth(
    joined: Numbers, rate: Numbers, drop_out: Numbers, user: Numbers, at: Numbers, days: int
) -> Logins:
    import numpy as np

    cut_off = days - HORIZON
    known = np.flatnonzero(joined < cut_off)
    latest = joined.copy()
    np.maximum.at(latest, user[at < cut_off], at[at < cut_off])
    after = np.zeros(joined.size, dtype=bool)
    after[user[at >= cut_off]] = True
    last, seen = (latest - joined)[known], (cut_off - joined)[known]
    return Logins(
        user_id=tuple(_user_id(int(each)) for each in known),
        rate=rate[known],
        drop_out=drop_out[known],
        last=last,
        seen=seen,
        probability=login_probability(rate[known], drop_out[known], last, seen, HORIZON),
        logged_in=after[known],
    )


def _user_id(row: int) -> str:
    return f"u{row + 1:06d}"


def _seconds(random: np.random.Generator, day: Numbers) -> Numbers:
    """A second of each day, by the hours people keep, with time left for a log-in."""
    import numpy as np

    hour = random.choice(24, day.size, p=np.array(HOURS) / sum(HOURS))
    return (
        day.astype(np.int64) * DAY + hour * 3600 + random.integers(0, 3600 - LOGGING_IN, day.size)
    )


def _sessions(
    random: np.random.Generator,
    users: int,
    user: Numbers,
    at: Numbers,
    others: int,
    start: date,
    days: int,
) -> dict[str, Numbers]:
    """Sessions with a log-in, which is on the day of `at`, and `others` without.

    Visitors below `users` are the users' own machines; the others never log in.
    """
    import numpy as np

    weekday = (np.arange(days) + start.weekday()) % 7
    weight = np.array(WEEKDAYS)[weekday]
    day = random.choice(days, others, p=weight / weight.sum())
    strangers = max(1, others // 2)
    visitor = users + random.integers(0, strangers, others)
    # A log-in's hour is drawn anew within its day, so that what is to be foretold stays as it is.
    return {
        "at": np.concatenate((_seconds(random, np.floor(at)), _seconds(random, day))),
        "visitor": np.concatenate((user, visitor)),
        "user": np.concatenate((user, np.full(others, -1))),
        "source": random.choice(
            len(REFERRERS), users + strangers, p=[share for _, share in REFERRERS]
        )[np.concatenate((user, visitor))],
    }


def _hits(random: np.random.Generator, sessions: dict[str, Numbers]) -> dict[str, Numbers]:
    """The pages of each session; the second is the log-in's, where there is one."""
    import numpy as np

    logs_in = sessions["user"] >= 0
    pages = random.geometric(1 / (1 + MORE_PAGES), logs_in.size) + logs_in
    session = np.repeat(np.arange(pages.size), pages)
    first = np.cumsum(pages) - pages
    dwell = np.minimum(random.lognormal(*DWELL, session.size), LONGEST_DWELL).astype(np.int64)
    dwell[first] = 0
    opens = np.zeros(session.size, dtype=bool)
    opens[first] = True
    login = np.zeros(session.size, dtype=bool)
    login[first[logs_in] + 1] = True
    dwell[login] = np.minimum(dwell[login], LOGGING_IN)
    passed = np.cumsum(dwell)
    page = random.choice(len(PAGES), session.size, p=PAGE_SHARES)
    return {
        "at": sessions["at"][session] + passed - passed[first][session],
        "visitor": sessions["visitor"][session],
        "user": np.where(opens, -1, sessions["user"][session]),
        "page": page,
        "login": login,
        "lost": random.random(session.size) < LOST,
        # The page before; or one of the referrers, counted down from -1.
        "from": np.where(opens, -1 - sessions["source"][session], np.roll(page, 1)),
        "bot": np.full(session.size, -1),
    }


def _bots(random: np.random.Generator, count: int, days: int) -> dict[str, Numbers]:
    """Requests of crawlers at all hours, without a referrer."""
    import numpy as np

    direct = next(row for row, (name, _) in enumerate(REFERRERS) if name == "-")
    bot = random.integers(0, len(BOTS), count)
    return {
        "at": random.integers(0, days * DAY, count),
        "visitor": -1 - bot,
        "user": np.full(count, -1),
        "page": random.choice(len(PAGES), count, p=PAGE_SHARES),
        "login": np.zeros(count, dtype=bool),
        "lost": random.random(count) < LOST,
        "from": np.full(count, -1 - direct),
        "bot": bot,
    }


def _in_order(hits: dict[str, Numbers], bots: dict[str, Numbers], days: int) -> dict[str, Numbers]:
    """All requests by time; what comes after the last day is not in the log."""
    import numpy as np

    both = {name: np.concatenate((hits[name], bots[name])) for name in hits}
    order = np.argsort(both["at"], kind="stable")
    order = order[both["at"][order] < days * DAY]
    return {name: column[order] for name, column in both.items()}


def _text(random: np.random.Generator, hits: dict[str, Numbers], start: date) -> pa.Array:
    """The lines; users' names stand in the third field from their log-in on."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    def named(names: Any, rows: Numbers) -> pa.Array:
        return pa.array(list(names)).take(pa.array(rows))

    def number(values: Numbers) -> pa.Array:
        return pa.array(values).cast(pa.string())

    machine = np.where(hits["bot"] >= 0, (1 << 23) - 1 - hits["bot"], hits["visitor"])
    ip = pc.binary_join_element_wise(
        "10", *(number(machine >> shift & 255) for shift in (16, 8, 0)), "."
    )
    people = int(hits["user"].max(initial=-1)) + 1
    user = named(["-", *(_user_id(row) for row in range(people))], hits["user"] + 1)
    opening = int((datetime.combine(start, time()) - datetime(1970, 1, 1)).total_seconds())
    at = pc.strftime(pa.array(hits["at"] + opening, pa.timestamp("s")), "%d/%b/%Y:%H:%M:%S")
    lost = hits["lost"] & ~hits["login"]
    asked = [f"GET {page} HTTP/1.1" for page in PAGES]
    asked += [f"GET /old{page} HTTP/1.1" for page in PAGES] + ["POST /login HTTP/1.1"]
    kind = np.where(hits["login"], 2 * len(PAGES), hits["page"] + len(PAGES) * lost)
    status = named(["200", "404", "302"], np.where(hits["login"], 2, lost.astype(np.int64)))
    size = np.where(hits["login"], 0, random.lognormal(8.5, 1.0, lost.size)).astype(np.int64)
    referrers = [name for name, _ in reversed(REFERRERS)] + [SITE + page for page in PAGES]
    agents = [*AGENTS, *BOTS]
    agent = np.where(hits["bot"] >= 0, len(AGENTS) + hits["bot"], hits["visitor"] % len(AGENTS))
    return pc.binary_join_element_wise(
        ip,
        pc.binary_join_element_wise(" - ", user, " [", at, ' +0000] "', ""),
        pc.binary_join_element_wise(named(asked, kind), '" ', status, " ", number(size), ""),
        pc.binary_join_element_wise(' "', named(referrers, hits["from"] + len(REFERRERS)), ""),
        pc.binary_join_element_wise('" "', named(agents, agent), '"\n', ""),
        "",
    )


def _write(out: Path, lines: pa.Array) -> None:
    """Write beside the place and move there when whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    try:
        with partial.open("wb") as file:
            for row in range(0, len(lines), 100_000):
                file.write("".join(lines[row : row + 100_000].to_pylist()).encode())
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
