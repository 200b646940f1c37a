/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ethertype.c - Ethernet's types, which other links and ARP use too: their names, and tags (IEEE 802.1Q)
 */
#include "tools/decode/dec.h"

static const struct dec_word types[] = {
    {0x0800, "IPv4"},
    {0x86dd, "IPv6"},
    {0x0806, "ARP"},
    {0x8035, "Reverse ARP"},
    {0x8100, "802.1Q"},
    {0x88a8, "802.1Q-QinQ"},
    {0x9100, "802.1Q-9100"},
    {0x9200, "802.1Q-9200"},
    {0x8847, "MPLS unicast"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE D"},
    {0x8864, "PPPoE S"},
    {0x888e, "EAPOL"},
    {0x88cc, "LLDP"},
    {0x8809, "Slow Protocols"},
    {0x9000, "Loopback"},
    {0x0600, "NS"},
    {0x0500, "Sprite"},
    {0x1000, "Trail"},
    {0x6001, "MOP DL"},
    {0x6002, "MOP RC"},
    {0x6003, "DN"},
    {0x6004, "LAT"},
    {0x6007, "SCA"},
    {0x809b, "Appletalk"},
    {0x80f3, "Appletalk ARP"},
    {0x8137, "IPX"},
    {0x880b, "PPP"},
    {0x8808, "MPCP"},
    {0x8902, "CFM"},
    {0x88f7, "PTP"},
    {0x88e5, "802.1AE MACsec"},
    {0x00fe, "GRE-OSI"},
    {0x0200, "PUP"},
    {0x0707, "GeoNet (old)"},
    {0x1111, "CALM FAST"},
    {0x6558, "TEB"},
    {0x8038, "Lanbridge"},
    {0x803c, "DEC DNS"},
    {0x803e, "DEC DTS"},
    {0x805b, "VEXP"},
    {0x805c, "VPROD"},
    {0x886f, "MS NLB heartbeat"},
    {0x8870, "Jumbo"},
    {0x8899, "Realtek protocols"},
    {0x88a2, "AoE"},
    {0x88ca, "TIPC"},
    {0x893a, "IEEE1905.1"},
    {0x8947, "GeoNet"},
    {0x894f, "NSH"},
    {0xabcd, "CFM (old)"},
    {0xd28b, "Arista Vendor Specific Protocol"},
    {0xfefe, "OSI"},
};

bool ether_type_known(uint16_t type) {
    return type == 0x0800 || type == 0x86dd || type == 0x0806 || type == 0x8035;
}

const char *ether_type_word(uint16_t type) {
    const char *word = DEC_WORD(types, type);

    return word != NULL ? word : "Unknown";
}

void ether_type_tell(struct decode *d, uint16_t type) {
    if (d->o.quiet > 0) {
        DEC_WORD_OR(d, types, type, "Unknown Ethertype (0x%04x)");
        return;
    }
    DEC_LIT(d, "ethertype ");
    dec_str(d, ether_type_word(type));
    DEC_LIT(d, " (0x");
    dec_hex(d, type, 4);
    DEC_LIT(d, ")");
}

bool ether_type_is_tag(uint16_t type) {
    return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

void ether_tag_print(struct decode *d, uint16_t tci) {
    DEC_LIT(d, "vlan ");
    dec_num(d, tci & 0xfffu);
    DEC_LIT(d, ", p ");
    dec_num(d, tci >> 13);
    if ((tci & 0x1000) != 0) {
        DEC_LIT(d, ", DEI");
    }
    DEC_LIT(d, ", ");
}
