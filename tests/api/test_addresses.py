"""Private addresses in every spelling are refused at the door when ALLOW_SOURCE_NETS is empty."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from harness import StackCase, main

PRIVATE = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "127.255.255.254",
    "0.0.0.0", "0", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.257", "169.254.169.254", "0xa9fea9fe", "100.64.0.1",
    "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[fec0::1]",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "router.local", "metadata.google.internal", "intranet",
    "127.0.0.1.", "127%2e0%2e0%2e1", "①②⑦.⓪.⓪.①",
]
PUBLIC = ["93.184.216.34", "1.1.1.1", "[2606:4700::1111]", "example.org", "172.15.0.1", "172.32.0.1", "11.0.0.1", "localhost.example.org"]


class WithNoNetworkExempted(StackCase):
    OPTIONS = {"workers": 0, "site": False, "env": {"ALLOW_SOURCE_NETS": ""}}

    def submit(self, host):
        return self.api("POST", "/api/jobs", {"url": f"http://{host}/a.mp3"})

    def test_every_spelling_of_a_private_address_is_a_422(self):
        for host in PRIVATE:
            with self.subTest(host):
                self.assertProblem(self.submit(host), 422, "input", ["url"])
        self.assertEqual(self.s.value("SELECT count(*) FROM download_jobs"), 0)

    def test_with_a_port_it_stays_a_422(self):
        for host in ("127.0.0.1:80", "[::1]:8080", "localhost:443"):
            with self.subTest(host):
                self.assertProblem(self.submit(host), 422, "input", ["url"])

    def test_public_addresses_pass(self):
        for host in PUBLIC:
            with self.subTest(host):
                self.assertEqual(self.submit(host).status, 201)


class WithLoopbackExempted(StackCase):
    OPTIONS = {"workers": 0, "site": False, "env": {"ALLOW_SOURCE_NETS": "127.0.0.0/8"}}

    def test_loopback_passes_in_every_spelling_and_other_networks_do_not(self):
        spellings = (("127.0.0.1", 201), ("127.1", 201), ("0x7f.1", 201), ("[::1]", 422), ("10.0.0.1", 422), ("169.254.169.254", 422))
        for n, (host, status) in enumerate(spellings):
            with self.subTest(host):
                self.assertEqual(self.api("POST", "/api/jobs", {"url": f"http://{host}/{n}.mp3"}).status, status)


if __name__ == "__main__":
    main()
