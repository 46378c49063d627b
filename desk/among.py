"""A column among numbers of which there are more or fewer each time, in a statement that is always the same text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, String, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Numbers(TypeDecorator[Sequence[int]]):
    """Whole numbers as one value: an array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return ARRAY(BigInteger()) if dialect.name == "postgresql" else String()

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        found = list(value or ())
        return found if dialect.name == "postgresql" else json.dumps(found)


class _Among(FunctionElement[bool]):
    name = "among"
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> ColumnElement[bool]:  # type: ignore[override]
        """Itself: SQLAlchemy would write `… = 1` for databases without a type for booleans, and no index helps that."""
        return self


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, numbers = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(numbers, **kw)})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, numbers = element.clauses
    left, right = compiler.process(column, **kw), compiler.process(numbers, **kw)
    return f"{left} IN (SELECT value FROM json_each({right}))"  # noqa: S608  what SQLAlchemy wrote


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The condition that a column of whole numbers is one of the list that is given as `name`; an empty one has none.

    `column.in_(…)` writes a place for each number. That is another text with each length of the list, which the
    database reads and plans anew, and SQLAlchemy writes anew. For statements of every page that is worth avoiding.
    """
    return _Among(column, bindparam(name, type_=_Numbers()))
