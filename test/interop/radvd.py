#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Router advertisements between inlet and others, on a TAP device in a network namespace.

Usage: radvd.py AUTO_HOST

First radvd advertises and inlet makes its address: the kernel pings it, and radvd's goodbye ends
the default route. Then inlet is the router and the kernel the host.

Waiting is always for a line of some program, with a bound. Exit status 77: skipped, with the reason.
"""
import os
import select
import shutil
import subprocess
import sys
import tempfile

TAP = "inlet0"
BOUND_S = 60
RADVD_CONF = f"""
interface {TAP} {{
    AdvSendAdvert on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    AdvLinkMTU 1400;
    AdvDefaultPreference high;
    prefix 2001:db8:99::/64 {{ AdvOnLink on; AdvAutonomous on; }};
    RDNSS 2001:db8:99::53 {{ AdvRDNSSLifetime 600; }};
    DNSSL lab.example {{ AdvDNSSLLifetime 600; }};
}};
"""


def skip(why):
    if os.environ.get("CI"):
        print(f"{why}: must not be missing here")
        sys.exit(1)
    print(f"{why}: skipped")
    sys.exit(77)


def enter_namespace():
    """Starts this script anew inside a network namespace, once."""
    if os.environ.get("INLET_TEST_IN_NETNS"):
        return
    os.environ["INLET_TEST_IN_NETNS"] = "1"
    flags = ["-n"] if os.geteuid() == 0 else ["-U", "-r", "-n"]
    if subprocess.run(["unshare", *flags, "true"], capture_output=True).returncode != 0:
        skip("no network namespace to be had")
    os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])


def run(*words):
    subprocess.run(words, check=True)


def line_of(child, what):
    """The next line of a child."""
    if not select.select([child.stdout], [], [], BOUND_S)[0]:
        raise TimeoutError(f"no {what} within {BOUND_S} s")
    return child.stdout.readline().split()


class Child:
    """A program that ends with the block: its input is closed, and then it is asked to."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        self.process = subprocess.Popen(
            self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        return self.process

    def __exit__(self, *_):
        self.process.stdin.close()
        if self.words[0] in ("radvd", "ip"):
            self.process.terminate()
        try:
            self.process.wait(BOUND_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def ping(addr):
    run("ping", "-6", "-c", "1", "-W", "10", addr)


def inlet_is_host(program, folder):
    conf = os.path.join(folder, "radvd.conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write(RADVD_CONF)
    with Child(program, TAP) as host:
        assert line_of(host, "ready") == ["ready"]
        run("ip", "link", "set", TAP, "up")
        run("ip", "addr", "add", "2001:db8:99::1/64", "dev", TAP, "nodad")
        with Child("radvd", "-n", "-C", conf, "-p", os.path.join(folder, "pid"), "-m", "stderr"):
            word, own, router, mtu, dns, search = line_of(host, "address")
            assert word == "auto" and own.startswith("2001:db8:99:"), own
            assert router.startswith("fe80:") and mtu == "1400", (router, mtu)
            assert dns == "2001:db8:99::53" and search == "lab.example.", (dns, search)
            ping(own)
        assert line_of(host, "goodbye") == ["gone"]


def inlet_is_router(program):
    with Child(program, TAP, "2001:db8:aa::") as router, \
            Child("ip", "-o", "-6", "monitor", "address", "route") as news:
        assert line_of(router, "ready") == ["ready"]
        run("sysctl", "-q", "-w", f"net.ipv6.conf.{TAP}.accept_ra=2")
        run("ip", "link", "set", TAP, "up")
        seen = ""
        while not ("2001:db8:aa:" in seen and "default via fe80:" in seen):
            line = line_of(news, "address and route")
            if "tentative" not in line:
                seen += " ".join(line) + "\n"
        with open(f"/proc/sys/net/ipv6/conf/{TAP}/mtu", encoding="ascii") as f:
            assert f.read().strip() == "1400"
        ping("2001:db8:aa::1")


def main():
    enter_namespace()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    for program in ("ip", "radvd", "ping", "sysctl"):
        if not shutil.which(program):
            skip(f"no {program}")
    if not os.path.exists("/dev/net/tun"):
        skip("no /dev/net/tun")
    with tempfile.TemporaryDirectory() as folder:
        run("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
        inlet_is_host(sys.argv[1], folder)
        print("inlet takes what radvd advertises")
        inlet_is_router(sys.argv[1])
        print("the kernel takes what inlet advertises")


main()
