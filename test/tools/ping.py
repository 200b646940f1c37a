#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ping - against the ping of iputils in namespaces, and on a lab with known losses

usage: ping.py INLET CASE
"""

import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import nets
import schema
from harness import Lab, check, need

SUMMARY = re.compile(r"\d+ packets transmitted.*packet loss")


def same_words(inlet, ours, theirs, *args):
    """Both say the same, apart from times."""
    def plain(done):
        text = re.sub(r"time=?\s?[\d.]+\s?ms", "time", done.stdout)
        text = re.sub(r", pipe \d+", "", text)
        return re.sub(r"rtt min.*", "rtt", text).strip()

    a, b = nets.on("h1", inlet, "ping", *args), nets.on("h1", theirs, *args)
    check(plain(a) == plain(b) and a.returncode == b.returncode,
          f"{ours} {args}: {a.returncode}\n{a.stdout}{a.stderr}\nping: {b.returncode}\n{b.stdout}{b.stderr}")
    return a


def namesake(inlet):
    """The same words, counts and statuses as iputils' ping."""
    (ping,) = need("ping")
    far = nets.chain(2)
    fast = ("-c", "3", "-i", "0.05")
    for family, host in far.items():
        same_words(inlet, "replies", ping, *fast, host)
        same_words(inlet, "size", ping, *fast, "-s", "1000", "-Q", "0x20", "-p", "ff00", host)
        same_words(inlet, "quiet", ping, *fast, "-q", host)
        same_words(inlet, "interface", ping, *fast, "-I", "n1", family, host)
        done = same_words(inlet, "ttl", ping, "-c", "2", "-i", "0.05", "-t", "2", family, host)
        check("+2 errors, 100% packet loss" in done.stdout and done.returncode == 1, done.stdout)
    same_words(inlet, "record route", ping, "-n", "-q", "-R", *fast, far["-4"])
    done = nets.on("h1", inlet, "ping", "-R", "-c", "1", far["-4"])
    check(re.search(r"RR: \t10.0.1.1\n\t10.0.2.1\n\t10.0.3.1\n\t10.0.3.2", done.stdout), done.stdout)
    done = nets.on("h1", inlet, "ping", "-M", "do", "-s", "3000", "-c", "1", "-W", "0.1", far["-4"])
    check("local error: message too long, mtu=1500" in done.stderr and done.returncode == 1,
          f"{done}")
    done = nets.on("h1", inlet, "ping", "-c", "1", "192.0.2.1")
    check("Network is unreachable" in done.stderr and done.returncode == 1, f"{done}")


def lossy(inlet):
    """Every third packet is dropped: both find it, and -O names it."""
    ping, nft = need("ping", "nft")
    far = nets.chain(1)["-4"]
    rules = "add table ip t; add chain ip t c {type filter hook forward priority 0;}; " \
            "add rule ip t c ip daddr 10.0.2.2 numgen inc mod 3 == 2 drop"
    done = nets.on("r1", nft, rules)
    if done.returncode != 0:
        print(f"skipped: nft cannot drop every third packet: {done.stderr}")
        sys.exit(77)
    args = ("-c", "9", "-i", "0.02", "-O", far)
    ours, theirs = nets.on("h1", inlet, "ping", *args), nets.on("h1", ping, *args)
    for done in ours, theirs:
        check("9 packets transmitted, 6 received, 33.3333% packet loss" in done.stdout, done.stdout)
    check(re.findall("no answer yet for .*", ours.stdout) ==
          re.findall("no answer yet for .*", theirs.stdout) != [], f"{ours.stdout}{theirs.stdout}")
    check(nets.on("h1", inlet, "ping", "-w", "1", "-c", "3", "-i", "0.05", far).returncode == 0,
          "-w goes on until three came")
    flood = nets.on("h1", inlet, "ping", "-f", "-c", "30", far)
    check("30 packets transmitted, 20 received" in flood.stdout, flood.stdout)
    check(flood.stdout.count(".") - flood.stdout.count("\b \b") >= 10, "dots are what is missing")


def unprivileged(inlet):
    """Without capabilities: by datagram sockets; and where the group may not, what to do is said."""
    far = nets.chain(2)
    nobody = nets.without_privileges()
    for family, host in far.items():
        done = nets.on("h1", *nobody, inlet, "ping", "-v", "-c", "2", "-i", "0.05", host)
        check("2 received" in done.stdout and "datagram" in done.stderr, f"{done}")
        done = nets.on("h1", *nobody, inlet, "ping", "-c", "1", "-t", "1", host)
        check("icmp_seq=1 Time" in done.stdout and done.returncode == 1, f"{done}")
    nets.setting("h1", **{"net.ipv4.ping_group_range": "1 0"})
    done = nets.on("h1", *nobody, inlet, "ping", "-c", "1", far["-4"])
    check(done.returncode == 2 and "ping_group_range" in done.stderr, f"{done}")
    done = nets.on("h1", inlet, "ping", "-v", "-c", "1", far["-4"])
    check("1 received" in done.stdout and "raw" in done.stderr, f"{done}")


def ports(inlet):
    """TCP and UDP: open, closed, on the way; with JSON as its schema says."""
    far = nets.chain(1)
    server = nets.start("h2", sys.executable, "-c",
                        "import socket\ns = socket.create_server(('::', 8080), family=socket.AF_INET6,"
                        " dualstack_ipv6=True)\nprint('up', flush=True)\nwhile True: s.accept()")
    try:
        check(server.stdout.readline() == "up\n", "no server")
        for host in far.values():
            for args, word in ((("--tcp", "8080"), "open"), (("--tcp", "81"), "closed"),
                               (("--udp", "9"), "closed")):
                done = nets.on("h1", inlet, "ping", *args, "-c", "2", "-i", "0.05", host)
                check(done.stdout.count(f"{word} from {host} port") == 2, f"{args}: {done}")
                check("2 received, 0% packet loss" in done.stdout and done.returncode == 0, done.stdout)
                done = nets.on("h1", inlet, "ping", *args, "--json", "-c", "1", host)
                found = schema.validate("ping", done.stdout)
                check([o["type"] for o in found] == ["start", "reply", "summary"], done.stdout)
                check(found[1]["state"] == word and found[1]["rtt_ms"] > 0, done.stdout)
                done = nets.on("h1", inlet, "ping", *args, "--json", "-t", "1", "-c", "1", host)
                found = schema.validate("ping", done.stdout)
                check(found[1]["type"] == "error" and "xceeded" in found[1]["error"], done.stdout)
    finally:
        server.kill()
        server.communicate()


LAB = """
[lab]
seed = 3
[host a]
net0 = 10.0.0.1/24, fd00::1/64
[host b]
net0 = 10.0.0.2/24, fd00::2/64
[link net0]
delay = 3ms
loss = 20%
duplicate = 20%
"""


def lab(inlet):
    """Under `inlet run`: loss and duplicates of a lab's link; what the lab says was dropped."""
    with Lab(inlet, LAB) as two:
        for host in "10.0.0.2", "fd00::2":
            done = two.run("a", inlet, "ping", "--json", "-c", "40", "-i", "0.01", "-W", "1", host)
            found = schema.validate("ping", done.stdout)
            total = found[-1]
            replies = [o for o in found if o["type"] == "reply"]
            check(total["sent"] == 40 and 12 <= total["received"] <= 39, f"{total}")
            check(total["duplicates"] == sum("duplicate" in o for o in replies) > 0, f"{total}")
            check(total["received"] == len({o["seq"] for o in replies}), f"{total}")
            check(min(o["rtt_ms"] for o in replies) >= 6 and replies[0]["ttl"] == 64, f"{total}")


def stops(inlet):
    """SIGINT: the summary; SIGQUIT: a word in between."""
    with subprocess.Popen([inlet, "ping", "-i", "0.1", "::1"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGQUIT)
        process.stderr.readline()   # a return stands before it, so it is a line of its own
        check("packets, 0% loss, min/avg" in process.stderr.readline(), "no word in between")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=harness.LIMIT_S)
        check(SUMMARY.search(out) and process.returncode == 0, out)


def live(inlet):
    """Several targets on a terminal: rows with a curve, then the summaries."""
    master, slave = pty.openpty()
    env = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8", TERM="xterm", NO_COLOR="1")
    with subprocess.Popen([inlet, "ping", "-c", "5", "-i", "0.1", "::1", "127.0.0.1"], stdout=slave,
                          stderr=slave, env=env) as process:
        os.close(slave)
        out = b""
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:
                break
            out += chunk
        process.wait(harness.LIMIT_S)
    text = out.decode()
    check(process.returncode == 0 and "\033[3A" in text, text)
    check(re.search(r"127\.0\.0\.1 +5 +0\.0% .*[▁▂▃▄▅▆▇█]{5}", text), text)
    check(len(SUMMARY.findall(text)) == 2 and "\033[3" not in text.replace("\033[3A", ""), text)


def mistakes(inlet):
    """Status 2, and what was expected."""
    for args, words in (((), "host is missing"), (("-c", "0", "::1"), "number"),
                        (("-M", "maybe", "::1"), "do, want"), (("-p", "xyz", "::1"), "hexadecimal"),
                        (("-I", "nosuch0", "::1"), "interface"), (("-4", "-6", "::1"), "exclude"),
                        (("no.such.host.invalid",), "no.such.host.invalid"),
                        (("--tcp", "0", "::1"), "port"), (("-R", "::1"), "-4")):
        done = subprocess.run([inlet, "ping", *args], capture_output=True, text=True,
                              timeout=harness.LIMIT_S)
        check(done.returncode == 2 and words in done.stderr and done.stdout == "", f"{args}: {done}")


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (namesake, lossy, unprivileged, ports, lab, stops, live,
                                          mistakes)})
