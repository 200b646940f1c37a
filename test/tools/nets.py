# SPDX-License-Identifier: BSD-2-Clause
"""nets - networks of the kernel's own, for tools that are compared with their namesakes

A test that calls enter() goes on in namespaces of its own (network and mounts), where chain() makes
hosts and routers with `ip netns`. All of it ends with the test.
"""

import pathlib
import subprocess
import time

import harness
from harness import check, need


def enter():
    harness.enter_namespaces(mounts=True)


def ip(*args):
    done = subprocess.run(["ip", *args], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"ip {' '.join(args)}: {done.stderr}")


def on(host, *command, **more):
    """Runs a command on a host to its end."""
    return subprocess.run(["ip", "netns", "exec", host, *command], capture_output=True, text=True,
                          timeout=harness.LIMIT_S, check=False, **more)


def start(host, *command, **more):
    return subprocess.Popen(["ip", "netns", "exec", host, *command], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def setting(host, **values):
    """setting("r1", **{"net.ipv4.ip_forward": "1"})"""
    for name, value in values.items():
        path = "/proc/sys/" + name.replace(".", "/")
        done = on(host, "sh", "-c", f"echo '{value}' > {path}")
        check(done.returncode == 0, f"{name}: {done.stderr}")


def host_up(name):
    ip("netns", "add", name)
    ip("-n", name, "link", "set", "lo", "up")
    setting(name, **{"net.ipv6.conf.default.accept_dad": "0",
                     "net.ipv4.ping_group_range": "0 2147483647", "net.ipv4.icmp_ratelimit": "0",
                     "net.ipv6.icmp.ratelimit": "0"})


def link_up(number, left, right):
    """left is .1, right is .2 of 10.0.NUMBER.0/24 and fdNUMBER::/64."""
    ip("-n", left, "link", "add", f"n{number}", "type", "veth", "peer", "name", f"n{number}",
       "netns", right)
    for name, last in ((left, 1), (right, 2)):
        ip("-n", name, "addr", "add", f"10.0.{number}.{last}/24", "dev", f"n{number}")
        ip("-n", name, "addr", "add", f"fd{number:02}::{last}/64", "dev", f"n{number}", "nodad")
        ip("-n", name, "link", "set", f"n{number}", "up")


def links_are_up(names):
    """Waits for the kernel, which looks at new links once a second: before that they lose what IPv6 asks."""
    end = time.monotonic() + harness.LIMIT_S
    for name in names:
        while True:
            done = subprocess.run(["ip", "-n", name, "-br", "link"], capture_output=True, text=True, check=True)
            if all(line.split()[1] == "UP" for line in done.stdout.splitlines() if line.startswith("n")):
                break
            check(time.monotonic() < end, f"links of {name}: {done.stdout}")


def chain(routers):
    """h1 - r1 - ... - h2; returns the addresses of h2. A router answers from the side of h1."""
    enter()
    pathlib.Path("/run").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    names = ["h1", *(f"r{i}" for i in range(1, routers + 1)), "h2"]
    for name in names:
        host_up(name)
        if name[0] == "r":
            setting(name, **{"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"})
    for i, (left, right) in enumerate(zip(names, names[1:]), 1):
        link_up(i, left, right)
    last = len(names) - 1
    for i, name in enumerate(names):
        for net, gate in (("10.0.{}.0/24", "10.0.{}.{}"), ("fd{:02}::/64", "fd{:02}::{}")):
            for number in range(1, last + 1):
                if number < i:
                    ip("-n", name, "route", "add", net.format(number), "via", gate.format(i, 1))
                elif number > i + 1:
                    ip("-n", name, "route", "add", net.format(number), "via",
                       gate.format(i + 1, 2))
    links_are_up(names)
    return {"-4": f"10.0.{last}.2", "-6": f"fd{last:02}::2"}


def without_privileges():
    """What to put before a command so that it has no capabilities, though root runs it."""
    (setpriv,) = need("setpriv")
    return [setpriv, "--bounding-set", "-all", "--inh-caps", "-all"]
