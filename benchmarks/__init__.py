"""Benchmarks: how fast the parts are, as ratios to what they could be and to what one would write first."""
