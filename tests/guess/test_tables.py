"""Which tables are whose, told by their names, keys and values."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from growthml.guess.draft import todos
from tests.guess.stories import database, guessed, text_of

WEEKS = [f"2025-{month:02}-{day:02} 09:00:00" for month in (1, 2, 3) for day in (1, 8, 15, 22)]


def test_a_web_shop_with_declared_keys(tmp_path: Path) -> None:
    shop = database(
        tmp_path / "shop.db",
        {
            "customers (id INTEGER PRIMARY KEY, name TEXT, createdAt TEXT, utmSource TEXT)": [
                (n, f"n{n}", WEEKS[n], ["google", "newsletter"][n % 2]) for n in range(12)
            ],
            "products (id INTEGER PRIMARY KEY, title TEXT, price REAL)": [(1, "a", 2.5)],
            "orders (id INTEGER PRIMARY KEY, customerId INTEGER REFERENCES customers (id),"
            " orderDate TEXT, status TEXT, total REAL)": [
                (n, n % 6, WEEKS[n], ["paid", "cancelled"][n % 2], 10.0 + n) for n in range(12)
            ],
            "order_items (order_id INTEGER REFERENCES orders (id), product_id INTEGER"
            " REFERENCES products (id), quantity INTEGER)": [(n, 1, 2) for n in range(12)],
        },
    )
    config = guessed(shop)
    assert config["schema"] == {
        "users": {
            "table": "customers",
            "id": "id",
            "channel": "utmSource",
            "signed_up_at": "createdAt",
        },
        "events": {
            "table": "orders",
            "id": "id",
            "user_id": "customerId",
            "occurred_at": "orderDate",
            "value": "total",
            "action": {"constant": "bought"},
        },
    }
    assert config["metrics"]["value"] == "event"
    text = text_of(shop)
    assert "Not used: order_items, products." in text
    assert "orders.status may say which rows should not count (cancelled)" in text


def test_a_german_shop_without_declared_keys(tmp_path: Path) -> None:
    laden = database(
        tmp_path / "laden.db",
        {
            'Kunden (Kundennummer INTEGER PRIMARY KEY, "Registriert am" TEXT, Kanal TEXT)': [
                (100 + n, WEEKS[n], ["Newsletter", "Google"][n % 2]) for n in range(12)
            ],
            "Artikel (Artikelnummer INTEGER, Warengruppe TEXT, Einzelpreis REAL)": [
                (n, ["Brot", "Käse"][n % 2], 1.5 * n) for n in range(1, 9)
            ],
            'Bestellungen ("Bestell-Nr." INTEGER, Kundennummer INTEGER, Bestelldatum TEXT,'
            " Artikelnummer INTEGER, Menge INTEGER)": [
                (n // 2, 100 + n % 5, WEEKS[n], 1 + n % 8, 1 + n % 3) for n in range(12)
            ],
        },
    )
    assert guessed(laden)["schema"] == {
        "users": {
            "table": "Kunden",
            "id": "Kundennummer",
            "channel": "Kanal",
            "signed_up_at": "Registriert am",
        },
        "items": {
            "table": "Artikel",
            "id": "Artikelnummer",
            "category": "Warengruppe",
            "price": "Einzelpreis",
        },
        "events": {
            "table": "Bestellungen",
            "user_id": "Kundennummer",
            "item_id": "Artikelnummer",
            "occurred_at": "Bestelldatum",
            "order": "Bestell-Nr.",
            "quantity": "Menge",
            "action": {"constant": "bought"},
        },
    }


def test_events_alone_know_where_their_users_came_from(tmp_path: Path) -> None:
    actions = ["page_view", "signup", "purchase_failed", "purchase"]
    rows = [(f"u{n % 6}", actions[n % 4], WEEKS[n], ["ads", "direct"][n % 2]) for n in range(12)]
    config = guessed(
        database(
            tmp_path / "app.db",
            {"events (user_id TEXT, event_name TEXT, timestamp TEXT, utm_source TEXT)": rows},
        )
    )
    assert config["schema"] == {
        "users": {"table": "events", "id": "user_id", "channel": "utm_source"},
        "events": {
            "table": "events",
            "user_id": "user_id",
            "action": "event_name",
            "occurred_at": "timestamp",
        },
    }
    assert config["metrics"]["response"] == "purchase"


def test_a_property_that_changes_from_event_to_event_is_no_channel(tmp_path: Path) -> None:
    rows = [(f"u{n % 3}", "bought", WEEKS[n], ["ads", "direct"][n % 2]) for n in range(12)]
    config = guessed(
        database(
            tmp_path / "app.db",
            {"events (user_id TEXT, event TEXT, timestamp TEXT, utm_source TEXT)": rows},
        )
    )
    assert "users" not in config["schema"]


def test_lines_of_orders_with_a_price_each_and_nobody_for_some(tmp_path: Path) -> None:
    rows = [
        (
            f"{536365 + n // 3}",
            f"s{n % 4}",
            6 - n,
            WEEKS[n],
            2.55,
            None if n == 5 else 17850 + n % 3,
        )
        for n in range(12)
    ]
    config = guessed(
        database(
            tmp_path / "retail.db",
            {
                "online_retail (InvoiceNo TEXT, StockCode TEXT, Quantity INTEGER,"
                " InvoiceDate TEXT, UnitPrice REAL, CustomerID INTEGER)": rows
            },
        )
    )
    assert config["schema"] == {
        "events": {
            "table": "online_retail",
            "user_id": "CustomerID",
            "item_id": "StockCode",
            "occurred_at": "InvoiceDate",
            "order": "InvoiceNo",
            "quantity": "Quantity",
            "price": "UnitPrice",
            "action": {"constant": "bought"},
        }
    }
    assert config["metrics"] == {"response": "bought", "value": "price"}


def test_one_row_per_user_counts_outcomes_and_compares_the_arms(tmp_path: Path) -> None:
    arms = ["Mens E-Mail", "No E-Mail", "Womens E-Mail"]
    rows = [(["Web", "Phone"][n % 2], arms[n % 3], n % 2, n % 4 == 0, 9.5) for n in range(24)]
    config = guessed(
        database(
            tmp_path / "mail.db",
            {"data (channel TEXT, segment TEXT, visit INT, conversion INT, spend REAL)": rows},
        )
    )
    assert config["schema"]["users"] == {
        "table": "data",
        "channel": "channel",
        "outcomes": {"bought": "conversion", "visit": "visit"},
        "value": "spend",
    }
    assert config["campaigns"]["baseline"] == {
        "source": "mail",
        "label": "No E-Mail",
        "where": {"users.segment": "No E-Mail"},
    }
    assert len(config["campaigns"]) == 3
    assert config["randomised"] is True


def test_names_that_are_words_of_sql_and_of_yaml(tmp_path: Path) -> None:
    rows = [(n % 5, ["buy", "look"][n % 2], WEEKS[n]) for n in range(12)]
    users = [(n, ["yes", "no"][n % 2]) for n in range(6)]
    config = guessed(
        database(
            tmp_path / "odd.db",
            {
                '"user" (id INTEGER PRIMARY KEY, "source" TEXT)': users,
                '"select: all #1" ("user" INTEGER, "action" TEXT, "when" TEXT)': rows,
            },
        )
    )
    assert config["schema"] == {
        "users": {"table": "user", "id": "id", "channel": "source"},
        "events": {
            "table": "select: all #1",
            "user_id": "user",
            "action": "action",
            "occurred_at": "when",
        },
    }


def test_a_view_is_a_table_and_one_that_is_broken_is_passed_over(tmp_path: Path) -> None:
    rows = [(n % 5, ["bought", "like"][n % 2], WEEKS[n]) for n in range(12)]
    config = guessed(
        database(
            tmp_path / "views.db",
            {"base (x INTEGER, y TEXT, z TEXT)": rows, "gone (a INTEGER)": []},
            "CREATE VIEW user_events AS SELECT x AS user_id, y AS action, z AS at FROM base",
            "CREATE VIEW broken AS SELECT a FROM gone",
            "DROP TABLE gone",
        )
    )
    assert config["schema"]["events"] == {
        "table": "user_events",
        "user_id": "user_id",
        "action": "action",
        "occurred_at": "at",
    }


def test_tables_of_another_schema_are_named_with_it(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("CREATE SCHEMA marketing")
        shop.execute("CREATE TABLE marketing.users (id INTEGER PRIMARY KEY, signup_at TIMESTAMP)")
        shop.execute("CREATE TABLE marketing.events (user_id INTEGER, event TEXT, ts TIMESTAMP)")
        shop.execute("INSERT INTO marketing.users VALUES (1, '2025-01-01'), (2, '2025-02-01')")
        for n in range(12):
            row = [1 + n % 2, ["buy", "look"][n // 2 % 2], WEEKS[n]]
            shop.execute("INSERT INTO marketing.events VALUES (?, ?, ?)", row)
    assert guessed(f"duckdb:///{tmp_path / 'shop.duckdb'}")["schema"] == {
        "users": {"table": "marketing.users", "id": "id", "signed_up_at": "signup_at"},
        "events": {
            "table": "marketing.events",
            "user_id": "user_id",
            "action": "event",
            "occurred_at": "ts",
        },
    }


def test_empty_tables_are_known_by_their_names(tmp_path: Path) -> None:
    config = guessed(
        database(
            tmp_path / "new.db",
            {
                "users (id INTEGER PRIMARY KEY, created_at TEXT)": [],
                "events (id INTEGER, user_id INTEGER, action TEXT, created_at TEXT)": [],
            },
        )
    )
    assert config["schema"]["users"]["signed_up_at"] == "created_at"
    assert config["schema"]["events"]["action"] == "action"
    assert list(config["campaigns"]) == ["all"]


def test_dates_no_engine_reads_are_left_out_and_named(tmp_path: Path) -> None:
    rows = [(n % 5, ["bought", "like"][n % 2], f"{n + 1:02}.03.2025") for n in range(12)]
    shop = database(tmp_path / "old.db", {"events (user_id INT, action TEXT, date TEXT)": rows})
    config = guessed(shop)
    assert config["schema"] == {
        "users": {"table": "events", "id": "user_id"},
        "events": {"table": "events", "user_id": "user_id", "action": "action"},
    }
    assert "events.date holds 01.03.2025" in text_of(shop)


def test_seconds_since_1970_are_times_and_numbers_are_not(tmp_path: Path) -> None:
    rows = [(n % 5, ["subscribe", "look"][n % 2], 1735689600 + n * 86400, n) for n in range(12)]
    shop = database(
        tmp_path / "app.db", {"tracking (userId INT, eventType TEXT, ts INT, time INT)": rows}
    )
    assert guessed(shop)["schema"]["events"]["occurred_at"] == "ts"


@pytest.mark.parametrize("named", ["visits", "user_logins"])
def test_visits_beside_what_users_did(tmp_path: Path, named: str) -> None:
    rows = [(n % 5, ["bought", "like"][n % 2], WEEKS[n]) for n in range(12)]
    stays = [(n % 5, WEEKS[n], 60 * n) for n in range(12)]
    config = guessed(
        database(
            tmp_path / "site.db",
            {
                "activity (user_id INT, action TEXT, at TEXT)": rows,
                f"{named} (user_id INT, date TEXT, duration INT)": stays,
            },
        )
    )
    assert config["schema"]["events"]["table"] == "activity"
    assert config["schema"]["visits"] == {
        "table": named,
        "user_id": "user_id",
        "occurred_at": "date",
        "duration": "duration",
    }


def test_addresses_of_people_are_not_written_down(tmp_path: Path) -> None:
    rows = [(f"ann{n % 5}@example.com", ["bought", "like"][n % 2], WEEKS[n]) for n in range(12)]
    shop = database(tmp_path / "app.db", {"events (email TEXT, action TEXT, at TEXT)": rows})
    assert guessed(shop)["schema"]["events"]["user_id"] == "email"
    assert "example.com" not in text_of(shop)


def test_an_outcome_may_be_told_in_words(tmp_path: Path) -> None:
    rows = [(n, 30 + n, ["no", "yes", "no"][n % 3], ["no", "unknown"][n % 2]) for n in range(12)]
    bank = database(
        tmp_path / "bank.db", {'data (customer_id INT, age INT, y TEXT, "default" TEXT)': rows}
    )
    config = guessed(bank)
    assert config["schema"] == {
        "users": {"table": "data", "id": "customer_id", "outcomes": {"y": "y"}}
    }
    assert config["metrics"]["response"] == "y"


def test_revenue_that_is_yes_or_no_is_an_outcome_and_no_money(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "visits.duckdb")) as made:
        made.execute(
            "CREATE TABLE data AS SELECT i % 3 AS pages, i % 2 = 0 AS weekend,"
            " i % 4 = 0 AS revenue FROM range(12) AS n (i)"
        )
    config = guessed(str(tmp_path / "visits.duckdb"))
    assert config["schema"] == {"users": {"table": "data", "outcomes": {"bought": "revenue"}}}
    assert "value" not in config["metrics"]


def test_without_users_or_deeds_it_says_which_line_to_fill_in(tmp_path: Path) -> None:
    url = database(tmp_path / "counts.db", {"data (place TEXT, x INT, n INT)": [("a", 56, 70)]})
    text = text_of(url)
    [todo] = todos(text)
    assert todo.what == "the column of the user's id"
    assert text.splitlines()[todo.line - 1].strip().startswith('id: ""')
    assert "The columns of data: place, x, n." in text
    assert "metrics" not in yaml.safe_load(text)
