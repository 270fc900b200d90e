"""How many servers misbehave, in all tables together: what is gone from one is missed here."""
import importlib
import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).parent
WITHOUT_TABLES = ("bad_server_test", "bad_cases_test", "download_test")
LEAST = {"http": 105, "ftp": 55, "gopher": 40, "telnet": 30, "nntp": 59, "smtp": 41, "pop3": 32}
LEAST_OF_ALL = 370


def is_table(value):
    return isinstance(value, list) and bool(value) and all(isinstance(row, tuple) and len(row) > 2 and isinstance(row[0], str) for row in value)


def cases_of(module):
    """The names in its tables, which are at its top."""
    return [row[0] for table in vars(module).values() if is_table(table) for row in table]


class Tables(unittest.TestCase):
    def test_every_case_has_a_name_of_its_own_and_none_is_lost(self):
        found = {}
        for path in sorted(HERE.glob("*_test.py")):
            if path.stem not in WITHOUT_TABLES and re.search("^from (bad_cases|bad_server) import", path.read_text(encoding="utf-8"), re.MULTILINE):
                protocol = path.stem.removesuffix("_test").removesuffix("_bad")
                found[protocol] = found.get(protocol, []) + cases_of(importlib.import_module(path.stem))
        counts = {protocol: len(names) for protocol, names in found.items()}
        print(counts, "together", sum(counts.values()))
        for protocol, names in found.items():
            self.assertEqual(len(names), len(set(names)), f"{protocol}: a name is there twice")
            self.assertGreaterEqual(len(names), LEAST.get(protocol, 25), protocol)
        self.assertLessEqual(LEAST.keys(), found.keys())
        self.assertGreaterEqual(sum(counts.values()), LEAST_OF_ALL)


if __name__ == "__main__":
    unittest.main()
