"""`python -m catta`: the command line."""

from catta.cli import main

if __name__ == "__main__":
    main()
