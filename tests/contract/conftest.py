"""Fixtures of the unit tests that contract tests need as well."""

from tests.unit.api.conftest import api, world
from tests.unit.conftest import aws, clock, moto, table

__all__ = ["api", "aws", "clock", "moto", "table", "world"]
