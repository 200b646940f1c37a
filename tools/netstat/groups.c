/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * groups.c - the machine's multicast groups, as /proc/net/igmp and igmp6 list them
 *
 * igmp has a line for an interface ("2 eth0 : 3 V3") and indented ones for its groups, whose
 * addresses are words of the kernel's memory in hexadecimal.
 */
#include "tools/common/out.h"
#include "tools/netstat/netstat.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static void print_group(const struct netstat_options *o, const char *link, uint32_t users,
                        const struct inl_addr *group) {
    char text[INL_ADDR_TEXT_MAX] = "?";

    inl_addr_format(group, text, sizeof(text));
    if (o->json) {
        out_json(json_pack("{s:s, s:n, s:o, s:s, s:I}", "type", "group", "host", "link",
                           out_json_text(link), "group", text, "sockets", (json_int_t)users));
    } else {
        printf("%-15s %-6" PRIu32 " %s\n", link, users, text);
    }
}

static int print_four(const struct netstat_options *o) {
    FILE *f = fopen("/proc/net/igmp", "re");
    char line[160], link[IF_NAMESIZE] = "-";

    if (f == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        uint32_t word, users;

        if (isdigit((unsigned char)line[0])) {
            if (sscanf(line, "%*u %15s", link) != 1) {
                snprintf(link, sizeof(link), "-");
            }
        } else if (sscanf(line, " %8" SCNx32 " %10" SCNu32, &word, &users) == 2) {
            struct inl_addr group = inl_addr_from4(ntohl(word));

            print_group(o, link, users, &group);
        }
    }
    fclose(f);
    return 0;
}

static bool read_bytes(const char *hex, uint8_t bytes[16]) {
    for (int i = 0; i < 16; i++) {
        unsigned byte;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        bytes[i] = (uint8_t)byte;
    }
    return true;
}

static int print_six(const struct netstat_options *o) {
    FILE *f = fopen("/proc/net/igmp6", "re");
    char line[160];

    if (f == NULL) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        char link[IF_NAMESIZE], hex[33];
        uint8_t bytes[16];
        uint32_t users;

        if (sscanf(line, "%*u %15s %32s %10" SCNu32, link, hex, &users) == 3 && strlen(hex) == 32 &&
            read_bytes(hex, bytes)) {
            struct inl_addr group = inl_addr_from6(bytes);

            print_group(o, link, users, &group);
        }
    }
    fclose(f);
    return 0;
}

int print_machine_groups(const struct netstat_options *o) {
    if (!o->json) {
        printf("IPv6/IPv4 Group Memberships\nInterface       RefCnt Group\n"
               "--------------- ------ ---------------------\n");
    }
    int err = o->six && !o->four ? 0 : print_four(o);

    return err < 0 || (o->four && !o->six) ? err : print_six(o);
}
