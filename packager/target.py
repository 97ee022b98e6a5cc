"""What a package is built for: a Lambda architecture and a Python version."""

from dataclasses import dataclass

ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's name of an architecture, and the name that wheels carry."""

GLIBC_MINORS = {"3.11": 26, "3.12": 34, "3.13": 34}
"""Lambda's Python 3.11 runs on Amazon Linux 2 (glibc 2.26), later ones on Amazon Linux 2023 (glibc 2.34)."""


class UnknownTarget(ValueError):
    """The architecture or the Python version is none that a package can be built for; the text says which there are."""


@dataclass(frozen=True)
class Target:
    """A Lambda platform, e.g. `Target("arm64", "3.13")`."""

    architecture: str
    python: str

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise UnknownTarget(f"architecture {self.architecture!r}: give one of {', '.join(ARCHITECTURES)}")
        if self.python not in GLIBC_MINORS:
            raise UnknownTarget(f"Python {self.python!r}: give one of {', '.join(GLIBC_MINORS)}")

    @property
    def runtime(self) -> str:
        """Lambda's name of the runtime."""
        return f"python{self.python}"

    def wheel_platforms(self) -> list[str]:
        """The platform tags that this Lambda can load, newest first.

        pip wants every tag spelled out: given `manylinux_2_34`, it does not take a wheel for `manylinux_2_28`.
        """
        machine = ARCHITECTURES[self.architecture]
        tags = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC_MINORS[self.python], 4, -1)]
        return [*tags, f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]
