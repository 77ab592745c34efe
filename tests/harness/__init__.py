"""
harness: what the API, end-to-end and fault tests share.

    with Stack() as stack:                       # nginx, handlers and a worker of their own, and a music site
        job = stack.submit(stack.site.watch("frontiers", clip=5))
        done = stack.wait(job, "completed")
        print(media.loudness(stack.audio_path(done)))

A test file starts what it needs and is alone with it: own port, own DATA_DIR, own site. Leaving the `with`
stops everything and fails if a process or a sanitizer report was left behind.
"""

from . import media
from .client import Client, Reply
from .processes import Process, processes_with, process_tree
from .site import FakeSite, FakeSpotify
from .stack import BUILD, PATIENCE, REPO, ROOT_KINDS, Stack, Worker, eventually
from .case import Case, StackCase, main

__all__ = ["BUILD", "PATIENCE", "REPO", "ROOT_KINDS", "Case", "Client", "FakeSite", "FakeSpotify", "Process", "Reply", "Stack", "StackCase", "Worker",
           "eventually", "main", "media", "processes_with", "process_tree"]
