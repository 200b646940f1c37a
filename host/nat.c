/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/nat.h"

int nat_open(struct lab *lab) {
    (void)lab;
    return 0;
}

void nat_close(struct lab *lab) {
    (void)lab;
}

bool nat_event(struct lab *lab, int host, const struct inl_event *ev) {
    (void)lab, (void)host, (void)ev;
    return false;
}

inl_time nat_deadline(const struct lab *lab) {
    (void)lab;
    return INL_TIME_NEVER;
}

bool nat_busy(const struct lab *lab) {
    (void)lab;
    return false;
}
