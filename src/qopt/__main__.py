"""`python -m qopt` is `qopt`."""

from qopt.cli import main

if __name__ == "__main__":
    main()
