"""`python -m vid2pose3d` is the program."""

from vid2pose3d.cli.app import main

if __name__ == "__main__":
    main()
