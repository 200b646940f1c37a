#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""DHCP with others: dnsmasq gives addresses to a lab's hosts, one of which does what the router
advertisements of dnsmasq say, and a lab's router gives them to udhcpc and dhclient.

Usage: dhcp.py INLET CASE

Runs in a network namespace of its own. The lab's link has a TAP device there, whose other end is the
kernel's. Everything that crosses it is captured, and tshark must find nothing malformed. Waiting is
for conditions, with a bound. Exit status 77: skipped, with the reason.
"""
import re
import sys

import scene
from scene import BOUND_S, check_output, end, enter_namespace, need, ping, run, skip, sysctl, wait

TAP = "itap0"


class Lab(scene.Lab):
    """A lab with a TAP link, and the kernel on the other end."""

    def __init__(self, inlet, host):
        super().__init__(inlet, f"{host}\n[link net0]\ntap = {TAP}\n")

    def __enter__(self):
        check_output("ip", "link", "set", "lo", "up")
        check_output("ip", "tuntap", "add", TAP, "mode", "tap")
        for name in ("accept_ra", "autoconf"):
            sysctl(f"ipv6/conf/{TAP}/{name}", 0)
        check_output("ip", "link", "set", TAP, "up")
        self.up(TAP)
        # Until duplicate address detection is over, the kernel sends nothing from its address.
        wait("the kernel's link-local address", lambda: "tentative" not in check_output("ip", "-6", "addr", "show", TAP)
             and "fe80::" in check_output("ip", "-6", "addr", "show", TAP))
        return self

    def obtained(self, host, how):
        line = re.search(rf"(?m)^host {host}: .*", self.command("lab", "status"))
        return re.findall(rf"net0 (\S+) by {how}", line[0])

    def judge(self, *words):
        """tshark: these messages came, nothing is malformed, and no DHCP message has a complaint."""
        def seen():  # the file may end within a packet that is being written
            out = run("tshark", "-r", str(self.pcap), "-Y", "dhcp || dhcpv6").stdout
            return all(word in out for word in words)

        wait(f"a capture with {words}", seen)
        capture = self.children[0]
        capture.terminate()
        capture.wait(BOUND_S)
        # The kernel leaves checksums to its device, which is no device: only ours are looked at.
        bad = check_output("tshark", "-r", str(self.pcap), "-o", "udp.check_checksum:TRUE", "-Y",
                           "_ws.malformed || eth.src[0:3] == 02:00:00 && (dhcp || dhcpv6) && "
                           "(_ws.expert.severity >= 6291456 || udp.checksum.status != 1)")
        assert bad == "", bad


def kernel_addresses(lab):
    check_output("ip", "addr", "add", "10.77.0.1/24", "dev", TAP)
    check_output("ip", "-6", "addr", "add", "fd77::1/64", "dev", TAP, "nodad")


def dnsmasq(inlet):
    """Our clients: both families, checked for conflicts, renewed; and a host that follows the router."""
    need("dnsmasq", "dumpcap", "tshark", "ip", "ping")
    with Lab(inlet, "[host a]\nnet0 = dhcp, dhcp6\n[host b]\nnet0 = auto") as lab:
        kernel_addresses(lab)
        lab.start("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--no-ping",
                  f"--interface={TAP}", "--bind-interfaces", f"--dhcp-leasefile={lab.dir}/leases",
                  "--user=root", "--log-dhcp", "--dhcp-range=10.77.0.50,10.77.0.99,2m",
                  "--enable-ra",
                  "--dhcp-range=fd77::100,fd77::1ff,slaac,64,2m", "--dhcp-option=3,10.77.0.1",
                  "--dhcp-option=15,lab.test", "--dhcp-option=121,192.0.2.0/24,10.77.0.1,0.0.0.0/0,10.77.0.1",
                  "--dhcp-option=option6:dns-server,[fd77::1]")
        wait("both addresses", lambda: len(lab.obtained("a", "DHCP")) == 2)
        four, six = sorted(lab.obtained("a", "DHCP"), key=lambda a: ":" in a)
        assert re.fullmatch(r"10\.77\.0\.[5-9]\d/24", four), four
        assert re.fullmatch(r"fd77::1[0-9a-f]{2}/128", six), six
        leases = (lab.dir / "leases").read_text()
        assert four.split("/")[0] in leases and six.split("/")[0] in leases, leases
        ping(four.split("/")[0])
        wait("what the router says", lambda: len(lab.obtained("b", "DHCP")) == 2 and lab.obtained("b", "SLAAC"))
        own, = lab.obtained("b", "SLAAC")
        assert re.fullmatch(r"fd77::(?:[0-9a-f]{1,4}:){3}[0-9a-f]{1,4}/128", own), own
        ping("-6", own.split("/")[0])
        wait("renewals", lambda: lab.log("dnsmasq").count("DHCPACK") > 1 and "DHCPRENEW" in lab.log("dnsmasq"))
        lab.judge("DHCP Discover", "DHCP ACK", "Solicit", "Reply")


ROUTER = """[host router]
net0 = 10.77.0.1/24, fd77::1/64
dhcp-server = 10.77.0.50-10.77.0.99
dhcp-server = fd77::100-fd77::1ff"""


def udhcpc(inlet):
    """Our server, and busybox' client: bound, renewed on demand, released."""
    need("busybox", "dumpcap", "tshark", "ip", "ping")
    if run("busybox", "udhcpc", "--help").returncode not in (0, 1):
        skip("this busybox has no udhcpc")
    with Lab(inlet, ROUTER) as lab:
        script = lab.dir / "script"
        script.write_text(f"#!/bin/sh\n[ \"$1\" != bound ] || ip addr add $ip/$mask dev {TAP}\n"
                          "echo \"$1 $ip/$mask $router $serverid $lease\"\n")
        script.chmod(0o755)
        client = lab.start("busybox", "udhcpc", "-f", "-R", "-i", TAP, "-s", str(script))
        wait("a lease", lambda: "bound" in lab.log("busybox"))
        got = re.search(r"bound (10\.77\.0\.\d+)/24 10\.77\.0\.1 10\.77\.0\.1 3600", lab.log("busybox"))
        assert got, lab.log("busybox")
        ping("10.77.0.1")
        client.send_signal(10)  # SIGUSR1: renew
        wait("a renewal", lambda: "renew " in lab.log("busybox"))
        client.terminate()  # -R: release
        wait("the release", lambda: "sending release" in lab.log("busybox").lower()
             or "unicasting a release" in lab.log("busybox").lower())
        lab.judge("DHCP Discover", "DHCP Offer", "DHCP ACK")


def dhclient(inlet):
    """Our servers of both families, and ISC's client."""
    need("dhclient", "dumpcap", "tshark", "ip", "ping")
    with Lab(inlet, ROUTER) as lab:
        script = lab.dir / "script"
        script.write_text("#!/bin/sh\necho \"$reason $new_ip_address $new_routers $new_ip6_address\" >>"
                          f"{lab.dir}/events\nexit 0\n")
        script.chmod(0o755)
        for family in ("-4", "-6"):
            check_output("dhclient", family, "-1", "-sf", str(script), "-lf", f"{lab.dir}/leases{family}", "-pf",
                         f"{lab.dir}/pid{family}", TAP)
        events = (lab.dir / "events").read_text()
        assert re.search(r"BOUND 10\.77\.0\.\d+ 10\.77\.0\.1", events), events
        assert re.search(r"BOUND6 +fd77::1[0-9a-f]{2}", events), events
        for family in ("-4", "-6"):
            check_output("dhclient", family, "-x", "-sf", str(script), "-lf", f"{lab.dir}/leases{family}", "-pf",
                         f"{lab.dir}/pid{family}", TAP)
        lab.judge("DHCP Offer", "DHCP ACK", "Advertise", "Reply")


if __name__ == "__main__":
    need("unshare")
    enter_namespace(root="DHCP programs want to be root")
    {"dnsmasq": dnsmasq, "udhcpc": udhcpc, "dhclient": dhclient}[sys.argv[2]](sys.argv[1])
