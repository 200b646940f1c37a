/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lan.h - one host on an Ethernet, and a test that plays everybody else there,
 * in virtual time
 *
 * Frames that leave the host are kept until the test asks for them; of those
 * that are not about the protocol under test (neighbour and router discovery),
 * the test hears nothing.
 */
#ifndef CONF_TEST_LAN_H
#define CONF_TEST_LAN_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dhcp4.h"
#include <inlet/inlet.h>

#define LAN_LINK 1

extern const uint8_t LAN_MAC[6], LAN_SERVER_MAC[6];

struct lan_msg {
    uint8_t b[1600];
    size_t len;
    inl_time at;
    enum inl_cause cause;
    uint8_t eth_dst[6];
    struct inl_addr src, dst;
    uint16_t sport, dport;
    const uint8_t *payload; /* in b */
    size_t payload_len;
};

struct lan {
    struct inl_stack *stack;
    inl_time now;
    unsigned arps; /* ARP messages that the host sent */
    struct inl_addr arp_target;
    bool arp_conflict; /* the test answers: the address is taken */
    bool has_dup;      /* somebody else has this address of IPv6 */
    struct inl_addr dup;
    unsigned msgs; /* datagrams that wait for lan_take() */
    struct lan_msg msg[64];
};

struct inl_addr lan_addr(const char *text);

void lan_start(struct lan *l);
void lan_stop(struct lan *l);

/* Lets time pass, event by event. */
void lan_run(struct lan *l, inl_dur by);
/* Until a datagram leaves, or for at most so long: false if there was none. */
bool lan_next(struct lan *l, inl_dur at_most, struct lan_msg *ret);
/* The next one that has left already. */
bool lan_take(struct lan *l, struct lan_msg *ret);

/* A datagram to the host, in a frame to its address or, for groups, to the
 * group's. */
enum inl_drop lan_feed(struct lan *l, const char *src, uint16_t sport, const char *dst,
                       uint16_t dport, const uint8_t *data, size_t len);

/* An ARP reply that says that somebody else has the address. */
void lan_claim(struct lan *l, const struct inl_addr *addr);

uint64_t lan_drops(const struct lan *l, enum inl_drop why);
bool lan_has_addr(const struct lan *l, const char *addr);

#endif
