/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - what the scenes of calls.c and calls_msg.c share
 */
#ifndef TEST_HOST_CALLS_H
#define TEST_HOST_CALLS_H

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "calls.c:%d: %s (errno %d: %s)\n", __LINE__, #cond, errno,             \
                    strerror(errno));                                                              \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)
/* The call fails with this errno. */
#define CHECK_ERR(call, err) CHECK((call) == -1 && errno == (err))

struct sockaddr_in loopback(uint16_t port);
int make(int type);
/* Waits until poll() says something; what. */
int wait_for(int fd, short events);

void case_control(void);
void case_errors(void);
void case_ip_options(void);
void case_unreachable(void);
void case_told(void);
void case_udp(void);
void case_six(void);

#endif
