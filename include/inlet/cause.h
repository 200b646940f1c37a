/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cause.h - why a packet was sent, and why one was dropped
 *
 * Every packet that leaves the engine carries an enum inl_cause that the mechanism which
 * decided to send it has set. Every packet that enters either is used or is dropped for an
 * enum inl_drop, and each reason has a counter. Both lists are tables: the enum, its short
 * name (for JSON and counters) and its one-line text (for people) stand on one line, so that
 * none can be missing. Values are stable within a release only; names are stable.
 */
#ifndef INLET_CAUSE_H
#define INLET_CAUSE_H

#include <inlet/export.h>

/* X(SYMBOL, "short-name", "text for people") */
#define INL_CAUSE_TABLE(X)                                                                         \
    X(NONE, "none", "no cause recorded")                                                           \
    X(ARP_REQUEST, "arp-request", "asks for the link-layer address of the next hop")               \
    X(ARP_RETRY, "arp-retry", "asks again: no answer to the last ARP request")                     \
    X(ARP_REPLY, "arp-reply", "answers an ARP request for our address")                            \
    X(ARP_PROBE, "arp-probe", "asks whether an address is free before it is used (RFC 5227)")      \
    X(ARP_ANNOUNCE, "arp-announce", "tells that an address is ours from now on (RFC 5227)")        \
    X(ARP_DEFEND, "arp-defend", "somebody else claims our address (RFC 5227)")                     \
    X(NS_SOLICIT, "ns", "asks for the link-layer address of the next hop")                         \
    X(NS_RETRY, "ns-retry", "asks again: no answer to the last neighbour solicitation")            \
    X(NA_REPLY, "na-reply", "answers a neighbour solicitation for our address")                    \
    X(NS_DAD, "ns-dad", "asks whether an address is free before it is used (RFC 4862)")            \
    X(NA_ANNOUNCE, "na-announce", "tells the routers of a new address of ours (RFC 9131)")         \
    X(RS_SOLICIT, "rs", "asks the routers of the link to advertise (RFC 4861)")                    \
    X(RA_PERIODIC, "ra", "a router advertises at intervals (RFC 4861)")                            \
    X(RA_REPLY, "ra-reply", "a router answers a solicitation (RFC 4861)")                          \
    X(RA_FINAL, "ra-final", "a router stops being one (RFC 4861)")                                 \
    X(GROUP_CHANGE, "group-change", "tells routers that groups are listened to, or no more")       \
    X(GROUP_ANSWER, "group-answer", "answers a router that asks which groups are listened to")     \
    X(GROUP_LEAVE, "group-leave", "tells routers that nobody here listens to a group any more")    \
    X(ECHO_REPLY, "echo-reply", "answers an echo request")                                         \
    X(TIMESTAMP_REPLY, "timestamp-reply", "answers an ICMP timestamp request")                     \
    X(ECHO_REQUEST, "echo-request", "the application asks for an echo")                            \
    X(ICMP_PORT_UNREACH, "icmp-port", "no socket is bound to the port")                            \
    X(ICMP_PROTO_UNREACH, "icmp-proto", "the protocol is not implemented here")                    \
    X(ICMP_NET_UNREACH, "icmp-net", "no route to the destination")                                 \
    X(ICMP_HOST_UNREACH, "icmp-host", "the next hop does not answer address resolution")           \
    X(ICMP_PROHIBITED, "icmp-prohibited", "a route prohibits the destination")                     \
    X(ICMP_SCOPE, "icmp-scope", "the source has no meaning beyond its link")                       \
    X(ICMP_REDIRECT, "icmp-redirect", "a better first hop is on the sender's own link")            \
    X(ICMP_TIME_EXCEEDED, "icmp-ttl", "TTL reached zero while forwarding")                         \
    X(ICMP_REASSEMBLY, "icmp-reassembly", "not all fragments of a datagram came in time")          \
    X(ICMP_PARAM_PROBLEM, "icmp-param", "a header field could not be understood")                  \
    X(ICMP_SOURCE_ROUTE, "icmp-source-route", "a source route leads nowhere from here")            \
    X(ICMP_TOO_BIG, "icmp-too-big", "packet exceeds the MTU of the next link")                     \
    X(DHCP4_DISCOVER, "dhcp4-discover", "asks DHCP servers for an address")                        \
    X(DHCP4_REQUEST, "dhcp4-request", "takes what a DHCP server has offered")                      \
    X(DHCP4_REBOOT, "dhcp4-reboot", "asks whether an earlier address is still right")              \
    X(DHCP4_RENEW, "dhcp4-renew", "half of the lease is over: asks its server for more")           \
    X(DHCP4_REBIND, "dhcp4-rebind", "the lease ends soon: asks any server for more")               \
    X(DHCP4_RETRY, "dhcp4-retry", "no answer from a DHCP server: asks again")                      \
    X(DHCP4_DECLINE, "dhcp4-decline", "the address that was given is in use already")              \
    X(DHCP4_RELEASE, "dhcp4-release", "gives the address back")                                    \
    X(DHCP4_OFFER, "dhcp4-offer", "our DHCP server offers an address")                             \
    X(DHCP4_ACK, "dhcp4-ack", "our DHCP server gives an address, or more time for it")             \
    X(DHCP4_NAK, "dhcp4-nak", "our DHCP server refuses an address that is wrong here")             \
    X(DHCP6_SOLICIT, "dhcp6-solicit", "looks for DHCPv6 servers")                                  \
    X(DHCP6_REQUEST, "dhcp6-request", "takes what a DHCPv6 server has offered")                    \
    X(DHCP6_CONFIRM, "dhcp6-confirm", "the link is back: asks whether the address is still right") \
    X(DHCP6_RENEW, "dhcp6-renew", "T1: asks its DHCPv6 server for more time")                      \
    X(DHCP6_REBIND, "dhcp6-rebind", "T2: asks any DHCPv6 server for more time")                    \
    X(DHCP6_RELEASE, "dhcp6-release", "gives the address back")                                    \
    X(DHCP6_DECLINE, "dhcp6-decline", "the address that was given is in use already")              \
    X(DHCP6_INFORM, "dhcp6-inform", "asks DHCPv6 servers for parameters only")                     \
    X(DHCP6_RETRY, "dhcp6-retry", "no answer from a DHCPv6 server: asks again")                    \
    X(DHCP6_ADVERTISE, "dhcp6-advertise", "our DHCPv6 server offers an address")                   \
    X(DHCP6_REPLY, "dhcp6-reply", "our DHCPv6 server answers")                                     \
    X(FORWARDED, "forwarded", "forwarded for another host")                                        \
    X(UDP_SEND, "udp-send", "the application sent a datagram")                                     \
    X(RAW_SEND, "raw-send", "the application sent a packet of a protocol of its own")              \
    X(TCP_SYN, "syn", "handshake: the application connects")                                       \
    X(TCP_SYN_DATA, "syn-data", "handshake: the application connects, with data (Fast Open)")      \
    X(TCP_SYN_RTX, "syn-rtx", "handshake: no answer to the SYN, timer expired")                    \
    X(TCP_SYN_PLAIN, "syn-plain", "handshake: a RST met the SYN that asks for ECN: one without")   \
    X(TCP_SYNACK, "syn-ack", "handshake: answers a SYN")                                           \
    X(TCP_SYNACK_FAST, "syn-ack-fast", "handshake: answers a SYN whose data was taken")            \
    X(TCP_SYNACK_RTX, "syn-ack-rtx", "handshake: no ACK of our SYN-ACK, timer expired")            \
    X(TCP_SYNACK_COOKIE, "syn-ack-cookie", "handshake: answers a SYN and keeps nothing of it")     \
    X(TCP_SYNACK_DUP, "syn-ack-dup", "handshake: the SYN came again")                              \
    X(TCP_SYN_SIMULTANEOUS, "syn-simultaneous", "handshake: both ends sent a SYN")                 \
    X(TCP_HANDSHAKE_ACK, "handshake-ack", "handshake: acknowledges the SYN-ACK")                   \
    X(TCP_DATA, "data", "new data within window and congestion window")                            \
    X(TCP_DATA_PUSH, "data-push", "new data, and the send buffer is now empty")                    \
    X(TCP_DATA_SMALL, "data-small", "less than a full segment: nothing is in flight (Nagle)")      \
    X(TCP_DATA_NODELAY, "data-nodelay", "less than a full segment: Nagle is switched off")         \
    X(TCP_DATA_LIMITED, "limited-transmit", "one new segment on a first duplicate ACK")            \
    X(TCP_DATA_CORK, "data-cork", "corked data: 200 ms have passed")                               \
    X(TCP_SWS_OVERRIDE, "sws-override", "small segment: the sender's SWS timer expired")           \
    X(TCP_FIN, "fin", "the application closed: no more data will come")                            \
    X(TCP_ACK_SECOND, "ack-second", "every second full segment is acknowledged at once")           \
    X(TCP_ACK_DELAYED, "ack-delayed", "delayed-ACK timer expired")                                 \
    X(TCP_ACK_QUICK, "ack-quick", "acknowledged at once (quick-ACK)")                              \
    X(TCP_ACK_OOO, "ack-ooo", "duplicate ACK: a segment came out of order")                        \
    X(TCP_ACK_FILLED, "ack-filled", "a segment filled a gap")                                      \
    X(TCP_ACK_DUP_DATA, "ack-dup", "the data was received before")                                 \
    X(TCP_ACK_ECN, "ack-ecn", "a router marked congestion, or the peer answered a mark")           \
    X(TCP_ACK_FIN, "ack-fin", "acknowledges the peer's FIN")                                       \
    X(TCP_ACK_UNACCEPTABLE, "ack-unacceptable", "segment lies outside the receive window")         \
    X(TCP_ACK_PAWS, "ack-paws", "an old timestamp: the segment is a ghost (PAWS, RFC 7323 5)")     \
    X(TCP_ACK_UNSENT, "ack-unsent", "the peer acknowledged what was never sent")                   \
    X(TCP_ACK_KEEPALIVE, "ack-keepalive", "answers a keep-alive or window probe")                  \
    X(TCP_WINDOW_UPDATE, "window-update", "the application read: the window has opened")           \
    X(TCP_CHALLENGE_RST, "challenge-rst", "challenge ACK: inexact RST (RFC 5961 3.2)")             \
    X(TCP_CHALLENGE_SYN, "challenge-syn", "challenge ACK: SYN on a connection (RFC 5961 4.2)")     \
    X(TCP_CHALLENGE_ACK, "challenge-ack", "challenge ACK: absurd ACK number (RFC 5961 5.2)")       \
    X(TCP_RTX_RTO, "rtx-rto", "retransmission: timer expired (RTO)")                               \
    X(TCP_RTX_FAST, "rtx-fast", "fast retransmit: third duplicate ACK")                            \
    X(TCP_RTX_PARTIAL, "rtx-partial", "retransmission: partial ACK shows the next hole (NewReno)") \
    X(TCP_RTX_RACK, "rtx-rack", "retransmission: sent before one that arrived, and late (RACK)")   \
    X(TCP_RTX_LOST_RTX, "rtx-lost-rtx", "retransmission: the last one was lost, too (RACK)")       \
    X(TCP_TLP_NEW, "tlp-new", "tail loss probe: new data")                                         \
    X(TCP_TLP_RTX, "tlp-rtx", "tail loss probe: the last segment again")                           \
    X(TCP_FRTO_NEW, "frto-new", "new data to find out whether the timeout was spurious (F-RTO)")   \
    X(TCP_RTX_SLOW_START, "rtx-slow-start", "retransmission: slow start after a timeout")          \
    X(TCP_RTX_PMTU, "rtx-pmtu", "retransmission: the path MTU got smaller")                        \
    X(TCP_RTX_SYN_DATA, "rtx-syn-data", "retransmission: the SYN's data was not taken")            \
    X(TCP_RTX_WINDOW, "rtx-window", "retransmission: the window opened after a refused probe")     \
    X(TCP_FIN_RTX, "fin-rtx", "retransmission of the FIN")                                         \
    X(TCP_PROBE_WINDOW, "zero-window-probe", "zero-window probe: persist timer expired")           \
    X(TCP_PROBE_MTU, "mtu-probe", "new data in a longer segment, to see whether it passes")        \
    X(TCP_PROBE_KEEPALIVE, "keep-alive", "keep-alive probe: nothing heard for the interval")       \
    X(TCP_TIME_WAIT_ACK, "time-wait-ack", "the peer's FIN came again in TIME-WAIT")                \
    X(TCP_RST_CLOSED, "rst-closed", "reset: nobody listens on the port")                           \
    X(TCP_RST_BAD_ACK, "rst-bad-ack", "reset: acknowledges what no connection sent")               \
    X(TCP_RST_ABORT, "rst-abort", "reset: the application aborted (SO_LINGER 0)")                  \
    X(TCP_RST_UNREAD, "rst-unread", "reset: closed with unread data (RFC 9293 3.6.1)")             \
    X(TCP_RST_AFTER_CLOSE, "rst-after-close", "reset: data came after close")                      \
    X(TCP_RST_TIMEOUT, "rst-timeout", "reset: retransmission limit reached")                       \
    X(TCP_RST_ECN, "rst-ecn", "reset: asked for two kinds of ECN feedback (RFC 9768 3.1.5)")       \
    X(TCP_RST_NOT_ACCEPTED, "rst-not-accepted", "reset: the listener closed before accept")        \
    X(TCP_RST_NO_MEMORY, "rst-no-memory", "reset: out of memory")

/* X(SYMBOL, "short-name", "text for people") */
#define INL_DROP_TABLE(X)                                                                          \
    X(NONE, "none", "not dropped")                                                                 \
    X(TRUNCATED, "truncated", "shorter than its headers say")                                      \
    X(BAD_LENGTH, "bad-length", "a length field is impossible")                                    \
    X(BAD_VERSION, "bad-version", "IP version does not match")                                     \
    X(BAD_CHECKSUM, "bad-checksum", "a checksum is wrong")                                         \
    X(NO_CHECKSUM, "no-checksum", "less is covered by a checksum than the socket asks for")        \
    X(BAD_OPTION, "bad-option", "an option is malformed")                                          \
    X(BAD_EXT_HEADER, "bad-ext-header", "extension headers malformed or too many")                 \
    X(UNKNOWN_ETHERTYPE, "unknown-ethertype", "EtherType not implemented")                         \
    X(UNKNOWN_PROTOCOL, "unknown-protocol", "IP protocol not implemented")                         \
    X(UNKNOWN_ICMP, "unknown-icmp", "ICMP type not implemented")                                   \
    X(NOT_FOR_US_LINK, "not-for-us-link", "link-layer destination is another host")                \
    X(NOT_FOR_US, "not-for-us", "IP destination is another host, and forwarding is off")           \
    X(BAD_SOURCE, "bad-source", "source address is not one host's")                                \
    X(BAD_DESTINATION, "bad-destination", "destination address is not valid on this link")         \
    X(MARTIAN, "martian", "loopback or own address came from outside")                             \
    X(SOURCE_ROUTED, "source-routed", "source routes are refused")                                 \
    X(SOURCE_ROUTE_FAILED, "source-route-failed", "its source route leads nowhere from here")      \
    X(BAD_HOP_LIMIT, "bad-hop-limit", "neighbour discovery with a hop limit below 255")            \
    X(GROUP_SOURCE, "group-source", "nobody here wants to hear this sender in the group")          \
    X(GROUP_SENDER, "group-sender",                                                                \
      "IGMP or MLD that no router or host of the link can have sent")                              \
    X(TTL_EXCEEDED, "ttl-exceeded", "TTL reached zero while forwarding")                           \
    X(NO_ROUTE, "no-route", "no route to the destination")                                         \
    X(ROUTE_BLACKHOLE, "route-blackhole", "a route drops it in silence")                           \
    X(ROUTE_UNREACHABLE, "route-unreachable", "a route says that the destination is unreachable")  \
    X(ROUTE_PROHIBIT, "route-prohibit", "a route prohibits the destination")                       \
    X(REVERSE_PATH, "reverse-path", "no route back to its source leads where it came from")        \
    X(TOO_BIG, "too-big", "exceeds the MTU, and must not be fragmented")                           \
    X(FRAGMENT, "fragment", "must not come in fragments (RFC 6980)")                               \
    X(FRAG_TINY, "frag-tiny", "the first fragment does not hold all headers")                      \
    X(FRAG_OVERLAP, "frag-overlap", "fragments overlap, or contradict each other")                 \
    X(FRAG_DUPLICATE, "frag-duplicate", "the same fragment came before")                           \
    X(FRAG_ECN, "frag-ecn", "congestion was marked on a datagram that is not ECN-capable")         \
    X(FRAG_LIMIT, "frag-limit", "too much waits for reassembly")                                   \
    X(FRAG_TIMEOUT, "frag-timeout", "not all fragments came in time")                              \
    X(NEIGH_QUEUE_FULL, "neigh-queue-full", "too many packets wait for address resolution")        \
    X(NEIGH_FAILED, "neigh-failed", "address resolution failed")                                   \
    X(NEIGH_UNASKED, "neigh-unasked", "unasked neighbour information was not believed")            \
    X(NEIGH_FULL, "neigh-full", "too many addresses are being resolved at once")                   \
    X(NEIGH_RATE, "neigh-rate", "too many new neighbours are asked for in a short time")           \
    X(ADDR_CONFLICT, "addr-conflict", "another host uses an address of ours")                      \
    X(ADDR_TENTATIVE, "addr-tentative", "for an address that is not known yet to be ours alone")   \
    X(OWN_ECHO, "own-echo", "what we sent ourselves came back")                                    \
    X(RA_UNWANTED, "ra-unwanted", "addresses are not configured by routers on this link")          \
    X(RA_INCONSISTENT, "ra-inconsistent", "another router advertises otherwise than we do")        \
    X(RA_LIMIT, "ra-limit", "more routers advertise than are kept")                                \
    X(TX_QUEUE_FULL, "tx-queue-full", "the link's transmit queue is full")                         \
    X(LINK_DOWN, "link-down", "the link is down")                                                  \
    X(NO_MEMORY, "no-memory", "memory limit reached")                                              \
    X(RATE_LIMITED, "rate-limited", "an answer was suppressed by a rate limit")                    \
    X(BROADCAST, "broadcast", "no answer to broadcast or multicast")                               \
    X(NO_SOCKET, "no-socket", "nobody listens on the port")                                        \
    X(SOCKET_FULL, "socket-full", "the socket's receive buffer is full")                           \
    X(ICMP_NO_MATCH, "icmp-no-match", "ICMP error quotes nothing that was sent")                   \
    X(ICMP_SILENT, "icmp-silent", "such requests are not answered, by configuration")              \
    X(ICMP_REDIRECT, "icmp-redirect", "a redirect that must not be believed")                      \
    X(ICMP_QUENCH, "icmp-quench", "Source Quench is ignored (RFC 6633)")                           \
    X(ICMP_BAD_MTU, "icmp-bad-mtu", "ICMP claims a path MTU that cannot be")                       \
    X(DHCP_UNASKED, "dhcp-unasked", "no answer to what was asked of a DHCP server")                \
    X(DHCP_BAD_LEASE, "dhcp-bad-lease", "a DHCP server's answer with which nothing can be done")   \
    X(DHCP_NO_ADDRESS, "dhcp-no-address", "our DHCP server has no address left")                   \
    X(TCP_BAD_FLAGS, "tcp-bad-flags", "flags make no sense in this state")                         \
    X(TCP_NO_ACK, "tcp-no-ack", "ACK flag is missing on a connection")                             \
    X(TCP_OUT_OF_WINDOW, "tcp-out-of-window", "outside the receive window")                        \
    X(TCP_PAWS, "tcp-paws", "timestamp older than the last one (PAWS)")                            \
    X(TCP_NO_TIMESTAMP, "tcp-no-timestamp", "timestamps were agreed on, and it has none")          \
    X(TCP_OLD_ACK, "tcp-old-ack", "ACK number is too old (RFC 5961 5.2)")                          \
    X(TCP_ACK_UNSENT, "tcp-ack-unsent", "ACK number acknowledges what was never sent")             \
    X(TCP_BAD_RST, "tcp-bad-rst", "RST does not have the exact sequence number")                   \
    X(TCP_BAD_SYN, "tcp-bad-syn", "SYN on an existing connection")                                 \
    X(TCP_BAD_COOKIE, "tcp-bad-cookie", "ACK for a listener, and no SYN cookie of ours")           \
    X(TCP_BACKLOG_FULL, "tcp-backlog-full", "the listener's queue is full")                        \
    X(TCP_AFTER_CLOSE, "tcp-after-close", "data for a closed application")                         \
    X(TCP_TIME_WAIT, "tcp-time-wait", "segment of a connection in TIME-WAIT")                      \
    X(TCP_OOO_LIMIT, "tcp-ooo-limit", "too many separate out-of-order ranges")                     \
    X(TCP_MEMORY, "tcp-memory", "the buffers of all connections are at their limit")               \
    X(TCP_OOO_PRUNED, "tcp-ooo-pruned", "out-of-order data had to go for data in order")           \
    X(TCP_DUPLICATE, "tcp-duplicate", "all data was received before")                              \
    X(BAD_OFFLOAD, "bad-offload", "a frame larger than its link's is not what its device says")    \
    X(WORLD_LOSS, "world-loss", "lost by the simulated link")                                      \
    X(WORLD_QUEUE, "world-queue", "the simulated link's queue is full")

enum inl_cause {
#define INL_X(sym, name, text) INL_CAUSE_##sym,
    INL_CAUSE_TABLE(INL_X)
#undef INL_X
        INL_CAUSE_MAX
};

enum inl_drop {
#define INL_X(sym, name, text) INL_DROP_##sym,
    INL_DROP_TABLE(INL_X)
#undef INL_X
        INL_DROP_MAX
};

/* Short stable name ("rtx-fast") and one-line text; "?" for a value out of range. */
INL_API const char *inl_cause_name(enum inl_cause cause);
INL_API const char *inl_cause_text(enum inl_cause cause);
INL_API const char *inl_drop_name(enum inl_drop drop);
INL_API const char *inl_drop_text(enum inl_drop drop);

#endif
