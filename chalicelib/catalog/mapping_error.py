"""The one exception of mappings."""


class MappingError(ValueError):
    """The mapping document is wrong. The text says where in the document, what is wrong, and how to mend it."""
