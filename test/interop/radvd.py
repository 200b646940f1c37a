#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Router advertisements between inlet and others, on a TAP device in a network namespace.

Usage: radvd.py TAP_HOST

First radvd advertises and inlet makes its address: the kernel pings it, and radvd's goodbye ends
the default route. Then inlet is the router and the kernel the host.

Waiting is always for a line of some program, with a bound. Exit status 77: skipped, with the reason.
"""
import os
import sys
import tempfile

from scene import TAP, Host, check_output, enter_namespace, ip, need, program, sysctl, wait

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


def ping(addr):
    """Once: the first packet to a neighbour that is not known yet must arrive, too."""
    check_output("ping", "-6", "-c", "1", "-W", "10", addr)


def inlet_is_host(tap_host, folder):
    conf = os.path.join(folder, "radvd.conf")
    with open(conf, "w", encoding="ascii") as f:
        f.write(RADVD_CONF)
    with Host(tap_host, "--auto", "--tell", static=False) as host:
        ip(f"link set {TAP} up")
        ip(f"addr add 2001:db8:99::1/64 dev {TAP} nodad")
        with program("radvd", "-n", "-C", conf, "-p", os.path.join(folder, "pid"), "-m", "stderr"):
            word, own, router, mtu, dns, search = host.answer().split()
            assert word == "auto" and own.startswith("2001:db8:99:"), own
            assert router.startswith("fe80:") and mtu == "1400", (router, mtu)
            assert dns == "2001:db8:99::53" and search == "lab.example.", (dns, search)
            ping(own)
        assert host.answer() == "gone"


def configured():
    """The kernel has its local route (which comes after the address, and until then it sends on what comes
    to that) and the default route. Looked up, for a monitor that begins late misses the news of it."""
    routes = ip("-6 route show table all")
    return "local 2001:db8:aa:" in routes and "default via fe80:" in routes


def inlet_is_router(tap_host):
    with Host(tap_host, "--advertise", "2001:db8:aa::", static=False):
        sysctl(f"ipv6/conf/{TAP}/accept_ra", 2)
        ip(f"link set {TAP} up")
        wait("address and default route", configured)
        with open(f"/proc/sys/net/ipv6/conf/{TAP}/mtu", encoding="ascii") as f:
            assert f.read().strip() == "1400"
        ping("2001:db8:aa::1")


def main():
    need("ip", "radvd", "ping", "unshare")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        sysctl("ipv6/conf/all/forwarding", 1)
        inlet_is_host(sys.argv[1], folder)
        print("inlet takes what radvd advertises")
        inlet_is_router(sys.argv[1])
        print("the kernel takes what inlet advertises")


main()
