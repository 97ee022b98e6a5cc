"""A simulator of Amazon's side: the Catalog API, its completion messages and its reports.

`simulator.install` puts it into an emulator; `service/` is the code of its functions. docs/simulator.md says what it
does.
"""
