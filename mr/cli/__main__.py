"""`python -m mr.cli`: the command without its script."""

from mr.cli.main import main

if __name__ == "__main__":
    main()
