"""`python -m catalogctl`."""

from catalogctl.main import main

main()
