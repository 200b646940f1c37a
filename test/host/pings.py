#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""pings - ping, traceroute and tracepath, nobody changed them, over three routers

usage: pings.py INLET CASE EXAMPLE
"""

import pathlib
import re

import harness
from harness import Lab, check, need

FAR = {"-4": "10.0.4.2", "-6": "fd04::2"}
ROUTERS = {"-4": ["10.0.1.1", "10.0.2.2", "10.0.3.2"], "-6": ["fd01::1", "fd02::2", "fd03::2"]}


def lab_of(inlet, example):
    return Lab(inlet, pathlib.Path(example).read_text())


def ping(inlet, example):
    (program,) = need("ping")
    with lab_of(inlet, example) as lab:
        for family, far in FAR.items():
            done = lab.run("h1", program, "-n", "-c", "3", "-i", "1", family, far)
            check(done.returncode == 0, f"ping {far}: {done.stdout} {done.stderr}")
            check("3 received, 0% packet loss" in done.stdout, done.stdout)
            check("ttl=61" in done.stdout, f"no TTL: {done.stdout}")
            # too few hops: the router in the middle says so
            done = lab.run("h1", program, "-n", "-c", "1", "-W", "10", "-t", "2", family, far)
            check(done.returncode == 1 and ROUTERS[family][1] in done.stdout,
                  done.stdout + done.stderr)
            # nobody has that address: the last router says so, and ping hears it
            nobody = re.sub(r"2$", "77", far)
            done = lab.run("h1", program, "-n", "-c", "1", "-W", "10", family, nobody)
            check(done.returncode == 1 and "nreachable" in done.stdout, done.stdout + done.stderr)


def traceroute(inlet, example):
    (program,) = need("traceroute")
    with lab_of(inlet, example) as lab:
        for family, far in FAR.items():
            for method in [], ["-I"]:
                done = lab.run("h1", program, "-n", "-w", "40", family, *method, far)
                check(done.returncode == 0, done.stderr)
                hops = re.findall(r"^ *\d+  ([0-9a-f.:]+)  ", done.stdout, re.M)
                check(hops == ROUTERS[family] + [far], f"{method}: {done.stdout} {done.stderr}")


def tracepath(inlet, example):
    (program,) = need("tracepath")
    with lab_of(inlet, example) as lab:
        for family, far in FAR.items():
            done = lab.run("h1", program, "-n", family, far)
            check(done.returncode == 0, done.stderr)
            check("pmtu 1500 hops 4" in done.stdout, done.stdout + done.stderr)
            for router in ROUTERS[family]:
                check(router in done.stdout, done.stdout)


if __name__ == "__main__":
    harness.main({"ping": ping, "traceroute": traceroute, "tracepath": tracepath})
