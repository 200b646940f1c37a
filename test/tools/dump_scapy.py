#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""dump_scapy - captures of every protocol that `inlet dump` knows, made with scapy

usage: dump_scapy.py FOLDER

Writes FOLDER/KIND.pcap for each kind below. Packets are as scapy builds them, with fields, options and
types that dump_frames does not make; what is malformed here has a length or a count that lies.
"""

import pathlib
import sys
import warnings

warnings.simplefilter("ignore")

from scapy.all import (  # noqa: E402
    ARP, BOOTP, CookedLinux, DHCP, DHCP6_Advertise, DHCP6_Confirm, DHCP6_Decline, DHCP6_InfoRequest, DHCP6_Rebind, DHCP6_RelayForward,
    DHCP6_RelayReply, DHCP6_Release, DHCP6_Renew, DHCP6_Reply, DHCP6_Request, DHCP6_Solicit, DHCP6OptAuth, DHCP6OptClientFQDN, DHCP6OptClientId,
    DHCP6OptDNSDomains, DHCP6OptDNSServers, DHCP6OptElapsedTime, DHCP6OptIA_NA, DHCP6OptIA_PD, DHCP6OptIA_TA, DHCP6OptIAAddress, DHCP6OptIAPrefix,
    DHCP6OptIfaceId, DHCP6OptInfoRefreshTime, DHCP6OptOptReq, DHCP6OptPref, DHCP6OptRapidCommit, DHCP6OptReconfAccept, DHCP6OptReconfMsg,
    DHCP6OptRelayMsg, DHCP6OptRemoteID, DHCP6OptServerId, DHCP6OptServerUnicast, DHCP6OptSIPDomains, DHCP6OptSIPServers, DHCP6OptSNTPServers,
    DHCP6OptStatusCode, DHCP6OptSubscriberID, DHCP6OptUserClass, DHCP6OptVendorClass, DHCP6OptVendorSpecificInfo, DNS, DNSQR, DNSRR, DNSRRMX,
    DNSRROPT, DNSRRSOA, DNSRRSRV, DNSRRDS, DNSRRDNSKEY, DNSRRNSEC, DNSRRRSIG, Dot1AD, Dot1Q, DUID_EN, DUID_LL, DUID_LLT, DUID_UUID, EDNS0TLV, Ether,
    HAO, HBHOptUnknown, ICMP, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLDone, ICMPv6MLQuery, ICMPv6MLQuery2, ICMPv6MLReport,
    ICMPv6MLReport2, ICMPv6MLDMultAddrRec, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6NDOptDNSSL,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, ICMPv6NDOptRedirectedHdr, ICMPv6NDOptRouteInfo,
    ICMPv6NDOptSrcLLAddr, ICMPv6NDOptUnknown, ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IP, IPOption, IPOption_LSRR, IPOption_NOP,
    IPOption_RR, IPOption_Router_Alert, IPOption_Security, IPOption_SSRR, IPOption_Stream_Id, IPOption_Timestamp, IPOption_Traceroute, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting, Jumbo, Pad1, PadN, Raw, RouterAlert, TCP,
    UDP, wrpcap)
from scapy.contrib.igmp import IGMP  # noqa: E402
from scapy.contrib.igmpv3 import IGMPv3, IGMPv3gr, IGMPv3mq, IGMPv3mr  # noqa: E402

A, B, A6, B6 = "192.0.2.1", "198.51.100.7", "2001:db8::1", "2001:db8:0:1::abcd"
E = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
L = E / IP(src=A, dst=B, id=4711)
L6 = E / IPv6(src=A6, dst=B6)


def ethernet():
    inner = IP(src=A, dst=B, id=1) / UDP(sport=4000, dport=5000) / b"hello"
    return [E / inner, E / Dot1Q(vlan=5, prio=3) / inner, E / Dot1AD(vlan=100, id=1) / Dot1Q(vlan=7) / inner, E / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / inner,
            Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / inner, Ether(src="02:00:00:00:00:01", dst="01:00:5e:00:00:01") / inner,
            E / Dot1Q(vlan=5, type=0x88b5) / b"what is this", Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x88b6) / b"or this",
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x86dd) / inner, Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x800) / IPv6(src=A6, dst=B6) / UDP()]


def arp():
    def one(op, **more):
        return E / ARP(op=op, **{"hwsrc": "02:00:00:00:00:01", "psrc": A, "hwdst": "00:00:00:00:00:00", "pdst": B, **more})
    return [*(one(op) for op in range(0, 12)), one(1, hwdst="02:00:00:00:00:02"), one(1, pdst=A), one(2, hwlen=4), one(1, plen=16), one(1, ptype=0x86dd), one(1, hwtype=6), one(2, hwtype=77),
            one(1, hwlen=255), one(1, plen=0), one(1, hwlen=0), E / Dot1Q(vlan=9) / ARP(op=1, psrc=A, pdst=B), Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x8035) / ARP(op=3), one(1) / (b"\0" * 18)]


def ip4():
    def one(*options, payload=UDP(sport=4000, dport=5000) / b"data", **more):
        return E / IP(src=A, dst=B, id=4711, options=list(options), **more) / payload
    routers = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    made = [one(IPOption_RR(pointer=p, routers=routers)) for p in (4, 8, 12, 16, 5, 0, 255)]
    made += [one(IPOption_LSRR(pointer=p, routers=routers)) for p in (4, 8, 16)] + [one(IPOption_SSRR(pointer=4, routers=routers[:1]))]
    made += [one(IPOption_Timestamp(flg=f, pointer=p, oflw=o, **({"internet_address": A} if f in (1, 3) else {}), timestamp=1234)) for f in (0, 1, 3) for p, o in ((5, 0), (9, 2), (13, 15), (1, 0))]
    made += [one(IPOption_Router_Alert()), one(IPOption_Router_Alert(alert=7)), one(IPOption_Security()), one(IPOption_Stream_Id()), one(IPOption_Traceroute()), one(IPOption_NOP(), IPOption_NOP(), IPOption_RR(routers=routers))]
    made += [E / IP(src=A, dst=B, ihl=6, proto=17) / x / UDP(sport=1, dport=2) for x in (b"\x88\x04ab", b"\x07\x02\0\0", b"\x44\x03\x05\0", b"\x83\x28ab", b"\x07\x00ab", b"\x07\x01ab", b"\x94\x03ab", b"\1\1\1\x07", b"\0abc")]
    made += [one(flags=f, frag=o) for f in ("", "DF", "MF", "MF+DF", "evil", "evil+MF+DF") for o in (0, 1, 8191)]
    made += [one(tos=t, ttl=l) for t, l in ((0, 0), (1, 1), (2, 2), (3, 255), (0x10, 64), (0xfc, 64), (255, 1))]
    made += [one(len=n) for n in (0, 19, 20, 27, 28, 31, 33, 65535)] + [one(ihl=n) for n in (0, 4, 6, 15)] + [one(version=n) for n in (0, 5, 6, 15)] + [one(chksum=n) for n in (0, 0xffff)]
    made += [E / IP(src=A, dst=B, proto=n) / b"payload" for n in (0, 3, 8, 61, 99, 200, 253, 254, 255)]
    made += [E / IP(src=A, dst=B) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=1, dport=2), E / IP(src=A, dst=B) / IPv6(src=A6, dst=B6) / TCP(sport=1, dport=2),
             E / IP(src=A, dst=B) / IP(src=A, dst=B) / IP(src=A, dst=B) / IP(src=A, dst=B) / UDP(), L / UDP(len=7), L / UDP(len=0), L / UDP(len=100) / b"x", L / UDP(chksum=0) / b"x", L / UDP(chksum=1) / b"x"]
    return made


def ip6():
    u = UDP(sport=4000, dport=5000) / b"data"
    hop, dst = IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt
    made = [L6 / hop(options=[o]) / u for o in (RouterAlert(), RouterAlert(value=1), Jumbo(jumboplen=70000), Pad1(), PadN(optdata=b"\0\0"), HAO(hoa=A6), HBHOptUnknown(otype=0x3e, optdata=b"abc"), HBHOptUnknown(otype=0x63, optdata=b""))]
    made += [L6 / dst(options=[o]) / u for o in (HAO(hoa=A6), PadN(optdata=b"\0" * 4), HBHOptUnknown(otype=0xc3, optdata=b"x" * 20))] + [L6 / hop() / dst() / IPv6ExtHdrRouting(addresses=[B6]) / dst() / u]
    made += [L6 / IPv6ExtHdrRouting(type=t, addresses=[A6, B6][:n], segleft=s) / u for t in (0, 2, 3, 253) for n in (0, 1, 2) for s in (0, 1)] + [L6 / IPv6ExtHdrSegmentRouting(addresses=[A6, B6, A6], lastentry=2) / u]
    made += [L6 / IPv6ExtHdrSegmentRouting(addresses=[B6], tag=7, lastentry=n) / u for n in (0, 1, 255)]
    made += [L6 / IPv6ExtHdrFragment(offset=o, m=m, id=i) / u for o, m, i in ((0, 0, 0), (0, 1, 77), (1, 1, 0xffffffff), (8191, 0, 5))] + [L6 / hop() / IPv6ExtHdrFragment(m=1) / dst() / TCP()]
    made += [L6 / hop(len=n, options=[PadN(optdata=b"\0" * 4)]) / u for n in (1, 2, 255)] + [L6 / dst(options=[HBHOptUnknown(otype=5, optlen=200, optdata=b"ab")]) / u, L6 / dst(options=[HBHOptUnknown(otype=1, optlen=255, optdata=b"")]) / u]
    made += [E / IPv6(src=A6, dst=B6, plen=n) / u for n in (0, 1, 7, 8, 11, 13, 65535)] + [E / IPv6(src=A6, dst=B6, version=n) / u for n in (0, 4, 7)] + [E / IPv6(src=A6, dst=B6, tc=t, fl=f, hlim=h) / u for t, f, h in ((0, 1, 0), (255, 0xfffff, 255), (0xb8, 0, 1))]
    made += [E / IPv6(src=A6, dst=B6, nh=n) / b"payload" for n in (1, 3, 59, 61, 99, 200, 253)] + [L6 / IPv6(src=A6, dst=B6) / u, L6 / IP(src=A, dst=B) / u, L6 / dst() / IPv6(src=A6, dst=B6) / hop() / u, E / IPv6(src=A6, dst=B6, nh=6) / (b"\0" * 7)]
    return made + [E / IPv6(src=s, dst=d) / u for s, d in (("::", "::1"), ("::ffff:1.2.3.4", "64:ff9b::1"), ("fe80::1", "ff02::1"), ("2001:db8:0:0:1::", "1::"), ("::1:2", "::5:0:0:1"))]


def icmp():
    quote = IP(src=A, dst=B, id=9) / UDP(sport=5, dport=6) / b"quoted"
    made = [L / ICMP(type=3, code=c) / quote for c in range(0, 18)] + [L / ICMP(type=3, code=3) / q for q in (IP(src=A, dst=B) / TCP(dport=80), IP(src=A, dst=B, proto=99) / b"12345678", IP(src=A, dst=B, options=[IPOption_NOP()] * 4) / UDP(dport=7), b"short")]
    made += [L / ICMP(type=3, code=4, nexthopmtu=n) / quote for n in (0, 576)] + [L / ICMP(type=5, code=c, gw="10.0.0.1") / quote for c in range(0, 6)] + [L / ICMP(type=11, code=c) / quote for c in (0, 1, 2)]
    made += [L / ICMP(type=12, code=c, ptr=20) / quote for c in (0, 1, 2)] + [L / ICMP(type=4) / quote] + [L / ICMP(type=t, id=7, seq=8) / b"payload" for t in (0, 8)] + [L / ICMP(type=t, id=1, seq=2, ts_ori=1, ts_rx=86399999, ts_tx=0xffffffff) for t in (13, 14)]
    made += [L / ICMP(type=t, addr_mask="255.255.255.0") for t in (17, 18)] + [L / ICMP(type=t) for t in (1, 2, 6, 7, 10, 15, 16, 19, 30, 31, 37, 39, 42, 43, 200, 255)]
    made += [L / Raw(b"\x09\0\0\0" + bytes([n, s]) + life.to_bytes(2, "big") + bytes([10, 0, 0, 1, 0, 0, 0, 9]) * 2) for n, s, life in ((2, 2, 1800), (2, 2, 30), (1, 2, 65535), (3, 2, 100), (2, 3, 60), (0, 2, 0))]
    for p in made[-6:]:
        p[IP].proto = 1
    return made + [L / ICMP(type=8, chksum=n) for n in (0, 1)]


def icmp6():
    quote = IPv6(src=A6, dst=B6) / UDP(sport=5, dport=6) / b"quoted"
    made = [L6 / ICMPv6DestUnreach(code=c) / quote for c in range(0, 9)] + [L6 / ICMPv6DestUnreach(code=4) / q for q in (IPv6(src=A6, dst=B6) / TCP(dport=80), IPv6(src=A6, dst=B6) / IPv6ExtHdrFragment(offset=5) / b"12345678", IPv6(src=A6, dst=B6) / IPv6ExtHdrDestOpt() / UDP(), b"short")]
    made += [L6 / ICMPv6PacketTooBig(mtu=1280) / quote] + [L6 / ICMPv6TimeExceeded(code=c) / quote for c in (0, 1, 2)] + [L6 / ICMPv6ParamProblem(code=c, ptr=40) / quote for c in (0, 1, 2, 3, 4)] + [L6 / t(id=1, seq=2, data=b"payload") for t in (ICMPv6EchoRequest, ICMPv6EchoReply)]
    return made + [L6 / ICMPv6EchoRequest(cksum=1), L6 / ICMPv6EchoRequest(type=200)] + [E / IPv6(src=A6, dst=B6, nh=58) / (bytes([t, 0, 0, 0]) + bytes(12)) for t in (0, 5, 100, 127, 138, 141, 142, 148, 149, 150, 151, 153, 155, 157, 160, 254, 255)]


def nd():
    mac = "02:00:00:00:00:01"
    options = [ICMPv6NDOptSrcLLAddr(lladdr=mac), ICMPv6NDOptDstLLAddr(lladdr=mac), ICMPv6NDOptMTU(mtu=1500), ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64), ICMPv6NDOptPrefixInfo(prefix="fd00::", prefixlen=48, validlifetime=0xffffffff, preferredlifetime=3600, L=0, A=0, R=1),
               ICMPv6NDOptRDNSS(dns=[A6, B6], lifetime=600), ICMPv6NDOptDNSSL(searchlist=["example.com", "a.b.c.example"], lifetime=60), ICMPv6NDOptRouteInfo(prefix="2001:db8:5::", plen=48, prf=1, rtlifetime=900), ICMPv6NDOptRouteInfo(prefix="::", plen=0, len=1),
               ICMPv6NDOptUnknown(type=99, len=1, data=b"abcdef"), ICMPv6NDOptUnknown(type=14, len=2, data=b"nonce123456789"), ICMPv6NDOptUnknown(type=5, len=2, data=b"x" * 14), ICMPv6NDOptUnknown(type=1, len=0, data=b""), ICMPv6NDOptUnknown(type=2, len=9, data=b"abcdef"), ICMPv6NDOptUnknown(type=25, len=2, data=b"x" * 14),
               ICMPv6NDOptUnknown(type=7, len=1, data=b"\0\0\0\0\x27\x10"), ICMPv6NDOptUnknown(type=8, len=1, data=b"\0\0\0\7\0\x3c"), ICMPv6NDOptUnknown(type=3, len=1, data=b"abcdef"), ICMPv6NDOptUnknown(type=24, len=4, data=b"\x40\0\0\0\0\1" + b"z" * 24), ICMPv6NDOptUnknown(type=31, len=2, data=b"\0\0\0\0\0\1\3abcdefg"), ICMPv6NDOptUnknown(type=1, len=2, data=b"x" * 14)]
    made = [L6 / ICMPv6ND_RA(M=m, O=o, H=h, prf=p, routerlifetime=t) for m, o, h, p, t in ((0, 0, 0, 0, 0), (1, 1, 1, 1, 9000), (0, 1, 0, 2, 1800), (1, 0, 0, 3, 65535))]
    made += [L6 / ICMPv6ND_RA() / o for o in options] + [L6 / ICMPv6ND_NS(tgt=B6) / o for o in options[:4]] + [L6 / ICMPv6ND_RA() / options[0] / options[2] / options[3] / options[5], L6 / ICMPv6ND_RS(), L6 / ICMPv6ND_RS() / options[0], L6 / ICMPv6ND_RS() / options[12]]
    made += [L6 / ICMPv6ND_NA(tgt=B6, R=r, S=s, O=o) / options[1] for r, s, o in ((0, 0, 0), (1, 1, 1), (1, 0, 1))] + [L6 / ICMPv6ND_Redirect(tgt=A6, dst=B6), L6 / ICMPv6ND_Redirect(tgt=A6, dst=B6) / options[1], L6 / ICMPv6ND_NS(tgt="ff02::1"), L6 / ICMPv6ND_NS(tgt=B6, code=9)]
    return made


def mld():
    record = ICMPv6MLDMultAddrRec
    hop = E / IPv6(src="fe80::1", dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert()])
    made = [hop / t(mladdr="ff02::1:3", mrd=d) for t in (ICMPv6MLQuery, ICMPv6MLReport, ICMPv6MLDone) for d in (0, 10000)]
    made += [hop / ICMPv6MLQuery2(mladdr=g, sources=s, mrd=d, S=f, QRV=v, QQIC=q) for g, s, d, f, v, q in (("::", [], 10000, 0, 2, 125), ("ff05::2", [A6, B6], 40000, 1, 7, 200), ("ff05::2", [A6], 32767, 0, 0, 127), ("ff05::2", [], 65535, 0, 1, 128))]
    made += [hop / ICMPv6MLReport2(records=[record(rtype=t, dst="ff05::2", sources=s)]) for t in range(0, 9) for s in ([], [A6, B6])] + [hop / ICMPv6MLReport2(records=[record(dst="ff05::2"), record(rtype=6, dst="ff05::3", sources=[A6])]), hop / ICMPv6MLReport2(records=[], records_number=3)]
    return made + [hop / ICMPv6MLQuery2(mladdr="ff05::2", sources=[A6], sources_number=200), hop / ICMPv6MLReport2(records=[record(dst="ff05::2", sources_number=9)]), hop / ICMPv6MLReport2(records=[record(dst="ff05::2", auxdata_len=3, auxdata=b"x" * 12)])]


def igmp():
    head = E / IP(src=A, dst="224.0.0.22", ttl=1, tos=0xc0, options=[IPOption_Router_Alert()])
    made = [head / IGMP(type=t, mrcode=m, gaddr=g) for t in (0x11, 0x12, 0x16, 0x17, 0x13, 0x14, 0x1e, 0x1f, 0x40, 0) for m, g in ((0, "0.0.0.0"), (20, "224.1.2.3"), (200, "239.1.1.1"))]
    made += [head / IGMPv3(type=0x11, mrcode=m) / IGMPv3mq(gaddr=g, srcaddrs=s, qrv=v, qqic=q, s=f) for m, g, s, v, q, f in ((100, "0.0.0.0", [], 2, 125, 0), (127, "224.1.2.3", [A, B], 7, 200, 1), (128, "224.1.2.3", [A], 0, 127, 0), (255, "224.1.2.3", [], 0, 255, 0))]
    made += [head / IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(rtype=t, maddr="224.1.2.3", srcaddrs=s)]) for t in range(0, 9) for s in ([], [A, B])] + [head / IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(maddr="224.1.2.3"), IGMPv3gr(rtype=4, maddr="224.1.2.4", srcaddrs=[A])])]
    return made + [head / IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(maddr="224.1.2.3")], numgrp=9), head / IGMPv3(type=0x22) / IGMPv3mr(records=[IGMPv3gr(maddr="224.1.2.3", numsrc=99)]), head / IGMPv3(type=0x11, mrcode=1) / IGMPv3mq(gaddr="224.1.2.3", numsrc=77), head / IGMP(chksum=1)]


def tcp():
    def one(*options, layer=L, load=b"", **more):
        return layer / TCP(**{"sport": 40000, "dport": 5001, "seq": 1000, "options": list(options), **more}) / load
    every = [("MSS", 1460), ("WScale", 7), ("SAckOK", b""), ("SAck", (1, 2)), ("SAck", (1, 2, 3, 4)), ("SAck", (1, 2, 3, 4, 5, 6)), ("Timestamp", (123, 456)), ("NOP", None), ("EOL", None), ("UTO", 300), ("TFO", (0x01020304, 0x05060708)), ("Mood", b":)"), ("AltChkSum", (1, 2)), ("MD5", b"\1" * 16),
             (29, b"\1\2" + b"m" * 12), (30, b"\0\1key45678"), (30, b"\x20abcdef"), (34, b""), (34, b"cookie"), (34, b"odd"), (253, b"\xf9\x89cookie"), (254, b"\x12\x34ab"), (254, b"\xf9\x89"), (254, b"a"), (6, b"echo"), (7, b"echo"), (11, b"\0\0\0\1"), (12, b"\0\0\0\2"), (13, b"\0\0\0\3"), (20, b"\1\2"), (99, b"xyz"), (69, b""), (172, b"ab")]
    if hasattr(TCP, "__doc__"):
        every = [o for o in every if o[0] not in ("MD5",)]
    made = [one(o) for o in every] + [one(o, flags="A", ack=7) for o in every[:8]] + [one(("MSS", 1460), ("SAckOK", b""), ("Timestamp", (9, 0)), ("NOP", None), ("WScale", 14)), one(("NOP", None), ("NOP", None), ("Timestamp", (1, 2)), flags="A", ack=1)]
    made += [one(flags=f, load=x) for f in ("", "S", "SA", "A", "PA", "FA", "F", "R", "RA", "U", "PAU", "E", "C", "SEC", "FSRPAUEC", "N") for x in (b"", b"data")] + [one(dataofs=n) for n in (0, 4, 6, 15)] + [one(chksum=n, load=b"x") for n in (0, 1)] + [one(urgptr=9, flags="AU", load=b"0123456789")]
    made += [one((k, b"ab")) for k in (2, 3, 4, 5, 8, 28, 19)] + [E / IP(src=A, dst=B, proto=6) / (bytes.fromhex("9c40138900000001000000005 00200000000 0000".replace(" ", ""))[:12] + bytes([0x60, 2]) + bytes(6) + o) for o in (b"\2\0\0\0", b"\2\1\0\0", b"\2\5\0\0", b"\5\12ab", b"\0\0\0\0", b"\1\1\1\2", b"\xfe\2\0\0", b"\x1d\2\0\0", b"\x1d\3\1\0", b"\3\3", b"\x22\2\0\0")]
    made += [one(layer=L6, flags="S"), one(layer=L6, flags="PA", load=b"abc", ack=5), one(sport=53, dport=999, flags="PA", load=b"\0\x0c" + bytes(12)), one(sport=999, dport=53, flags="PA", load=b"\0\x1c" + bytes(12)), one(flags="R", load=b"closed by \x1b[31m policy"), one(sport=0, dport=65535)]
    talk = [("S", 100, 0, b""), ("SA", 900, 101, b""), ("A", 101, 901, b""), ("PA", 101, 901, b"hello"), ("A", 901, 106, b""), ("PA", 901, 106, b"world"), ("FA", 106, 906, b""), ("FA", 906, 107, b""), ("A", 107, 907, b"")]
    return made + [(L if f != "SA" and seq < 900 else E / IP(src=B, dst=A)) / TCP(sport=7 if seq < 900 else 8, dport=8 if seq < 900 else 7, flags=f, seq=seq, ack=ack) / x for f, seq, ack, x in talk]


def udp():
    return [layer / UDP(sport=s, dport=d, **more) / x for layer in (L, L6) for s, d in ((1, 2), (40000, 50000)) for x in (b"", b"x", b"payload") for more in ({}, {"len": 7}, {"len": 9}, {"len": 500}, {"len": 0}, {"chksum": 0}, {"chksum": 0xffff})]


def dns():
    def rr(kind, data, name="www.example.com", **more):
        return DNSRR(rrname=name, type=kind, rdata=data, **more)
    q = DNSQR(qname="www.example.com")
    u, back = L / UDP(sport=40000, dport=53), L / UDP(sport=53, dport=40000)
    made = [u / DNS(id=1, rd=1, qd=DNSQR(qname=n, qtype=t, qclass=c)) for n in ("www.example.com", ".", "a" * 63 + ".example") for t, c in ((1, 1), (28, 1), (255, 255), (252, 3), (65, 1), (9999, 77), (12, 0x8001))]
    made += [u / DNS(id=2, opcode=o, rd=r, ad=a, cd=c, z=z, qd=q) for o, r, a, c, z in ((1, 0, 0, 0, 0), (2, 1, 0, 0, 0), (4, 0, 1, 0, 0), (5, 1, 1, 1, 0), (15, 0, 0, 1, 1))] + [u / DNS(id=3, rd=1, qd=q, ar=DNSRROPT(rclass=n, z=z, rdata=t)) for n, z, t in ((512, 0, []), (4096, 0x8000, []), (1232, 0, [EDNS0TLV(optcode=10, optdata=b"12345678")]), (1232, 0, [EDNS0TLV(optcode=8, optdata=b"\0\1\x18\0\xc0\0\2"), EDNS0TLV(optcode=99)]))]
    made += [back / DNS(id=4, qr=1, aa=a, tc=t, rd=1, ra=r, ad=d, rcode=c, qd=q) for a, t, r, d, c in ((0, 0, 0, 0, 0), (1, 1, 1, 1, 1), (0, 0, 1, 0, 2), (0, 0, 1, 0, 3), (0, 0, 1, 0, 4), (0, 0, 1, 0, 5), (1, 0, 1, 0, 9), (0, 0, 1, 0, 15))]
    answers = [rr("A", A, ttl=t) for t in (0, 59, 3600, 86400, 0x7fffffff)] + [rr("AAAA", A6), rr("NS", "ns.example.com"), rr("CNAME", "a.b.example."), rr("PTR", "host.example", name="1.2.0.192.in-addr.arpa"), DNSRRMX(rrname="example.com", preference=10, exchange="mx.example.com"), DNSRRSRV(rrname="_sip._tcp.example.com", priority=1, weight=2, port=5060, target="sip.example.com"),
               DNSRRSOA(rrname="example.com", mname="ns.example.com", rname="admin.example.com", serial=2024, refresh=7200, retry=3600, expire=1209600, minimum=300), rr("TXT", [b"v=spf1 -all", b"second"]), rr("TXT", b"\x1b[31mred\x07"), rr("HINFO", b"\3cpu\2os"), rr(1, A, rclass=3), rr(1, A, rclass=0x8001),
               DNSRRDS(rrname="example.com", keytag=1, algorithm=8, digesttype=2, digest=b"d" * 32), DNSRRDNSKEY(rrname="example.com", publickey=b"key"), DNSRRRSIG(rrname="example.com", typecovered=1, signersname="example.com", signature=b"sig"), DNSRRNSEC(rrname="example.com", nextname="b.example.com", typebitmaps=[1, 2])]
    made += [back / DNS(id=5, qr=1, ra=1, qd=q, an=a) for a in answers] + [back / DNS(id=6, qr=1, ra=1, qd=q, an=rr("A", A) / rr("A", B) / rr("AAAA", A6), ns=rr("NS", "ns1.example"), ar=rr("A", B, name="ns1.example") / DNSRROPT(rclass=1232))]
    # names that point at themselves, forward, nowhere; counts that lie
    raw = b"\0\7\x81\x80\0\1\0\1\0\0\0\0\3www\7example\3com\0\0\1\0\1"
    tail = b"\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4"
    made += [back / (raw + b"\xc0\x0c" + k.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + len(x).to_bytes(2, "big") + x) for k, x in ((39, b"\7example\3org\0"), (35, b"\0\1\0\2\1u\3sip\0\7example\0"), (99, b"\4text"), (33, b"\0\1"), (15, b"\0"), (1, b"\1\2\3"), (28, b"short"), (6, b"\0\0"), (65280, b"private"), (13, b""), (44, b"\1\1abcd"), (52, b"\3\1\1abcd"), (257, b"\0\5issueca.example"), (16, b""), (38, b"\x40abcdefgh\0"), (47, b"\0"))]
    made += [back / (raw + n + tail) for n in (b"\xc0\x0c", b"\xc0\x10", b"\xc0\x21", b"\xc0\xff", b"\xff\xff", b"\x40abc", b"\x80", b"\1a\xc0\x0c", b"\xc0\x0c\xc0\x0c", b"\x3fshort", b"\0")] + [back / (raw[:7] + b"\xff" + raw[8:]), back / (raw[:5] + b"\x09" + raw[6:]), back / (raw[:5] + b"\0" + raw[6:])]
    made += [L6 / UDP(sport=53, dport=9) / DNS(id=8, qr=1, qd=q, an=rr("A", A)), L / UDP(sport=5353, dport=5353) / DNS(id=0, qr=0, rd=0, qd=DNSQR(qname="_http._tcp.local", qtype=12, qclass=0x8001)), L / UDP(sport=5353, dport=5353) / DNS(id=0, qr=1, aa=1, rd=0, qd=None, an=rr("A", A, rclass=0x8001))]
    return made


def dhcp4():
    def one(*options, head=None, **more):
        return E / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / BOOTP(**{"chaddr": b"\2\0\0\0\0\1", "xid": 0x1234, **more}) / DHCP(options=[*([("message-type", "discover")] if head is None else head), *options, "end"])
    made = [one(head=[("message-type", t)]) for t in range(0, 19)] + [one(op=o, htype=h, hlen=n) for o, h, n in ((2, 1, 6), (3, 1, 6), (1, 6, 6), (1, 1, 16), (1, 32, 0))]
    made += [one(ciaddr=A, yiaddr=B, siaddr="10.0.0.1", giaddr="10.0.0.2", hops=3, secs=65535, flags=0x8000, sname=b"server name", file=b"/boot/file"), one(flags=1, sname=b"x" * 64, file=b"\x1b[31m" + b"y" * 123), one(xid=0)]
    made += [one((k, v)) for k, v in (("subnet_mask", "255.255.0.0"), ("router", "10.0.0.1"), ("name_server", "10.0.0.3"), ("hostname", b"host\x07"), ("domain", b"example.com"), ("lease_time", 86400), ("requested_addr", B), ("server_id", A), ("param_req_list", [1, 3, 6, 15, 42, 119, 121, 252, 255, 224]), ("vendor_class_id", b"MSFT 5.0"), ("client_id", b"\1\2\0\0\0\0\1"), ("renewal_time", 43200), ("rebinding_time", 75600), ("max_dhcp_size", 1500), ("error_message", b"no"), ("NTP_server", "10.0.0.9"), ("time_zone", 3600), ("interface-mtu", 1400), ("broadcast_address", "10.0.255.255"), ("NetBIOS_server", "10.0.0.4"), ("NetBIOS_node_type", 8), ("boot-size", 3), ("default_ttl", 64))]
    made += [one((k, bytes(range(1, n + 1)))) for k in [*range(1, 130), 150, 175, 208, 209, 210, 211, 212, 220, 221, 224, 249, 252, 254] for n in (k % 7, 4)] + [one((82, b"\1\4eth0\2\6remote\x97\3vss\7\2x")), one((121, b"\x18\x0a\1\2\x0a\0\0\1\0\x0a\0\0\1")), one((81, b"\5\0\0\4host\0")), one((77, b"\3abc\2de")), one((119, b"\7example\3com\0"))]
    return made + [one(("pad", None) if False else "pad", "pad", (12, b"h"))]


def dhcp6():
    head = L6 / UDP(sport=546, dport=547)
    llt, ll, en, uuid = DUID_LLT(lladdr="02:00:00:00:00:01", timeval=12345), DUID_LL(lladdr="02:00:00:00:00:01"), DUID_EN(enterprisenum=9, id=b"abc"), DUID_UUID()
    kinds = (DHCP6_Solicit, DHCP6_Advertise, DHCP6_Request, DHCP6_Confirm, DHCP6_Renew, DHCP6_Rebind, DHCP6_Reply, DHCP6_Release, DHCP6_Decline, DHCP6_InfoRequest)
    options = [*(DHCP6OptClientId(duid=x) for x in (llt, ll, en, uuid)), DHCP6OptServerId(duid=ll), DHCP6OptIA_NA(iaid=1, T1=2, T2=3), DHCP6OptIA_NA(iaid=1, ianaopts=[DHCP6OptIAAddress(addr=B6, preflft=100, validlft=200)]), DHCP6OptIA_TA(iaid=5), DHCP6OptIA_PD(iaid=1, iapdopt=[DHCP6OptIAPrefix(prefix="2001:db8:5::", plen=48, preflft=1, validlft=2)]),
               DHCP6OptOptReq(reqopts=[23, 24, 31, 999]), DHCP6OptPref(prefval=9), DHCP6OptElapsedTime(elapsedtime=100), DHCP6OptServerUnicast(srvaddr=A6), *(DHCP6OptStatusCode(statuscode=c, statusmsg=m) for c, m in ((0, b""), (2, b"none"), (6, b"\x1b[m"), (99, b""))), DHCP6OptRapidCommit(), DHCP6OptUserClass(), DHCP6OptVendorClass(enterprisenum=9, vcdata=[]),
               DHCP6OptVendorSpecificInfo(enterprisenum=9), DHCP6OptIfaceId(ifaceid=b"eth0"), DHCP6OptReconfMsg(msgtype=5), DHCP6OptReconfMsg(msgtype=11), DHCP6OptReconfAccept(), DHCP6OptDNSServers(dnsservers=[A6, B6]), DHCP6OptDNSDomains(dnsdomains=["example.com", "b.example"]), DHCP6OptSNTPServers(sntpservers=[A6]), DHCP6OptSIPServers(sipservers=[A6]),
               DHCP6OptSIPDomains(sipdomains=["sip.example"]), DHCP6OptInfoRefreshTime(reftime=3600), DHCP6OptRemoteID(enterprisenum=9, remoteid=b"remote"), DHCP6OptSubscriberID(subscriberid=b"sub"), DHCP6OptClientFQDN(fqdn="host.example"), DHCP6OptAuth(proto=p, alg=1, rdm=0) if (p := 3) else None]
    made = [head / k(trid=0xabcdef) for k in kinds] + [head / DHCP6_Solicit(trid=1) / o for o in options] + [head / DHCP6_Reply(trid=1) / options[0] / options[4] / options[6] / options[9]]
    made += [head / DHCP6_Solicit(trid=1) / (k.to_bytes(2, "big") + n.to_bytes(2, "big") + bytes(range(n))) for k in [*range(0, 90), 94, 95, 143, 65535] for n in (0, 1, 3, 8, 17)]
    made += [head / k(linkaddr=A6, peeraddr=B6) / DHCP6OptRelayMsg(message=DHCP6_Solicit(trid=2)) / options[19] for k in (DHCP6_RelayForward, DHCP6_RelayReply)]
    return made + [head / (bytes([t]) + b"abc\0\6\0\2\0\x17") for t in (0, 14, 20, 36, 255)]


KINDS = (arp, dhcp4, dhcp6, dns, ethernet, icmp, icmp6, igmp, ip4, ip6, mld, nd, tcp, udp)


def main():
    folder = pathlib.Path(sys.argv[1])
    for kind in KINDS:
        packets = kind()
        for i, packet in enumerate(packets):
            packet.time = 1700000000 + i
        wrpcap(str(folder / f"{kind.__name__}.pcap"), packets, linktype=1)


if __name__ == "__main__":
    main()
