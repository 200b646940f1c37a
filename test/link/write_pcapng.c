/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * write_pcapng.c - writes a small capture for other programs to read: write_pcapng FILE
 *
 * One Ethernet and one bare-IP interface, and frames whose length leaves every remainder of 4.
 */
#include "../wire/captured.h"

#include "link/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t unhex(const char *hex, uint8_t *out) {
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        const char digits[3] = {hex[i * 2], hex[i * 2 + 1], 0};

        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

int main(int argc, char **argv) {
    static const struct {
        const char *hex;
        const char *comment;
        enum pcapng_dir dir;
        int skip; /* 14: without the Ethernet header, on the second interface */
    } rows[] = {
        {CAP_ARP_REQUEST, "asks for the link-layer address of the next hop", PCAPNG_DIR_OUT, 0},
        {CAP_TCP_SYN_ACK, "handshake: answers a SYN", PCAPNG_DIR_OUT, 0},
        {CAP_UDP4, "", PCAPNG_DIR_IN, 0},
        {CAP_ECHO6_REQUEST, "x", PCAPNG_DIR_UNKNOWN, 14},
        {CAP_UDP6, NULL, PCAPNG_DIR_IN, 14},
        {CAP_NS "00", "one byte of padding", PCAPNG_DIR_OUT, 0},
        {CAP_NS "000000", "three bytes of padding", PCAPNG_DIR_OUT, 0},
    };
    struct pcapng *p;
    uint8_t buf[512];

    if (argc != 2 || pcapng_open(argv[1], INT64_C(1700000000000000000), &p) < 0) {
        fprintf(stderr, "usage: write_pcapng FILE\n");
        return 2;
    }
    if (pcapng_add_link(p, "net0", INL_LINK_ETHERNET) != 0 ||
        pcapng_add_link(p, "tun-with-a-name", INL_LINK_IP) != 1) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t skip = (size_t)rows[i].skip;
        struct pcapng_frame f = {
            .link = skip ? 1 : 0,
            .time = {(int64_t)i * 1000000 + 7},
            .data = buf + skip,
            .len_bytes = unhex(rows[i].hex, buf) - skip,
            .comment = rows[i].comment,
            .dir = rows[i].dir,
        };

        if (pcapng_write(p, &f) < 0) {
            return 1;
        }
    }
    return pcapng_close(p) < 0;
}
