#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Multicast groups of an inlet host, as a Linux bridge sees them that asks for them and learns.

Usage: groups.py TAP_HOST

In a network namespace, inlet's TAP is a port of a bridge that snoops, and is the querier: of IGMPv3 and
MLDv2, then of IGMPv2 and MLDv1. A group that inlet joins must appear in the bridge's table; deleted
there, it must come back with inlet's answer to the next query; left, it must go, long before it
would by itself. At the end tshark looks at what inlet sent.

Waiting is always for a condition, with a bound. Exit status 77: skipped, with the reason.
"""
import json
import os
import sys
import tempfile

from scene import BAD, KERNEL4, KERNEL6, TAP, Host, attempt, check_output, enter_namespace, host_ended_well, ip, need, run
from scene import skip, tshark, wait

BRIDGE = "inletbr"
GROUPS = {"239.5.5.5": "10.9.0.77", "ff15::5": "fd09::77"}


def table():
    """What the bridge has learnt of inlet's port: group to entry."""
    shown = json.loads(check_output("bridge", "-j", "-d", "mdb", "show", "dev", BRIDGE))
    return {e["grp"]: e for part in shown for e in part.get("mdb", []) if e["port"] == TAP}


def sources(group):
    return {s["address"] for s in table().get(group, {}).get("source_list", [])}


def comes_and_goes(host, group):
    assert group not in table()
    assert host.ask(f"join {group}") == "join 0"
    wait(f"{group} in the table", lambda: group in table())
    for _ in range(2):  # one report may be the join, told again: not the second one
        check_output("bridge", "mdb", "del", "dev", BRIDGE, "port", TAP, "grp", group)
        wait(f"an answer about {group}", lambda: group in table())
    assert host.ask(f"leave {group}") == "leave 0"
    wait(f"{group} to go", lambda: group not in table())


def filtered(host, group, sender):
    assert host.ask(f"join {group} {sender}") == "join 0"
    wait(f"{sender} in the table", lambda: sender in sources(group))
    assert table()[group].get("filter_mode") == "include", table()
    assert host.ask(f"leave {group}") == "leave 0"
    wait(f"{group} to go", lambda: group not in table())


def versions(tap_host, folder, igmp, mld):
    capture = os.path.join(folder, f"v{igmp}.pcapng")
    made = run("ip", "link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "1", "mcast_querier", "1",
               "mcast_igmp_version", str(igmp), "mcast_mld_version", str(mld), "mcast_query_interval", "200",
               "mcast_startup_query_interval", "100", "mcast_query_response_interval", "100")
    if made.returncode != 0:
        skip(f"no bridge that snoops: {made.stderr.strip()}")
    host = Host(tap_host, "--write", capture)
    faults = 0
    try:
        for line in (f"link set {TAP} master {BRIDGE}", f"link set {TAP} up", f"addr add {KERNEL4}/24 dev {BRIDGE}",
                     f"-6 addr add {KERNEL6}/64 dev {BRIDGE} nodad", f"link set {BRIDGE} up"):
            ip(line)
        for group, sender in GROUPS.items():
            faults += attempt(f"IGMPv{igmp}, MLDv{mld}: {group}", comes_and_goes, host, group)
            if igmp == 3:
                faults += attempt(f"from {sender} only", filtered, host, group, sender)
        faults += attempt("ends well", host_ended_well, host)
    finally:
        if host.child.poll() is None:
            host.stop()
        ip(f"link del {BRIDGE}")
    faults += attempt("nothing is malformed", well_formed, capture, igmp)
    return faults


def well_formed(capture, igmp):
    bad = tshark(capture, "-Y", BAD)
    assert not bad, bad
    spoken = tshark(capture, "-Y", f"igmp.version == {igmp} && ip.src == 10.9.0.2")
    assert spoken, "inlet has not spoken that version"


def main():
    need("ip", "bridge", "tshark", "unshare")
    enter_namespace()
    with tempfile.TemporaryDirectory() as folder:
        faults = versions(sys.argv[1], folder, 3, 2) + versions(sys.argv[1], folder, 2, 1)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
