#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""autoconf - hosts of a lab get their addresses from its router, and programs talk over them

usage: autoconf.py INLET CASE EXAMPLE
"""
import json
import pathlib
import re
import time

import harness
from harness import Lab, check, need

ROUTER = """
[lab]
seed = 5
[host router]
forward = yes
net0 = 10.0.0.1/24, fd00::1/64
"""
NET = "[link net0]\ndelay = 2ms\n"


def status(lab, host):
    return next(l for l in lab.command("lab", "status").stdout.splitlines()
                if l.startswith(f"host {host}:"))


def addresses(lab, host, how="by DHCP"):
    """{family: address} that a host has obtained in a way."""
    found = re.findall(rf"(\S+)/\d+ {how},", status(lab, host))
    return {6 if ":" in a else 4: a for a in found}


def example(inlet, path):
    """Nothing but the router is configured by hand; the lab is up when its hosts are."""
    need("curl", "python3")
    with Lab(inlet, pathlib.Path(path).read_text()) as lab:
        for host, net in (("a", 1), ("b", 2)):
            check(addresses(lab, host)[4] == f"10.0.{net}.100", status(lab, host))
            check(addresses(lab, host, "by SLAAC")[6].startswith(f"fd00:{net}::"), status(lab, host))
        check(addresses(lab, "b")[6].startswith("fd00:2::1"), status(lab, "b"))
        check(6 not in addresses(lab, "a"), f"DHCPv6 without its flag: {status(lab, 'a')}")
        lab.start("b", "/usr/bin/python3", "-m", "http.server", "--bind", "::", "8000")
        lab.wait_listening(8000)
        for version in "-4", "-6":
            done = lab.run("a", "curl", version, "-sS", "-o", "/dev/null", "-w",
                           "%{http_code} %{local_ip}", "http://b.lab:8000/")
            check(done.stdout.startswith("200 "), done.stdout + done.stderr)
            local = done.stdout.split()[1]
            check(local in status(lab, "a"), f"{local} is no address of a: {status(lab, 'a')}")


def repeatable(inlet, _):
    """The same seed makes the same identifiers, another seed others; or they are the MAC's."""
    text = ROUTER + "advertise = yes\n[host a]\nnet0 = slaac\n" + NET
    seen = []
    for seed, more in ((5, ""), (5, ""), (6, ""), (5, "interface-ids = mac\n")):
        new = text.replace("seed = 5", f"seed = {seed}").replace("[host a]\n", "[host a]\n" + more)
        with Lab(inlet, new) as lab:
            seen.append(addresses(lab, "a", "by SLAAC")[6])
    check(seen[0] == seen[1] != seen[2], f"{seen}")
    check(seen[3] == "fd00::ff:fe00:101", seen[3])


def temporary(inlet, _):
    text = ROUTER + "advertise = yes\n[host a]\ntemporary-addresses = yes\nnet0 = slaac\n" + NET
    with Lab(inlet, text) as lab:
        lab.wait("a temporary address", lambda: addresses(lab, "a", "temporary"))
        check(addresses(lab, "a", "temporary")[6] != addresses(lab, "a", "by SLAAC")[6],
              status(lab, "a"))


def link_local(inlet, _):
    """Without a server a host takes what nobody has."""
    need("nc")
    text = ("[host a]\nnet0 = link-local\n[host b]\nnet0 = link-local\n[link net0]\n")
    with Lab(inlet, text) as lab:
        there = addresses(lab, "b", "link-local")[4]
        check(there.startswith("169.254."), status(lab, "b"))
        server = lab.start("b", "nc", "-l", "5000")
        lab.wait_listening(5000)
        done = lab.run("a", "nc", "-N", there, "5000", input="without a server\n")
        out, _ = server.communicate(timeout=harness.LIMIT_S)
        check(out == "without a server\n", f"came: {out!r} {done.stderr}")


def stateless(inlet, _):
    """Flag O: parameters by DHCPv6, the address from the prefix."""
    text = ROUTER + "advertise = yes\nra-flags = other\n[host a]\nnet0 = auto\n" + NET
    with Lab(inlet, text) as lab:
        check("DHCPv6 informed" in status(lab, "a"), status(lab, "a"))
        check(addresses(lab, "a", "by SLAAC"), status(lab, "a"))


def serve_all(inlet, _):
    """dhcp-server = yes, on a link with a small MTU; a switch between them."""
    text = ("[host s]\nleft = 10.0.0.1/24\ndhcp-server = yes\n[host a]\nright = dhcp\n"
            "[switch sw]\nlinks = left, right\n[link left]\nmtu = 576\n[link right]\nmtu = 576\n")
    with Lab(inlet, text) as lab:
        check(addresses(lab, "a")[4] == "10.0.0.128", status(lab, "a"))


def listed(lab, option, host, **wanted):
    """Lines of a list of netstat, as objects; the text form has as many."""
    args = ("netstat", option, "--host", host)
    lines = [json.loads(l) for l in lab.command(*args, "--json").stdout.splitlines()]
    text = [l for l in lab.command(*args).stdout.splitlines() if l.startswith(f"{host} ")]
    check(len(text) == len(lines), f"{text} {lines}")
    return [l for l in lines if all(l.get(k) == v for k, v in wanted.items())]


def one(lab, option, host, **wanted):
    found = listed(lab, option, host, **wanted)
    check(len(found) == 1, f"{option} {host} {wanted}: {found}")
    return found[0]


def lists(inlet, path):
    """netstat -i, -r, -N: where addresses and routes come from, and for how long they last."""
    need("ping")
    with Lab(inlet, pathlib.Path(path).read_text()) as lab:
        link = one(lab, "-i", "a", type="link", link="left")
        check(link["up"] and link["autoconf"] and link["mtu6"] == 1500, f"{link}")
        check(one(lab, "-i", "router", type="link", link="left")["advertises"], "router")
        for origin, most in (("slaac", 86400), ("dhcp", 3600)):
            addr = one(lab, "-i", "a", type="address", link="left", origin=origin)
            check(addr["state"] == "preferred" and most - 120 < addr["valid_s"] <= most, f"{addr}")
        addr = one(lab, "-i", "router", link="left", address="10.0.1.1/24")
        check(addr["origin"] == "static" and addr["valid_s"] is None, f"{addr}")
        route = one(lab, "-r", "a", destination="::/0")
        check((route["origin"], route["preference"]) == ("ra", "medium"), f"{route}")
        check(1680 < route["expires_s"] <= 1800, f"{route}")
        check(one(lab, "-r", "a", destination="fd00::/16")["origin"] == "ra", "ra-route")
        check(one(lab, "-r", "a", destination="0.0.0.0/0")["origin"] == "dhcp", "by DHCP")
        route = one(lab, "-r", "router", destination="10.0.1.0/24")
        check(route["origin"] == "connected" and route["gateway"] == "", f"{route}")
        done = lab.run("a", "ping", "-6", "-c", "1", "-W", "10", "b.lab")
        check(done.returncode == 0, done.stdout + done.stderr)
        near = one(lab, "-N", "a", link="left", router=True)
        check(near["address"].startswith("fe80::") and near["mac"] == "02:00:00:00:00:01", f"{near}")
        check(near["state"] in ("REACHABLE", "STALE", "DELAY", "PROBE"), f"{near}")
        lab.run("a", "ping", "-c", "1", "-W", "1", "10.0.1.77")
        lab.wait("a neighbour that does not answer", lambda: listed(
            lab, "-N", "a", address="10.0.1.77", state="FAILED", mac=""))
        done = lab.command("netstat", "-i", "-r")
        check(done.returncode != 0 and "lists of their own" in done.stderr, done.stderr)


def up(inlet, text):
    """(seconds, stderr) of a lab's start."""
    before = time.monotonic()
    with Lab(inlet, text) as lab:
        took = time.monotonic() - before
        lab.command("lab", "down")
        done = lab.command("lab", "up", str(lab.file))
        return took, done.stderr


def told(inlet, _):
    """Who has no address is named, with the reason; nobody waits for what nobody gives."""
    for word, why in (("dhcp", "no address by DHCP yet: no host of the lab has a dhcp-server"),
                      ("dhcp6", "no address by DHCPv6 yet: no host of the lab has a dhcp-server"),
                      ("slaac", "no address from a router yet: no host of the lab advertises")):
        _, stderr = up(inlet, f"[lab]\nwait = 3600s\n[host a]\nnet0 = {word}\n{NET}")
        check(stderr.startswith(f"inlet: host a, link net0: {why}"), stderr)
    _, stderr = up(inlet, f"[lab]\nwait = 3600s\n[host a]\nnet0 = auto\n{NET}")
    check(stderr == "", stderr)
    lost = "[lab]\nwait = 200ms\n" + ROUTER.replace("[lab]\nseed = 5\n", "")
    for word, why in (("dhcp", "no address by DHCP yet: selecting"),
                      ("dhcp6", "no address by DHCPv6 yet: soliciting"),
                      ("slaac", "no address from a router yet: no router has advertised a prefix"),
                      ("link-local", "no link-local address yet: it is not known yet")):
        text = f"{lost}advertise = yes\ndhcp-server = yes\n[host a]\nnet0 = {word}\n{NET}loss = 100%\n"
        took, stderr = up(inlet, text)
        check(stderr.startswith(f"inlet: host a, link net0: {why}"), stderr)
        check(took >= 0.2, f"waited {took} s")


if __name__ == "__main__":
    harness.main({"example": example, "link_local": link_local, "lists": lists, "repeatable": repeatable,
                  "serve_all": serve_all, "stateless": stateless, "temporary": temporary,
                  "told": told})
