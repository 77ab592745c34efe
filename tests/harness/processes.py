"""processes: who is running, read from /proc. Ends nothing except by the pid that it is given."""

import os
import signal


class Process:
    """A process as it was when we looked: pid and start time, so that a recycled pid is not mistaken for it."""

    def __init__(self, pid):
        self.pid = pid
        with open(f"/proc/{pid}/stat", "rb") as f:
            fields = f.read().rpartition(b")")[2].split()
        self.state = fields[0].decode()
        self.parent = int(fields[1])
        self.group = int(fields[2])
        self.ticks = int(fields[11]) + int(fields[12])
        self.started = int(fields[19])
        self.command = _read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode(errors="replace").strip()

    def alive(self):
        try:
            now = Process(self.pid)
            return now.started == self.started and now.state not in "ZX"
        except OSError:
            return False

    def kill(self, number=signal.SIGKILL):
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def memory(self):
        """{'pss': bytes, 'rss': bytes, 'anonymous': bytes}: the last is what is its own alone, without mapped files."""
        figures = {}
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as f:
            for line in f:
                name, _, rest = line.partition(":")
                if name in ("Pss", "Rss", "Anonymous"):
                    figures[name.lower()] = int(rest.split()[0]) * 1024
        return figures

    def __repr__(self):
        return f"<{self.pid} (parent {self.parent}) {self.command[:160]}>"


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def everyone():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                yield Process(int(entry))
            except OSError:
                pass


def processes_with(text, besides=()):
    """Every live process that has `text` in its command line, environment, working directory or program."""
    wanted = os.fsencode(text)
    found = []
    for process in everyone():
        if process.pid == os.getpid() or process.pid in besides or process.state in "ZX":
            continue
        links = b""
        for link in ("cwd", "exe"):
            try:
                links += os.fsencode(os.readlink(f"/proc/{process.pid}/{link}")) + b"\0"
            except OSError:
                pass
        if wanted in _read(f"/proc/{process.pid}/cmdline") + b"\0" + _read(f"/proc/{process.pid}/environ") + b"\0" + links:
            found.append(process)
    return found


def process_tree(root_pid):
    """Every live descendant of `root_pid`, without itself."""
    children = {}
    for process in everyone():
        if process.state not in "ZX":
            children.setdefault(process.parent, []).append(process)
    found, todo = [], [root_pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child.pid)
    return found
