"""`python -m kbsearch.cli`: the same program without the installed script; holds nothing of its own."""

from kbsearch.cli.entry import main

if __name__ == "__main__":
    main()
