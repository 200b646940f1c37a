#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""pathping - losses are put down to the node or the link that has them

usage: pathping.py INLET CASE [EXAMPLE]
"""

import os
import pathlib
import pty
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import nets
import schema
from harness import Lab, check, need

FAST = ("-n", "-p", "0.01", "-w", "1")


def losses(output):
    """[(address, link, node)] of JSON."""
    found = schema.validate("pathping", output)
    return [(o.get("address"), round(o.get("link_loss_percent", 0)), round(o.get("node_loss_percent", 0))) for o in found
            if o["type"] == "hop"], found


def walked(*command):
    """The answer once each hop has one: on a busy machine a router may need more than a second."""
    for _ in range(5):
        done = nets.on(*command)
        if all("address" in line for line in schema.validate("pathping", done.stdout) if line["type"] == "hop"):
            break
    return done


def exact(inlet):
    """Every second echo request to a router is dropped by itself, every fourth by the one before."""
    (nft,) = need("nft")
    far = nets.chain(3)
    filters = "add table inet t; add chain inet t c {type filter hook %s priority 0;}; add rule inet t c %s drop"
    for host in far.values():
        done = walked("h1", inlet, "pathping", *FAST, "-q", "4", "--json", host)
        check([x[1:] for x in losses(done.stdout)[0]] == [(0, 0)] * 4 and done.returncode == 0, f"{done}")
        check(done.stderr == "", f"progress without a terminal: {done}")
    nets.on("r2", nft, "add table inet t; add chain inet t c {type filter hook input priority 0;}; "
            "add rule inet t c icmp type echo-request reject with icmp type admin-prohibited")
    done = nets.on("h1", inlet, "pathping", *FAST, "-q", "3", "--json", far["-4"])
    check(losses(done.stdout)[0][1] == ("10.0.2.2", 0, 100), f"an error is no reply: {done}")
    nets.on("r2", nft, "delete table inet t")
    done = nets.on("r2", nft, filters % ("input", "icmp type echo-request numgen inc mod 2 == 1"))
    check(done.returncode == 0, done.stderr)
    done = nets.on("h1", inlet, "pathping", *FAST, "-q", "40", "--json", far["-4"])
    found, lines = losses(done.stdout)
    check(found == [("10.0.1.2", 0, 0), ("10.0.2.2", 0, 50), ("10.0.3.2", 0, 0), ("10.0.4.2", 0, 0)],
          f"{found} {done}")
    check(lines[-1] == {"type": "end", "reached": True, "stopped": False}, f"{lines[-1]}")
    nets.on("r2", nft, "delete table inet t")
    nets.on("h2", nft, filters % ("input", "meta l4proto icmp"))
    done = nets.on("h1", inlet, "pathping", *FAST, "-q", "2", "-m", "6", "--json", far["-4"])
    found, lines = losses(done.stdout)
    check([x[0] for x in found] == ["10.0.1.2", "10.0.2.2", "10.0.3.2"] and not lines[-1]["reached"] and
          done.returncode == 1, f"a silent host: {done}")
    nets.on("h2", nft, "delete table inet t")
    for router, chain in (("r2", "t"), ("r2", "u")):
        # what goes on from the second router to the third, and to the host behind: each fourth one
        last = "10.0.3.2" if chain == "t" else "10.0.4.2"
        done = nets.on(router, nft, filters.replace("inet t", f"inet {chain}") %
                       ("forward", f"icmp type echo-request ip daddr {last} ip ttl > 5 numgen inc mod 4 == 3"))
        check(done.returncode == 0, done.stderr)
    text = nets.on("h1", *nets.without_privileges(), inlet, "pathping", *FAST, "-q", "20", far["-4"]).stdout
    check(re.search(r" 0/   20 =  0%  10\.0\.2\.2\n +5/   20 = 25%   \|\n  3 +[\d.]+ms +5/   20 = 25% +"
                    r"0/   20 =  0%  10\.0\.3\.2\n +0/   20 =  0%   \|\n", text), text)


LOSSY = "[link n3]\ndelay = 3ms\nloss = 15%\n"


def lab(inlet, example):
    """Under `inlet run`: of four links one loses packets, and the split names it.

    How many it loses is chance; that of a hundred it loses some, and that no other one does, is not.
    """
    text = pathlib.Path(example).read_text().replace("[link n3]\ndelay = 3ms\n", LOSSY)
    check(LOSSY in text, "the example has changed")
    wanted = {"10.0.4.2": ["10.0.1.1", "10.0.2.2", "10.0.3.2", "10.0.4.2"],
              "fd04::2": ["fd01::1", "fd02::2", "fd03::2", "fd04::2"]}
    with Lab(inlet, text) as net:
        for _ in range(20):     # all three questions about a hop may be lost
            running = {far: net.start("h1", inlet, "pathping", "-n", "-q", "100", "-p", "0.03", "-w", "10",
                                      "--json", far) for far in wanted}
            for far, process in running.items():
                out, err = process.communicate(timeout=harness.LIMIT_S)
                found, lines = losses(out)
                if [address for address, _, _ in found] != wanted[far]:
                    continue
                del wanted[far]
                lost = [o["lost"] for o in lines if o["type"] == "hop"]
                _, links, nodes = zip(*found)
                check(lost[:2] == [0, 0] and links[:2] == nodes[:2] == (0, 0), f"{found} {err}")
                check(min(lost[2:]) > 0 and links[2] == min(lost[2:]), f"{found} {lost}")
                check((links[3], nodes[2]) == (max(lost[3] - lost[2], 0), max(lost[2] - lost[3], 0)) and
                      nodes[3] == 0, f"{found} {lost}")
            if not wanted:
                return
    check(False, f"not found in 20 attempts: {wanted}")


def stops(inlet):
    """SIGINT: the table of what is known by then."""
    master, slave = pty.openpty()
    with subprocess.Popen([inlet, "pathping", "-n", "-p", "0.05", "-q", "5000", "::1"], text=True,
                          stdout=subprocess.PIPE, stderr=slave) as process:
        os.close(slave)
        seen = b""
        while seen.count(b"s left") < 3:
            seen += os.read(master, 1000)
        process.send_signal(signal.SIGINT)
        out = process.stdout.read()
        process.wait(harness.LIMIT_S)
        check("Stopped early." in out and " =  0%  ::1\n" in out and process.returncode == 0, out)


def mistakes(inlet):
    for args, words in (((), "host"), (("-q", "0", "::1"), "queries"), (("::1", "::2"), "one host"),
                        (("-i", "x", "::1"), "address"), (("-4", "-6", "::1"), "exclude"),
                        (("fe80::1",), "as in fe80::1%eth0")):
        done = subprocess.run([inlet, "pathping", *args], capture_output=True, text=True,
                              timeout=harness.LIMIT_S)
        check(done.returncode == 2 and words in done.stderr and done.stdout == "", f"{args}: {done}")


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (exact, lab, stops, mistakes)})
