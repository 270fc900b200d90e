"""Reads the overview of a.b with Python's nntplib, as many as are said. usage: overview_reader.py PORT"""
import sys
import warnings

warnings.simplefilter("ignore")
import nntplib  # noqa: E402  # pylint: disable=wrong-import-position

with nntplib.NNTP("127.0.0.1", int(sys.argv[1])) as session:
    _, count, first, last, _ = session.group("a.b")
    _, entries = session.over((first, last))
if len(entries) != count:
    sys.exit(f"{len(entries)} of {count} came")
