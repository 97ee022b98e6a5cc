"""Sample catalogs: a generator, and three exports as retailers have them, with mappings and golden outcomes."""
