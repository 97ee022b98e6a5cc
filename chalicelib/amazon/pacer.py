"""Turns: no more calls a second than Amazon allows, over all functions and operations."""


class Wait(Exception):
    """No turn within the caller's patience. Nothing was reserved; the state machine tries again by this name."""
