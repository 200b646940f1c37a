/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mac.c - Ethernet addresses, with who made them
 *
 * The makers are those that tcpdump knows, a handful: a line is as long as it always was, and equal.
 * Names of single addresses (/etc/ethers) are not looked up.
 */
#include "tools/decode/dec.h"

static const struct dec_word makers[] = {
    {0x000000, "Ethernet"},
    {0x00000c, "Cisco"},
    {0x00005e, "IANA"},
    {0x000081, "Nortel Networks SONMP"},
    {0x0000f8, "Cisco bridged"},
    {0x00049f, "Freescale"},
    {0x0004ea, "HP-Labs"},
    {0x001018, "Broadcom"},
    {0x00120f, "IEEE 802.3 Private"},
    {0x0012bb, "ANSI/TIA"},
    {0x0015ad, "Netronome"},
    {0x001b21, "DCBX"},
    {0x002320, "Nicira Networks"},
    {0x002481, "HP"},
    {0x0080c2, "Ethernet bridged"},
    {0x009069, "Juniper"},
    {0x00a03e, "ATM Forum"},
    {0x00e004, "PMC-Sierra"},
    {0x00e02f, "DOCSIS Spanning Tree"},
    {0x080007, "Appletalk"},
};

void dec_mac_number(struct decode *d, size_t off) {
    const uint8_t *p = dec_bytes(d, off, 6);

    for (unsigned i = 0; p != NULL && i < 6; i++) {
        if (i > 0) {
            dec_chr(d, ':');
        }
        dec_hex(d, p[i], 2);
    }
}

void dec_mac(struct decode *d, size_t off) {
    static const uint8_t everyone[6] = {255, 255, 255, 255, 255, 255};
    const uint8_t *p = dec_bytes(d, off, 6);

    if (p == NULL) {
        return;
    }
    if (d->o.numeric) {
        dec_mac_number(d, off);
        return;
    }
    if (memcmp(p, everyone, 6) == 0) {
        DEC_LIT(d, "Broadcast");
        return;
    }
    const char *maker = DEC_WORD(makers, dec_u24(d, off));

    dec_mac_number(d, off);
    DEC_LIT(d, " (oui ");
    dec_str(d, maker != NULL ? maker : "Unknown");
    DEC_LIT(d, ")");
}
