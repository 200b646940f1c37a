#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An inlet host among attackers: the tools of thc-ipv6, and what scapy can build.

Usage: hostile.py TAP_HOST [ATTACK...]

Three parts on one bridge: inlet, by its TAP device; the kernel (PEER), which is an honest peer and, by
radvd, the router; and the attacker, in a namespace of its own (10.9.0.66, fd09::66). These two are
isolated: they see inlet, and not each other. For the kernel's neighbours are in one table of 1,024
for all namespaces: would it hear the floods, it would drop packets of every test beside this one. Over one
connection of each family the kernel sends and gets back random bytes, compared, all the time. An
attack is over after a budget of frames or by itself. After each:

- the connections still carry every byte;
- inl_check() finds nothing broken, and the memory that the stack ever held stays below MEM_CAP;
- addresses, routers and what is known of the kernel as a neighbour are as before;
- the reasons for which inlet has dropped packets are those of the table.

A few attacks are believed, since the RFCs have them believed: these wait until the truth is back.
At the end tshark looks at all that inlet sent. Exit status 77: skipped, with the reason.
"""
import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import time

from scene import (BOUND_S, INLET4, INLET6, KERNEL4, KERNEL6, TAP, Host, attempt, check_output, device_up, end,
                   enter_namespace, host_ended_well, ip, need, next_line, program, run, sent_well, skip, sysctl, wait)

MEM_CAP = 24 << 20  # 4 MiB of fragments, 1,024 half-open connections, the transfers' own buffers, ...
BATCH = 4096  # bytes that are sent at once
SYSTEM_PYTHON = "/usr/bin/python3"  # scapy is a package of the system
PEER = "peer"  # what the kernel has its addresses on
PREFIX = "2001:db8:99::"
RADVD_CONF = f"""
interface {PEER} {{
    AdvSendAdvert on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    AdvDefaultLifetime 600;
    AdvRetransTimer 200;
    prefix {PREFIX}/64 {{ AdvOnLink on; AdvAutonomous on; }};
}};
"""


def attach(port):
    """To the bridge: the port and inlet hear each other."""
    ip(f"link set {port} master br0")
    check_output("bridge", "link", "set", "dev", port, "isolated", "on")
    ip(f"link set {port} up")


class Attacker:
    """A namespace with one device, and what runs in it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo up; read line"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        next_line(self.holder, "attacker's namespace")
        ip(f"link add cable type veth peer name vb netns {self.holder.pid}")
        attach("cable")
        for line in ("link set lo up", "addr add 10.9.0.66/24 dev vb", "-6 addr add fd09::66/64 dev vb nodad",
                     "link set vb up"):
            check_output(*self.inside("ip", *line.split()))

    def inside(self, *argv):
        return ("nsenter", "-t", str(self.holder.pid), "-n", *argv)

    def frames(self):
        """How many have left."""
        with open(f"/proc/{self.holder.pid}/net/dev", encoding="ascii") as f:
            return next(int(line.split(":")[1].split()[9]) for line in f if line.strip().startswith("vb:"))

    def listeners(self):
        """How many look at what comes by: packet sockets, below one line of titles."""
        with open(f"/proc/{self.holder.pid}/net/packet", encoding="ascii") as f:
            return len(f.readlines()) - 1

    @contextlib.contextmanager
    def listening(self, *argv):
        """A program that answers what it sees; the block begins when it looks."""
        before = self.listeners()
        with program(*self.inside(*argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            wait(argv[0], lambda: self.listeners() > before)
            yield

    def has_address(self):
        return "tentative" not in check_output(*self.inside("ip", "-6", "addr", "show", "dev", "vb"))


class Victim:
    """Two connections of the kernel to inlet's echo server."""

    def __init__(self):
        self.socks = [socket.create_connection((addr, 7), timeout=BOUND_S) for addr in (INLET4, INLET6)]
        self.ports = [str(s.getsockname()[1]) for s in self.socks]
        self.data = os.urandom(BATCH)
        self.left = {s: b"" for s in self.socks}  # what is still to come back

    def exchange(self, patience_s=BOUND_S):
        """Sends on each connection where nothing is under way, and waits for an answer, so long. Returns
        whether all that was sent is back."""
        for s in self.socks:
            if not self.left[s]:
                s.sendall(self.data)
                self.left[s] = self.data
        end = time.monotonic() + patience_s
        while any(self.left.values()):
            ready = select.select([s for s in self.socks if self.left[s]], [], [], max(0, end - time.monotonic()))[0]
            if not ready:
                return False
            for s in ready:
                piece = s.recv(65536)
                assert piece, "a connection has ended"
                assert self.left[s].startswith(piece), "other bytes came back"
                self.left[s] = self.left[s][len(piece):]
        return True

    def rest(self):
        """All comes back that is under way, and what is sent then."""
        for _ in range(2):
            assert self.exchange(), "a connection stands still"

    def close(self):
        for s in self.socks:
            s.shutdown(socket.SHUT_WR)
            assert s.recv(10) == b"", "more came than was sent"
            s.close()


class Scene:
    def __init__(self, host, attacker, scapy):
        self.host, self.attacker, self.scapy = host, attacker, scapy
        self.victim = Victim()
        self.before = self.host.state()

    def by_scapy(self, name, *args):
        self.scapy.stdin.write(" ".join((name, *args)) + "\n")
        self.victim.exchange(0.01)
        said = next_line(self.scapy, name).split()
        assert said[0] == name and int(said[1]) > 0, said

    def by_program(self, frames, *commands):
        """All at once, until they end, or have sent so many."""
        begin = self.attacker.frames()
        children = [subprocess.Popen(self.attacker.inside(*f"atk6-{command}".split()), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
        try:
            while any(c.poll() is None for c in children) and self.attacker.frames() - begin < frames:
                self.victim.exchange(0.01)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    children[-1].wait(0.01)  # as much traffic as is needed, not as there can be
        finally:
            for child in children:
                end(child)
        assert self.attacker.frames() > begin, "it has sent nothing"

    def judge(self, reasons):
        self.victim.rest()
        before, now = self.before, self.host.state()
        self.before = now
        assert not now["broken"], now["broken"]
        assert now["peak"] < MEM_CAP, f"{now['peak']} bytes were in use"
        assert now["neighbour_count"] <= 1024, now["neighbour_count"]
        assert now["established"] == 2, f"{now['established']} connections"
        for what, most in (("addresses", 24), ("routers", 8)):  # more may have come: RAs are believed
            assert set(before[what]) <= set(now[what]), f"{what}: {before[what]} became {now[what]}"
            assert len(now[what]) <= most, f"{len(now[what])} {what}"
        for addr in (KERNEL4, KERNEL6):
            assert now["neighbours"][addr] == before["neighbours"][addr], now["neighbours"][addr]
        dropped = {why: n - before["drops"].get(why, 0) for why, n in now["drops"].items()
                   if n > before["drops"].get(why, 0)}
        if os.environ.get("SHOW"):
            print(f"{dropped}, {now['neighbour_count']} neighbours, {now['mem']} bytes", flush=True)
        missing = set(reasons.split()) - dropped.keys()
        assert not missing, f"not dropped: {missing}, but {dropped}"


# name, arguments ({4}, {6}: ports of the victim's connections), reasons for which frames are dropped
BY_SCAPY = [
    ("overlaps", "frag-overlap"),
    ("teardrop", "frag-overlap"),
    ("ping_of_death", "bad-length"),
    ("tiny_fragments", "frag-tiny"),
    ("fragment_flood", "frag-limit"),
    ("land", "martian"),
    ("martians", "martian bad-source"),
    ("smurf", "broadcast"),
    ("arp_claims_us", "addr-conflict"),
    ("arp_junk", "truncated bad-source"),
    ("neighbours_by_thousands", ""),
    ("nd_from_afar", "bad-hop-limit"),
    ("nd_options", "bad-option"),
    ("advertisements_that_lie", "bad-source"),
    ("redirects", "icmp-redirect"),
    ("blind_errors {4} {6}", "icmp-no-match"),
    ("errors_about_nothing", "icmp-no-match truncated"),
    ("source_routes", "source-routed"),
    ("ip_options", "bad-option"),
    ("extension_headers", "bad-ext-header unknown-protocol"),
    ("lengths", "truncated bad-length bad-version unknown-ethertype"),
    ("flag_grid {4} {6}", "tcp-bad-flags tcp-ack-unsent tcp-bad-syn tcp-bad-rst"),
    ("syn_flood", ""),
    ("tcp_options", ""),
    ("bad_sums", "bad-checksum"),
    ("closed_ports", "rate-limited"),
    ("group_junk", ""),
    ("dhcp_junk", "no-socket"),
]

# frames, command, reasons
BY_PROGRAM = [
    (1500, "flood_router26 vb", "ra-limit"),
    (1500, "flood_router6 vb", "ra-limit"),
    (3000, "flood_advertise6 vb fd09::2", "neigh-unasked"),
    (3000, "flood_solicitate6 vb fd09::2", ""),
    (3000, "flood_rs6 vb fd09::2", ""),
    (3000, "flood_redir6 vb", "icmp-redirect"),
    (3000, "flood_unreach6 vb fd09::2", "icmp-no-match"),
    (3000, "flood_mld6 vb", ""),
    (3000, "flood_mld26 vb", ""),
    (3000, "flood_mldrouter6 vb", ""),
    (3000, "smurf6 vb fd09::2", "martian"),
    (3000, "rsmurf6 vb fd09::2", "bad-source"),
    (3000, "thcsyn6 -r vb fd09::2 7", ""),
    (3000, "thcsyn6 -A -r vb fd09::2 7", ""),
    (9, "toobig6 -u vb fd09::2 fd09::1 1280", "icmp-no-match"),
    (9, "toobig6 vb fd09::2 fd09::1 1280", ""),
    (2, "redir6 vb fd09::2 fd77::1 fe80::1 fe80::66", ""),
    (1, "fake_mld6 vb query", ""),
    (2500, " & ".join(f"denial6 vb fd09::2 {n}" for n in range(1, 8)), "bad-ext-header"),
    (1000, "exploit6 vb fd09::2", "frag-overlap bad-ext-header"),
    (3000, "ndpexhaust26 -r vb fd09::/64", ""),
    (600, "fuzz_ip6 -a -1 vb fd09::2", "truncated"),
    (600, "fuzz_ip6 -a -F -1 vb fd09::2", "unknown-protocol"),
    (600, "fuzz_ip6 -a -I -1 vb fd09::2", "bad-checksum"),
    (600, "fuzz_ip6 -a -2 vb fd09::2", "truncated"),
    (600, "fuzz_ip6 -a -3 vb fd09::2", "truncated"),
    (600, "fuzz_ip6 -a -4 vb fd09::2", "bad-length"),
]


def attacks(scene, wanted):
    failed = 0
    for name, reasons in BY_SCAPY:
        def by_scapy(name=name, reasons=reasons):
            words = name.replace("{4}", scene.victim.ports[0]).replace("{6}", scene.victim.ports[1]).split()
            scene.by_scapy(*words)
            scene.judge(reasons)
        if not wanted or name.split()[0] in wanted:
            failed += attempt(name.split()[0], by_scapy)
    for frames, command, reasons in BY_PROGRAM:
        def by_program(frames=frames, command=command, reasons=reasons):
            scene.by_program(frames, *command.split(" & "))
            scene.judge(reasons)
        if not wanted or command.split()[0] in wanted:
            failed += attempt(command, by_program)
    return failed


def lies(scene):
    """Who has the kernel's addresses is believed at once, and asked again when nobody answers there
    (RFC 4861 7.3, and the same for ARP). A router's goodbye holds until it advertises again."""
    before = scene.before
    router = before["routers"][0]
    heard = set()

    def all_heard():
        now = scene.host.state()
        if router not in now["routers"]:
            heard.add("goodbye")
        heard.update(a for a in (KERNEL4, KERNEL6) if now["neighbours"][a] != before["neighbours"][a])
        return len(heard) == 3

    scene.by_scapy("lies")
    with program(*scene.attacker.inside(*f"atk6-fake_advertise6 -n 1 vb {KERNEL6} {INLET6}".split())), \
            program(*scene.attacker.inside("atk6-kill_router6", "vb", router)):
        wait("the lies", all_heard)
    scene.victim.rest()
    wait("the truth", lambda: router in (now := scene.host.state())["routers"] and all(
        now["neighbours"][addr] == before["neighbours"][addr] for addr in (KERNEL4, KERNEL6)))


def parasite(scene):
    """Who answers all questions about neighbours is believed (RFC 4861 7.2.5): a lie about the kernel
    stays, for a probe confirms it, and the connection stands still. When nobody answers any more, all are
    asked, and the truth comes back (RFC 1122 4.2.3.5, RFC 4861 7.3.3, RFC 7048 3)."""
    before = scene.before["neighbours"][KERNEL6]
    with scene.attacker.listening("atk6-parasite6", "vb"):
        told = scene.attacker.frames()
        scene.by_scapy("lie_about_kernel")
        wait("the lie", lambda: scene.host.state()["neighbours"][KERNEL6] != before)
        wait("a probe and its answer", lambda: not scene.victim.exchange(0.01) and
             scene.attacker.frames() >= told + 2)
        assert scene.host.state()["neighbours"][KERNEL6] != before, "it is not believed"
    scene.judge("")


def no_address(tap_host, attacker):
    """atk6-dos-new-ip6 has every address already, it says: none that is asked for is used, and those
    that were given by hand work."""
    with attacker.listening("atk6-dos-new-ip6", "vb"):
        with Host(tap_host, "--auto") as host:
            ip(f"link set {TAP} master br0 up")
            inlet_mac(host)
            wait("objections", lambda: host.state()["drops"].get("addr-conflict", 0) > 0)
            victim = Victim()
            victim.rest()
            victim.close()
            assert host.stop() == 0


def start(tap_host, tmp):
    """The bridge, the kernel on it, its router, inlet, the attacker."""
    with open(f"{tmp}/radvd.conf", "w", encoding="ascii") as f:
        f.write(RADVD_CONF)
    ip("link add br0 type bridge mcast_snooping 0")
    ip(f"link add {PEER} type veth peer name plug")
    # The kernel shall be an honest peer, and no victim; and the bridge no host.
    for name, value in (("all/forwarding", 1), (f"{PEER}/accept_ra", 0), (f"{PEER}/accept_redirects", 0),
                        ("br0/disable_ipv6", 1), ("plug/disable_ipv6", 1)):
        sysctl(f"ipv6/conf/{name}", value)
    for device in ("br0", "plug"):  # else each answers for all addresses of the namespace
        sysctl(f"ipv4/conf/{device}/arp_ignore", 8)
    for table in ("arp", "ip", "ip6"):  # a bridge that filters would keep the worst of the frames
        with contextlib.suppress(FileNotFoundError):
            sysctl(f"bridge/bridge-nf-call-{table}tables", 0)
    ip("link set br0 up")
    attach("plug")
    device_up(PEER)
    host = Host(tap_host, "--auto", "--write-sent", f"{tmp}/sent.pcapng")
    ip(f"link set {TAP} master br0 txqueuelen 20000 up")    # a whole flood, should inlet be held up
    return host


def inlet_mac(host):
    """The bridge and the kernel know inlet for certain: it is inlet that is attacked."""
    for addr in (INLET4, INLET6):  # of a host before
        run("ip", "neigh", "del", addr, "dev", PEER)
    wait("inlet", lambda: run("ping", "-c", "1", "-W", "1", INLET4).returncode == 0)
    mac = next(line.split()[4] for line in ip(f"neigh show {INLET4}").splitlines())
    for addr in (INLET4, INLET6):
        ip(f"neigh replace {addr} lladdr {mac} dev {PEER} nud permanent")
    check_output("bridge", "fdb", "replace", mac, "dev", TAP, "master", "static")
    return mac


def main():
    wanted = sys.argv[2:]
    need("ip", "bridge", "ping", "tshark", "unshare", "nsenter", "radvd", "atk6-denial6")
    if run(SYSTEM_PYTHON, "-c", "import scapy").returncode != 0:
        skip("scapy is not installed")
    enter_namespace(root="attackers make frames of any kind, and want to be root")
    failed = 0
    with tempfile.TemporaryDirectory() as tmp:
        with start(os.path.abspath(sys.argv[1]), tmp) as host, \
                program("radvd", "-n", "-C", f"{tmp}/radvd.conf", "-p", f"{tmp}/pid", "-m", "stderr",
                        stderr=subprocess.DEVNULL):
            mac = inlet_mac(host)
            attacker = Attacker()
            here = os.path.dirname(os.path.abspath(__file__))
            with program(*attacker.inside(SYSTEM_PYTHON, f"{here}/attacker.py", "vb", mac)) as scapy:
                next_line(scapy, "scapy")
                wait("addresses", lambda: attacker.has_address() and any(
                    a.startswith(PREFIX[:-1]) and s == "preferred" for a, s in host.state()["addresses"].items()))
                scene = Scene(host, attacker, scapy)
                failed += attacks(scene, wanted)
                for attack in (parasite, lies):
                    failed += attempt(attack.__name__, attack, scene)
                failed += attempt("connections end well", scene.victim.close)
                failed += attempt("new connections", lambda: Victim().rest())
            failed += attempt("tap_host ends well", host_ended_well, host)
            failed += attempt("no_address", no_address, os.path.abspath(sys.argv[1]), attacker)
            end(attacker.holder)
        failed += attempt("what inlet sent is whole", sent_well, f"{tmp}/sent.pcapng", 10 if wanted else 1000)
    print(f"{failed} failed")
    return 1 if failed else 0


sys.exit(main())
