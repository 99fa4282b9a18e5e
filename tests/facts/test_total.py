"""Sums that do not depend on the order in which an engine adds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from growthml.facts.expressions import total

# In doubles 1e16 + 1 is 1e16: added from left to right the first order gives 0, the second 1.
ORDERS = ([1e16, 1.0, -1e16], [1e16, -1e16, 1.0])


@pytest.mark.parametrize("amounts", ORDERS)
def test_a_total_is_the_same_in_any_order(amounts: list[float]) -> None:
    table = sa.table("spent", sa.column("amount", sa.Double()))
    engine = sa.create_engine("duckdb:///:memory:")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE spent (amount DOUBLE)")
        for amount in amounts:
            connection.execute(sa.insert(table).values(amount=amount))
        assert connection.execute(sa.select(total(table.c.amount))).scalar_one() == 1.0


def test_what_is_no_number_is_left_out() -> None:
    engine = sa.create_engine("duckdb:///:memory:")
    amount = sa.literal_column("amount", sa.Double())
    rows = sa.text("(VALUES (2.5), ('nan'::DOUBLE), (NULL)) AS spent(amount)")
    with engine.connect() as connection:
        found = connection.execute(sa.select(total(amount)).select_from(rows)).scalar_one()
    assert found == 2.5
