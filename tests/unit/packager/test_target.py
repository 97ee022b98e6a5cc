"""Platforms and what Lambda can load on them."""

import pytest

from packager.target import Target, UnknownTarget


def test_wheels_for_arm64_are_those_of_aarch64_up_to_the_glibc_of_the_runtime() -> None:
    platforms = Target("arm64", "3.13").wheel_platforms()
    assert platforms[0] == "manylinux_2_34_aarch64"
    assert "manylinux2014_aarch64" in platforms


def test_python_3_11_runs_on_an_older_glibc() -> None:
    platforms = Target("x86_64", "3.11").wheel_platforms()
    assert platforms[0] == "manylinux_2_26_x86_64"
    assert "manylinux_2_28_x86_64" not in platforms


@pytest.mark.parametrize(("architecture", "python", "says"), [("sparc", "3.13", "arm64"), ("arm64", "2.7", "3.13")])
def test_an_unknown_target_is_refused_with_what_there_is(architecture: str, python: str, says: str) -> None:
    with pytest.raises(UnknownTarget, match=says):
        Target(architecture, python)
