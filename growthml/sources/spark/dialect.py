"""Spark SQL as SQLAlchemy compiles it: names in backticks, parameters as `:name`."""

from __future__ import annotations

import re
from datetime import datetime
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import default, interfaces
from sqlalchemy.sql import compiler

from growthml.sources.dialects.spark import text
from growthml.sources.kept import TemporaryTable


class _Text(sa.String):
    """Written out, it is escaped as Spark wants it."""

    def literal_processor(self, dialect: Any) -> Any:
        return text


class _Instant(sa.DateTime):
    """Bound as text: the client would shift a wall clock by its own time zone."""

    render_bind_cast = True

    def bind_processor(self, dialect: Any) -> Any:
        def bound(value: datetime | None) -> str | None:
            return None if value is None else value.isoformat(sep=" ")

        return bound


class _Compiler(compiler.SQLCompiler):
    def bindparam_string(self, name: str, *given: Any, **kw: Any) -> str:
        """Spark's names of parameters are words; ours may come from any column's name."""
        word = re.sub(r"\W", lambda found: f"_{ord(found[0]):x}_", name, flags=re.ASCII)
        if word != name:
            kw["escaped_from"] = name
        return super().bindparam_string(word, *given, **kw)

    def render_bind_cast(self, type_: Any, dbapi_type: Any, sqltext: str) -> str:
        kind = self.dialect.type_compiler_instance.process(type_)
        return f"CAST({sqltext} AS {kind})"

    def visit_floordiv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        """`/` divides whole numbers into a double, which is not exact above 2^53."""
        sides = (binary.left, binary.right)
        if all(isinstance(side.type, sa.Integer) for side in sides):
            return " DIV ".join(self.process(side, **kw) for side in sides)
        return f"FLOOR({' / '.join(self.process(side, **kw) for side in sides)})"

    def visit_empty_set_expr(self, element_types: Any, **kw: Any) -> str:
        columns = ", ".join("NULL" for _ in element_types)
        return f"SELECT {columns} WHERE false"


class _Types(compiler.GenericTypeCompiler):
    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP_NTZ"

    visit_TIMESTAMP = visit_DATETIME = visit_datetime  # noqa: N815 - as SQLAlchemy calls them

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return "STRING"

    visit_text = visit_VARCHAR = visit_TEXT = visit_string  # noqa: N815

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    visit_float = visit_FLOAT = visit_DOUBLE = visit_double  # noqa: N815

    def visit_DOUBLE_PRECISION(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"


class _Names(compiler.IdentifierPreparer):
    reserved_words = compiler.RESERVED_WORDS | {
        *("anti", "except", "intersect", "lateral", "minus", "semi"),
    }

    def __init__(self, dialect: Any, **kw: Any) -> None:
        super().__init__(dialect, initial_quote="`", escape_quote="`", **kw)

    def quote_schema(self, schema: str, force: Any = None) -> str:
        """`catalog.database` names two things."""
        return ".".join(self.quote(part) for part in schema.split("."))


class SparkDialect(default.DefaultDialect):
    """Spark SQL, read through a session of Spark Connect."""

    name = "spark"
    driver = "connect"
    default_paramstyle = "named"
    statement_compiler = _Compiler
    type_compiler_cls = _Types
    preparer = _Names  # type: ignore[assignment]
    colspecs = {sa.String: _Text, sa.DateTime: _Instant}  # noqa: RUF012 - as SQLAlchemy has it
    bind_typing = interfaces.BindTyping.RENDER_CASTS
    div_is_floordiv = False
    supports_native_boolean = True
    supports_native_decimal = True
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        from growthml.sources.spark import session

        return session

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """Whether the server is gone, or has forgotten the session."""
        return any(sign in str(e) for sign in ("UNAVAILABLE", "INVALID_HANDLE"))

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a query, or keep it where that is what it is for."""
        compiled = getattr(context, "compiled", None)
        if compiled is not None and isinstance(compiled.statement, TemporaryTable):
            cursor.keep(compiled.statement.name, statement, parameters)
        else:
            cursor.execute(statement, parameters)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """A session has no transactions."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """A session has no transactions."""

    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """Tables and views alike, those of this session included."""
        names: list[str] = connection.connection.driver_connection.tables(schema)
        return names

    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> list[str]:
        """They are among the tables."""
        return []
