"""The jail: what is refused, what is closed, and that no reply names a file."""

import os
import re
import subprocess
import tempfile
import time
import unittest

import media


class Confine(unittest.TestCase):
    def test_the_filter_refuses_every_way_out(self):
        reply = media.run("confine-test", "/dev/null")
        self.assertEqual(reply.status, 0, reply)
        self.assertGreaterEqual(len(reply.result), 14)
        self.assertEqual(set(reply.result.values()), {"EPERM"}, reply)

    def test_the_filter_holds_for_every_thread(self):
        with tempfile.TemporaryDirectory() as folder:
            wav = os.path.join(folder, "a.wav")
            media.synthesize(wav, "0.1*random(0)", 1)
            argv = ["/bin/sh", "-c", media.LAUNCH, media.PROGRAM, "master", wav, os.path.join(folder, "out")]
            with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  env=media.environment()) as program:
                def modes():
                    found = []
                    for name in os.listdir(f"/proc/{program.pid}/task"):
                        with open(f"/proc/{program.pid}/task/{name}/status") as file:
                            found.append(re.search(r"Seccomp:\s+(\d)", file.read()).group(1))
                    return found
                # It reads its request only when it is confined, and none comes yet.
                while "2" not in modes() and program.poll() is None:
                    time.sleep(0.01)
                self.assertEqual(modes(), ["2"] * min(os.cpu_count(), 16))
                program.stdin.write(b"{}")
                program.stdin.close()

    def test_missing_descriptors_are_an_input_error(self):
        for command in ("master", "cover", "tag", "verify"):
            done = subprocess.run([media.PROGRAM, command], input=b"{}", capture_output=True,
                                  env=media.environment(), timeout=media.TIMEOUT)
            self.assertEqual(media.Reply(done).kind, "input")

    def test_a_writable_input_or_a_used_output_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            wav, used = os.path.join(folder, "a.wav"), os.path.join(folder, "used")
            media.synthesize(wav, "0.1*random(0)", 1)
            with open(used, "wb") as file:
                file.write(b"x")
            for redirect in (f"3<>{wav} 4<>{folder}/o", f"3<{wav} 4>{folder}/o", f"3<{wav} 4<>{used}",
                             f"3<{wav} 4<>/dev/null", f"3<{folder} 4<>{folder}/o"):
                done = subprocess.run(["/bin/sh", "-c", f'exec "$0" master {redirect}', media.PROGRAM], input=b"{}",
                                      capture_output=True, env=media.environment(), timeout=media.TIMEOUT)
                self.assertEqual(media.Reply(done).kind, "input", redirect)
            with open(used, "rb") as file:
                self.assertEqual(file.read(), b"x")

    @unittest.skipUnless(os.path.exists("/usr/bin/strace"), "strace is not installed")
    def test_nothing_is_opened_and_no_call_is_refused_in_normal_work(self):
        with open(media.PROGRAM, "rb") as program:
            if b"__asan_init" in program.read():
                self.skipTest("the sanitizer makes calls of its own")
        with tempfile.TemporaryDirectory() as folder:
            wav, log = os.path.join(folder, "a.mp3"), os.path.join(folder, "log")
            media.synthesize(wav, "0.1*random(0)", 1, rate=44100)
            done = subprocess.run(["/bin/sh", "-c", f'exec strace -o {log} "$0" master 3<{wav} 4<>{folder}/o',
                                   media.PROGRAM], input=b"{}", capture_output=True, timeout=media.TIMEOUT)
            if done.returncode != 0:
                self.skipTest("strace does not work here")
            with open(log) as file:
                after = file.read().split("SECCOMP_SET_MODE_FILTER", 1)[1].splitlines()[1:]
            calls = {line.split("(", 1)[0] for line in after if "(" in line}
            refused = [line for line in after if "EPERM" in line and not line.startswith("socket(")]
            self.assertEqual(refused, [])
            self.assertFalse(calls & {"open", "openat", "connect", "execve", "clone", "clone3", "fork"}, calls)
            self.assertLess(len(calls), 25, calls)


if __name__ == "__main__":
    unittest.main()
