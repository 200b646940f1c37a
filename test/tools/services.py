#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""services - ports and services are found by number, name, range and text

usage: services.py INLET CASE
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "host"))

import harness
import schema
from harness import check

REGISTRY = "/usr/share/ipv6toolkit/service-names-port-numbers.csv"


def ask(inlet, *args, status=0):
    done = subprocess.run([inlet, "services", *args], capture_output=True, text=True, timeout=harness.LIMIT_S)
    check(done.returncode == status, f"{args}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done


def rows(inlet, *args, status=0):
    return schema.validate("services", ask(inlet, "--json", *args, status=status).stdout)


def need_registry():
    if not os.path.exists(REGISTRY):
        print("skipped: ipv6toolkit is missing")
        sys.exit(77)


def queries(inlet):
    need_registry()
    web = ask(inlet, "443").stdout
    check("https" in web and "443/tcp" in web and "system" in web, web)
    check([r["transports"] for r in rows(inlet, "53/udp") if r["name"] == "domain"], "no domain at 53/udp")
    check(all("tcp" not in r["transports"] or "udp" in r["transports"] for r in rows(inlet, "53/udp")), "53/udp")
    check(all("udp" in r["transports"] for r in rows(inlet, "-u", "53")), "-u")
    check(any(r["port"] == 3306 and r["range"] == "user" for r in rows(inlet, "MySQL")), "mysql")
    x11 = rows(inlet, "-t", "6000-6063", "--file", "/dev/null")
    check([(r["name"], r["port"], r["port_to"]) for r in x11] == [("x11", 6000, 6063)], f"{x11}")
    check(rows(inlet, "6010", "--file", "/dev/null")[0]["name"] == "x11", "inside a range")
    check(any("Window" in r["description"] for r in rows(inlet, "x window")), "text")
    check(len(rows(inlet, "-k", "http")) > len(rows(inlet, "http")), "-k finds more than the name")
    check(any("port" not in r for r in rows(inlet, "-k", "dns service discovery")), "without a port")
    check([r["name"] for r in rows(inlet, "domain,22,ntp/udp")] ==
          [r["name"] for q in ("domain", "22", "ntp/udp") for r in rows(inlet, q)], "commas")
    check(rows(inlet, "udp/53") == rows(inlet, "53/udp") == rows(inlet, "53", "-u"), "udp/53")
    check({r["port"] for r in rows(inlet, "ssh/sctp")} == {22}, "ssh/sctp")
    ports = [r["port"] for r in rows(inlet, "20-600")]
    check(ports == sorted(ports) and len(ports) > 500, "a range is in order")


def numbers(inlet):
    """-n: ports alone, none twice, of both lists."""
    need_registry()
    check(ask(inlet, "-n", "ssh").stdout == "22/tcp\n22/udp\n22/sctp\n", "ssh")
    check(ask(inlet, "-nu", "20-23").stdout == "".join(f"{p}/udp\n" for p in (20, 21, 22, 23)), "20-23")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("ssh 2222/tcp\nmine 22/tcp alias\n")
        file.flush()
        check(ask(inlet, "-nt", "ssh", "--file", file.name).stdout == "22/tcp\n2222/tcp\n", "both lists")
        check(ask(inlet, "-nt", "22", "--file", file.name).stdout == "22/tcp\n", "twice the same")
    check(ask(inlet, "-n", "-t", "x11", "--file", "/dev/null").stdout == "6000-6063/tcp\n", "x11")
    check(ask(inlet, "-n", "4", status=1).stdout == "", "nobody's")


def suggestions(inlet):
    """What is nearly a name is asked back; what is like none is not."""
    need_registry()
    for wrong, right in (("htpt", "http"), ("mysqll", "mysql"), ("HTTSPS", "https"), ("telnte/tcp", "telnet")):
        said = ask(inlet, wrong, status=1).stderr
        check(f"did you mean {right}?" in said, said)
    for odd in ("qqqqqqqqqqqq", "z\x1b[2Jq", "x" * 200):
        said = ask(inlet, odd, status=1).stderr
        check("no such service\n" in said and "\x1b" not in said, repr(said))
    said = ask(inlet, "443/dccp", status=1)
    check("not over that transport; `inlet services 443`" in said.stderr, said.stderr)
    check("never assigned" in ask(inlet, "60000/udp", status=1).stdout, "60000/udp")


def ranges(inlet):
    """The three ranges are told apart, at their edges, too."""
    need_registry()
    for port, name in ((0, "system"), (1023, "system"), (1024, "user"), (49151, "user"), (49152, "dynamic"),
                       (65535, "dynamic")):
        done = subprocess.run([inlet, "services", "--json", str(port)], capture_output=True, text=True)
        found = schema.validate("services", done.stdout)
        check(found and all(r["range"] == name for r in found), f"{port}: {found}")
        check(done.returncode == (1 if found[0]["type"] == "unassigned" else 0), f"{port}: {done}")
    check("never assigned" in ask(inlet, "50000", status=1).stdout, "50000")
    check("unassigned" in ask(inlet, "4", status=1).stdout, "4")


def registry(inlet):
    """Each row of the registry's CSV is found, and nothing else."""
    need_registry()
    with open(REGISTRY, encoding="utf-8", newline="") as file:
        expected = {(r["Service Name"], int(r["Port Number"].split("-")[0]), t)
                    for r in csv.DictReader(file)
                    for t in [r["Transport Protocol"]] if r["Service Name"] and r["Port Number"]}
    lines = ask(inlet, "--json", "--all", "--file", "/dev/null").stdout
    schema.validate("services", "\n".join(lines.splitlines()[::50]))
    found = {(r["name"], r["port"], t) for r in map(json.loads, lines.splitlines())
             for t in r["transports"] or [""] if r["name"] and "port" in r}
    check(found == expected, f"{len(found)} found, {len(expected)} expected: {list(found ^ expected)[:5]}")


def local(inlet):
    """A list of the machine comes first; what is hostile in it does not reach the terminal."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("mine 443/tcp  secure\tsafe # ours\nevil\x1b[2J 7777/udp al\x1b[1mias # te\x1b[3mxt\nbad 70000/tcp\nworse\nhalf 9/\nodd 9-tcp\n"
                   "http 80/tcp\n\xff 1/tcp")
        file.flush()
        first = rows(inlet, "443", "--file", file.name)[0]
        check(first["name"] == "mine" and first["source"] == "/etc/services" and
              first["aliases"] == "secure safe" and first["description"] == "ours", f"{first}")
        check(rows(inlet, "SAFE", "--file", file.name)[0]["name"] == "mine", "alias")
        text = ask(inlet, "7777/udp", "--file", file.name).stdout
        check("\x1b" not in text and text.count("\\x1b") == 3, repr(text))
        done = subprocess.run([inlet, "services", "--json", "-a", "--file", file.name], capture_output=True, text=True)
        own = [r["name"] for r in map(json.loads, done.stdout.splitlines()) if r["source"] != "iana"]
        check(own == ["\xff", "mine", "evil\x1b[2J"], f"{own}")


def mistakes(inlet):
    for args, words in (([], "expected a port"), (["70000"], "from 0 to 65535"), (["90-80"], "a range like"),
                        (["80/"], "expected tcp, udp"), (["443/quic"], "expected tcp, udp"), (["/"], "expected tcp, udp"),
                        ([""], "expected a port"), ([","], "expected a port"), (["-n", "--json", "80"], "exclude each other"),
                        (["x" * 256], "at most 255"), (["-4", "80"], "-4"), (["-a", "80"], "takes no query"),
                        (["--file", "/nonexistent", "80"], "No such file")):
        done = ask(inlet, *args, status=2)
        check(words in done.stderr and done.stdout == "", f"{args}: {done}")
    done = ask(inlet, "no-such-service-at-all", status=1)
    check("no such service" in done.stderr, done.stderr)
    done = ask(inlet, "no\x1b[2Jsuch", status=1)
    check("\x1b" not in done.stderr and "no\\x1b[2Jsuch" in done.stderr, repr(done.stderr))
    for words in ("443,no-such-service-at-all", "no-such-service-at-all,443"):
        ask(inlet, words, status=1)
    ask(inlet, "-n", "--json", "443", status=2)


if __name__ == "__main__":
    harness.main({"queries": queries, "numbers": numbers, "suggestions": suggestions, "ranges": ranges, "registry": registry, "local": local, "mistakes": mistakes})
