#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""autoconf - hosts of a lab get their addresses from its router, and programs talk over them

usage: autoconf.py INLET CASE EXAMPLE
"""
import pathlib
import re

import harness
from harness import Lab, check, need


def addresses(lab, host):
    """{family: address} that a host has obtained."""
    line = next(l for l in lab.command("lab", "status").stdout.splitlines()
                if l.startswith(f"host {host}:"))
    found = re.findall(r"(\S+)/\d+ by DHCP", line)
    return {6 if ":" in a else 4: a for a in found}


def dhcp(inlet, example):
    need("nc")
    with Lab(inlet, pathlib.Path(example).read_text()) as lab:
        for host, net in (("a", 1), ("b", 2)):
            lab.wait(f"the addresses of {host}", lambda: len(addresses(lab, host)) == 2)
            got = addresses(lab, host)
            check(re.fullmatch(rf"10\.0\.{net}\.1\d\d", got[4]), f"{host} has {got[4]}")
            check(re.fullmatch(rf"fd00:{net}::1[0-9a-f]{{2}}", got[6]), f"{host} has {got[6]}")
        # over the router, which was told by DHCP too
        server = lab.start("b", "nc", "-l", "5000")
        lab.wait_listening(5000)
        done = lab.run("a", "nc", "-N", addresses(lab, "b")[4], "5000", input="over the router\n")
        check(done.returncode == 0, done.stderr)
        out, _ = server.communicate(timeout=harness.LIMIT_S)
        check(out == "over the router\n", f"came: {out!r}")


if __name__ == "__main__":
    harness.main({"dhcp": dhcp})
