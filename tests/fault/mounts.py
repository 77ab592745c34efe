"""mounts: file systems that only this test and what it starts can see, and that end with them, however they end."""

import ctypes
import os
import shutil
import subprocess

from harness import Stack

CLONE_NEWNS = 0x00020000


def private_mounts(case):
    """Skips the test where it may not mount."""
    if os.environ.get("DUBPLATE_TEST_MOUNTS") == str(os.getpid()):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        case.skipTest(f"has to mount a file system, as root: {os.strerror(ctypes.get_errno())}")
    run = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    if run.returncode:
        case.skipTest(f"may not mount: {run.stderr.strip()}")
    os.environ["DUBPLATE_TEST_MOUNTS"] = str(os.getpid())


def mount(case, *words):
    run = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if run.returncode:
        case.skipTest(f"may not mount: {run.stderr.strip()}")
    case.addCleanup(lambda: subprocess.run(["umount", "-l", words[-1]], check=False))


def stack_with_small_disk_at(case, below, megabytes, **options):
    """A stack where one directory of DATA_DIR is a file system of its own."""
    private_mounts(case)
    s = Stack(**options)
    case.addCleanup(lambda: shutil.rmtree(s.root, ignore_errors=True))
    os.makedirs(os.path.join(s.data, below))
    mount(case, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "dubplate-test", os.path.join(s.data, below))
    return case.enterContext(s)


def stack_on_small_disk(case, megabytes, **options):
    """A stack whose DATA_DIR is a file system of its own."""
    private_mounts(case)
    s = Stack(**options)
    case.addCleanup(lambda: shutil.rmtree(s.root, ignore_errors=True))
    os.makedirs(s.data)
    mount(case, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "dubplate-test", s.data)
    return case.enterContext(s)
