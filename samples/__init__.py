"""Sample catalogs: a generator for any size, three real-world exports with their mappings, and their golden outcomes."""
