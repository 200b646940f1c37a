/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipproto.c - names of protocol numbers, in tcpdump's spelling
 */
#include "wire/ipproto.h"

#include <stddef.h>

static const struct {
    uint8_t number;
    const char *name;
} names[] = {
    {IP_PROTO_HOPOPTS, "HBH"},    {IP_PROTO_ICMP4, "ICMP"},
    {IP_PROTO_IGMP, "IGMP"},      {IP_PROTO_IPIP, "IPIP"},
    {IP_PROTO_TCP, "TCP"},        {IP_PROTO_UDP, "UDP"},
    {IP_PROTO_IP6, "IP6"},        {IP_PROTO_ROUTING, "RT"},
    {IP_PROTO_FRAGMENT, "frag"},  {IP_PROTO_GRE, "GRE"},
    {IP_PROTO_ESP, "ESP"},        {IP_PROTO_AH, "AH"},
    {IP_PROTO_ICMP6, "ICMP6"},    {IP_PROTO_NONE, "no next header"},
    {IP_PROTO_DSTOPTS, "DSTOPT"}, {IP_PROTO_SCTP, "SCTP"},
};

void ip_proto_text(struct text *t, uint8_t proto) {
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].number == proto) {
            text_str(t, names[i].name);
            return;
        }
    }
    text_str(t, "ip-proto-");
    text_u64(t, proto);
}
