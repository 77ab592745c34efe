"""
unittest_file: one test file in one process, for tests/run.

    unittest_file.py FILE REPORT [NAME…]

The verdict goes to REPORT as JSON; what unittest prints goes to stderr and is shown only on failure. A test with
several failing sub-tests counts once.
"""

import importlib.util
import json
import os
import signal
import sys
import time
import unittest

sys.dont_write_bytecode = True


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.bad = {}           # test id -> nothing; ordered
        self.seconds = {}
        self.began = 0

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def stopTest(self, test):
        self.seconds[test.id()] = round(time.monotonic() - self.began, 2)
        super().stopTest(test)

    def addError(self, test, err):
        super().addError(test, err)
        self.bad[test.id()] = True

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad[test.id()] = True

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.bad[test.id()] = True

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.bad[test.id()] = True

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.seconds.setdefault(test.id(), 0)


def main():
    path, report, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{n}*" for n in names] or None
    runner = unittest.TextTestRunner(stream=sys.stderr, verbosity=1, resultclass=Result)
    result = runner.run(loader.loadTestsFromModule(module))
    failed = len(result.bad)
    skipped = len(result.skipped)
    with open(report + ".new", "w", encoding="utf-8") as out:
        json.dump({"passed": max(0, result.testsRun - skipped - len([b for b in result.bad if b in result.seconds])), "failed": failed,
                   "skipped": skipped, "reasons": [f"{t.id()}: {why}" for t, why in result.skipped], "seconds": result.seconds}, out)
    os.rename(report + ".new", report)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
