/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib.h - what the Internet layer counts for management (RFC 4293)
 *
 * A set of counters for each link and IP version, and one more for what has no link: packets
 * without a route. Those of the whole system are the sums. Each packet goes through them in this
 * order (RFC 4293 3.2.3); what stands to the right of an arrow ends there:
 *
 *     InReceives, InOctets                            OutRequests -> OutNoRoutes
 *       -> InHdrErrors, InTruncatedPkts                 |
 *     InMcastPkts, InBcastPkts                          |
 *       -> InAddrErrors, InDiscards                     |
 *       |                                               |
 *       +- of others: InForwDatagrams ----------- OutForwDatagrams
 *       |               -> InNoRoutes                   |
 *       |                                             OutFragReqds -> OutFragFails
 *       +- ours, in pieces: ReasmReqds                OutFragOKs, OutFragCreates
 *       |    -> ReasmFails                              |
 *       |  ReasmOKs                                     -> OutDiscards
 *       +- ours, whole -> InUnknownProtos             OutMcastPkts, OutBcastPkts
 *     InDelivers                                      OutTransmits, OutOctets
 *
 * Invariants, over all links of a version:
 *     InReceives + ReasmOKs = InHdrErrors + InTruncatedPkts + InAddrErrors + InDiscards +
 *                             InForwDatagrams + ReasmReqds + InUnknownProtos + InDelivers
 *     InForwDatagrams = InNoRoutes + OutForwDatagrams
 *     OutFragReqds = OutFragOKs + OutFragFails
 *     OutRequests + OutForwDatagrams + OutFragCreates = OutNoRoutes + OutFragReqds + OutDiscards +
 *                             OutTransmits + what waits for a neighbour's address
 *
 * What is joined by a device or for one (inlet/offload.h) counts as one packet: it is one to IP.
 * Input is counted where it came in, but from reassembly on at the link that has the address.
 *
 * Does not do: transports' counters (stack/mib.c gathers all), reasons of drops (base/env.h).
 */
#ifndef IP_MIB_H
#define IP_MIB_H

#include <inlet/cause.h>
#include <inlet/stack.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(SYMBOL, "Name": after ipSystemStats or ipIfStats) */
#define IP_MIB_TABLE(X)                                                                            \
    X(IN_RECEIVES, "HCInReceives")                                                                 \
    X(IN_OCTETS, "HCInOctets")                                                                     \
    X(IN_HDR_ERRORS, "InHdrErrors")                                                                \
    X(IN_NO_ROUTES, "InNoRoutes")                                                                  \
    X(IN_ADDR_ERRORS, "InAddrErrors")                                                              \
    X(IN_UNKNOWN_PROTOS, "InUnknownProtos")                                                        \
    X(IN_TRUNCATED_PKTS, "InTruncatedPkts")                                                        \
    X(IN_FORW_DATAGRAMS, "HCInForwDatagrams")                                                      \
    X(REASM_REQDS, "ReasmReqds")                                                                   \
    X(REASM_OKS, "ReasmOKs")                                                                       \
    X(REASM_FAILS, "ReasmFails")                                                                   \
    X(IN_DISCARDS, "InDiscards")                                                                   \
    X(IN_DELIVERS, "HCInDelivers")                                                                 \
    X(OUT_REQUESTS, "HCOutRequests")                                                               \
    X(OUT_NO_ROUTES, "OutNoRoutes")                                                                \
    X(OUT_FORW_DATAGRAMS, "HCOutForwDatagrams")                                                    \
    X(OUT_DISCARDS, "OutDiscards")                                                                 \
    X(OUT_FRAG_REQDS, "OutFragReqds")                                                              \
    X(OUT_FRAG_OKS, "OutFragOKs")                                                                  \
    X(OUT_FRAG_FAILS, "OutFragFails")                                                              \
    X(OUT_FRAG_CREATES, "OutFragCreates")                                                          \
    X(OUT_TRANSMITS, "HCOutTransmits")                                                             \
    X(OUT_OCTETS, "HCOutOctets")                                                                   \
    X(IN_MCAST_PKTS, "HCInMcastPkts")                                                              \
    X(IN_MCAST_OCTETS, "HCInMcastOctets")                                                          \
    X(OUT_MCAST_PKTS, "HCOutMcastPkts")                                                            \
    X(OUT_MCAST_OCTETS, "HCOutMcastOctets")                                                        \
    X(IN_BCAST_PKTS, "HCInBcastPkts")                                                              \
    X(OUT_BCAST_PKTS, "HCOutBcastPkts")

enum ip_mib_id {
#define IP_MIB_X(sym, name) IP_MIB_##sym,
    IP_MIB_TABLE(IP_MIB_X)
#undef IP_MIB_X
        IP_MIB_MAX
};

struct ip_mib {
    uint64_t n[IP_MIB_MAX];
};

#define IP_MIB_VERSIONS 2
#define IP_MIB_NO_LINK INL_LINKS_MAX
#define IP_MIB_LINKS (INL_LINKS_MAX + 1)

/* One version's ICMP: icmpStatsTable, icmpMsgStatsTable. */
struct ip_icmp_mib {
    uint64_t in_msgs, in_errors, out_msgs, out_errors;
    uint32_t in_type[256], out_type[256]; /* RFC 4293: Counter32 */
};

/* The name of a counter, without what stands before it. */
const char *ip_mib_name(enum ip_mib_id id);

/* A packet came in, of so many octets. */
static inline void ip_mib_received(struct ip_mib *m, size_t octets) {
    m->n[IP_MIB_IN_RECEIVES]++;
    m->n[IP_MIB_IN_OCTETS] += octets;
}

static inline void ip_mib_received_group(struct ip_mib *m, size_t octets, bool multicast) {
    if (multicast) {
        m->n[IP_MIB_IN_MCAST_PKTS]++;
        m->n[IP_MIB_IN_MCAST_OCTETS] += octets;
    } else {
        m->n[IP_MIB_IN_BCAST_PKTS]++;
    }
}

/* A packet went down to its link, of so many octets. */
static inline void ip_mib_sent(struct ip_mib *m, size_t octets) {
    m->n[IP_MIB_OUT_TRANSMITS]++;
    m->n[IP_MIB_OUT_OCTETS] += octets;
}

static inline void ip_mib_sent_group(struct ip_mib *m, size_t octets, bool multicast) {
    if (multicast) {
        m->n[IP_MIB_OUT_MCAST_PKTS]++;
        m->n[IP_MIB_OUT_MCAST_OCTETS] += octets;
    } else {
        m->n[IP_MIB_OUT_BCAST_PKTS]++;
    }
}

/* Input was refused before it was known to be ours: counted by its reason, which is returned. */
enum inl_drop ip_mib_refuse(struct ip_mib *m, enum inl_drop why);

/* What came of an ICMP message: counted if the message itself was bad. */
void ip_mib_icmp_in(struct ip_icmp_mib *m, enum inl_drop why);

static inline void ip_mib_icmp_out(struct ip_icmp_mib *m, uint8_t type) {
    m->out_msgs++;
    m->out_type[type]++;
}

/* No memory for a message: an attempt, and an error. */
static inline void ip_mib_icmp_unsent(struct ip_icmp_mib *m) {
    m->out_msgs++;
    m->out_errors++;
}

#endif
