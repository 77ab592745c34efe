"""case: unittest classes whose resources end with them."""

import os
import signal
import sys
import unittest

from .stack import Stack


class Case(unittest.TestCase):
    longMessage = True
    maxDiff = None

    def stack(self, **options):
        """A stack for one test."""
        return self.enterContext(Stack(**options))

    def assertProblem(self, reply, status, kind, fields=None, by_nginx=False):
        """`reply` is a problem of this status and kind that follows the contract, and names exactly `fields`. One that
        nginx itself says comes from a file and has no request id."""
        self.assertEqual(reply.status, status, reply)
        self.assertEqual(reply.headers.get_content_type(), "application/problem+json", reply)
        problem = reply.json
        self.assertEqual(problem["status"], status, reply)
        self.assertEqual(problem["kind"], kind, reply)
        for name in ("type", "title", "detail"):
            self.assertIsInstance(problem.get(name), str, f"{name} in {reply}")
            self.assertTrue(problem[name].strip(), f"{name} in {reply}")
        self.assertTrue(by_nginx or problem.get("request_id"), reply)
        if fields is not None:
            self.assertEqual(reply.fields, sorted(fields), reply)
            for error in problem["errors"]:
                self.assertTrue(error["message"].strip(), reply)


class StackCase(Case):
    """One stack for all tests of the class: OPTIONS are Stack's."""
    OPTIONS = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.s = cls.enterClassContext(Stack(**cls.OPTIONS))
        cls.api = cls.s.api
        cls.site = cls.s.site


def main():
    """For `python3 tests/…/test_x.py [names]`. SIGTERM unwinds, so that stacks are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    unittest.main(verbosity=2 if sys.stdout.isatty() else 1)
