/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick.h - short ways in and out for the packets that nearly all packets are
 *
 * Each does for a plain packet what the long way would do, or says no, and then the long way is
 * taken as if nothing had been. test/ip/quick_test.c holds the two against each other.
 *
 * ip_quick_input() remembers pairs of addresses that have passed all checks of the long way, on
 * that link, for one of our transports. What these checks depend on besides the addresses changes
 * ip.gen, and then nothing is remembered.
 */
#ifndef IP_QUICK_H
#define IP_QUICK_H

#include "base/pkt.h"
#include "ip/ip.h"

#define IP_QUICK_PAIRS 32

/**
 * struct ip_quick_pair - two addresses of packets for us
 * @gen: valid as long as ip.gen is that
 * @is4: of IPv4
 * @rx:  a packet between them as its transport sees it: addresses and links stay, the rest is
 *       written for each
 */
struct ip_quick_pair {
    uint64_t gen;
    bool is4;
    struct ip_rx rx;
};

/**
 * struct ip_quick - what the short ways know
 * @off: take the long ones (tests)
 */
struct ip_quick {
    struct ip_quick_pair pair[IP_QUICK_PAIRS];
    bool off;
};

void ip_quick_set(struct ip *ip, bool on);

/* The packet has passed every check, and a transport is about to get it. */
void ip_quick_note(struct ip *ip, const struct ip_rx *rx);

/* A frame as on the wire, of a link that is up. False: nothing was done. */
bool ip_quick_input(struct ip *ip, int link, const uint8_t *data, size_t len_bytes,
                    enum inl_drop *ret_drop);

/* A packet that ip_out() is asked to send, cause and owner set. True: its headers stand, and it is
 * where it belongs (IP_OUT_PLACED). */
bool ip_quick_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx);

#endif
