#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""routers - routers of a lab, judged by the kernel's tools, and the kernel as a router of a lab

    routers.py INLET CASE

The kernel joins the lab through a TAP device in a network namespace of its own (kernel.py).
"""

import pathlib
import re
import subprocess

import harness
import kernel
from harness import check, need

# The kernel is 10.9.0.1, fd09::1. Two routers; behind them an MTU of 1400, and a host.
CHAIN = """
[host r1]
forward = yes
net0 = 10.9.0.2/24, fd09::2/64
net1 = 10.10.0.1/24, fd10::1/64
route = 10.11.0.0/24 via 10.10.0.2
route = fd11::/64 via fd10::2
route = 10.66.0.0/24 prohibit
route = 10.67.0.0/24 unreachable
route = fd66::/64 prohibit
route = fd67::/64 unreachable
[host r2]
forward = yes
net1 = 10.10.0.2/24, fd10::2/64
net2 = 10.11.0.1/24, fd11::1/64
route = default via 10.10.0.1
route = default via fd10::1
[host end]
net2 = 10.11.0.2/24, fd11::2/64
route = default via 10.11.0.1
route = default via fd11::1
[link net0]
tap = tap9
[link net1]
[link net2]
mtu = 1400
"""

# The kernel is the router of this host.
BEHIND_KERNEL = """
[host inner]
net0 = 10.9.0.2/24, fd09::2/64
route = default via 10.9.0.1
route = default via fd09::1
[link net0]
tap = tap9
"""

ASK = """
import errno, socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
try:
    s.connect((sys.argv[1], 9))
    print("connected")
except OSError as fault:
    print(errno.errorcode.get(fault.errno, fault))
"""


def chain(inlet):
    kernel.tap_up("tap9")
    kernel.ip("route", "add", "10.0.0.0/8", "via", "10.9.0.2")
    kernel.ip("-6", "route", "add", "fd00::/8", "via", "fd09::2")
    return kernel.unstarted(inlet, CHAIN)


def say(*command):
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)
    return done.stdout + done.stderr


def traceroute(inlet):
    """traceroute by UDP and ICMP sees each hop, both versions"""
    (program,) = need("traceroute")
    with chain(inlet):
        for target, hops in (("10.11.0.2", ["10.9.0.2", "10.10.0.2", "10.11.0.2"]),
                             ("fd11::2", ["fd09::2", "fd10::2", "fd11::2"])):
            for kind in ("-U", "-I", "-T"):
                text = say(program, "-n", "-q", "1", "-w", "40", kind, target)
                seen = re.findall(r"^\s*\d+\s+([0-9a-f.:]+)\s", text, re.M)
                check(seen == hops, f"traceroute {kind} {target}: {text}")


def tracepath(inlet):
    """tracepath finds the small MTU, and where it is, both versions"""
    (program,) = need("tracepath")
    with chain(inlet):
        for target, last in (("10.11.0.2", "10.10.0.2"), ("fd11::2", "fd10::2")):
            text = say(program, "-n", target)
            check(re.search(rf"{re.escape(last)}\s.*pmtu 1400", text), f"{target}: {text}")
            check(re.search(r"Resume: pmtu 1400 hops 3 ", text), f"{target}: {text}")


def refused(inlet):
    """the kernel's ping is told of routes that prohibit, of those that lead nowhere, of nobody"""
    (program,) = need("ping")
    with chain(inlet):
        for target, words in (("10.66.0.1", "Packet filtered"),
                              ("10.67.0.1", "Destination Host Unreachable"),
                              ("10.99.0.1", "Destination Net Unreachable"),
                              ("10.11.0.77", "Destination Host Unreachable"),
                              ("fd66::1", "Administratively prohibited"),
                              ("fd67::1", "Reject route"),
                              ("fd99::1", "No route"),
                              ("fd11::77", "Address unreachable")):
            text = say(program, "-n", "-c", "1", "-W", "10", target)
            check(words in text or (target == "fd67::1" and "code 6" in text),
                  f"{target}: wanted {words}: {text}")
        text = say(program, "-n", "-c", "1", "-W", "10", "-M", "do", "-s", "1450", "10.11.0.2")
        check("mtu = 1400" in text or "mtu=1400" in text, f"too big: {text}")


def kernel_refuses(inlet):
    """the kernel, as the router of a lab's host, prohibits: programs are told at once"""
    (python,) = need("python3")
    kernel.tap_up("tap9")
    for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
        pathlib.Path("/proc/sys/net", name).write_text("1")
    for net in ("10.66.0.0/24", "fd66::/64"):
        kernel.ip("route", "add", "prohibit", net)
    with kernel.unstarted(inlet, BEHIND_KERNEL) as lab:
        for target, wanted in (("10.66.0.1", "EACCES"), ("fd66::1", "EACCES"),
                               ("10.9.0.1", "ECONNREFUSED"), ("fd09::1", "ECONNREFUSED")):
            done = lab.run("inner", python, "-c", ASK, target)
            check(done.stdout.strip() == wanted,
                  f"{target}: wanted {wanted}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    harness.main({f.__name__: f for f in (traceroute, tracepath, refused, kernel_refuses)})
