/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep_test.c - fail the nth allocation, for every n
 *
 * The story: two hosts are made, one listens, the other connects, 100 kB go there and back, both
 * ends close, TIME-WAIT passes, datagrams cross, all is freed. It is told again and again with one
 * allocation failing, the nth of all, until none fails. Each time: no crash, no leak, and
 * either a call said -ENOMEM or the like, or everything arrived all the same.
 */
#include "rig.h"

#define STREAM_BYTES 100000

struct story {
    struct rig r;
    uint8_t data[STREAM_BYTES];
    size_t sent, echoed, got;
    int refused; /* the error that ended the story early, 0: none */
};

static bool is_out_of_memory(int64_t err) {
    return err == -ENOMEM || err == -ENOBUFS;
}

/* Notes an error that lack of memory excuses; true if there is one. */
static bool refused(struct story *t, int64_t result) {
    if (result >= 0 || result == -EINPROGRESS) {
        return false;
    }
    if (!is_out_of_memory(result)) {
        fail_msg("a call answered %d", (int)result);
    }
    assert_true(t->r.heap.failed);
    t->refused = (int)result;
    return true;
}

/* Sends from @at up to @end; what does not fit now has to wait. True on refusal. */
static bool push(struct story *t, int host, inl_sock s, size_t *at_byte, size_t end) {
    if (*at_byte < end) {
        int64_t n = inl_send(t->r.host[host], s, t->data + *at_byte, end - *at_byte, 0);

        if (n == -EAGAIN || is_out_of_memory(n)) {
            return false; /* tried again: memory may be there by then */
        }
        if (refused(t, n)) {
            return true;
        }
        *at_byte += (size_t)n;
    }
    return false;
}

/* Receives what is there, and compares. True on the end of the stream. */
static bool pull(struct story *t, int host, inl_sock s, size_t *count) {
    static uint8_t buf[STREAM_BYTES];
    int64_t n = inl_recv(t->r.host[host], s, buf, sizeof(buf), 0);

    if (n == -EAGAIN) {
        return false;
    }
    assert_true(n >= 0);
    assert_true(*count + (size_t)n <= STREAM_BYTES);
    assert_memory_equal(buf, t->data + *count, (size_t)n);
    *count += (size_t)n;
    return n == 0;
}

static void tell_streams(struct story *t) {
    const struct inl_sockaddr any = {.port = 80}, to = at("10.0.0.2", 80);
    struct rig *r = &t->r;
    inl_sock l, a, b = -EAGAIN;
    size_t arrived = 0;
    bool ended = false;

    l = inl_socket(r->host[1], INL_AF_INET6, INL_SOCK_STREAM);
    if (refused(t, l) || refused(t, inl_bind(r->host[1], l, &any)) ||
        refused(t, inl_listen(r->host[1], l, 4))) {
        return;
    }
    a = inl_socket(r->host[0], INL_AF_INET, INL_SOCK_STREAM);
    if (refused(t, a) || refused(t, inl_connect(r->host[0], a, &to))) {
        return;
    }
    for (int i = 0; i < 400 && b < 0; i++) {
        rig_pass(r, 100 * INL_MS);
        b = inl_accept(r->host[1], l, NULL);
        assert_true(b >= 0 || b == -EAGAIN || is_out_of_memory(b));
    }
    assert_true(b >= 0);
    for (int i = 0; i < 4000 && t->got < STREAM_BYTES; i++) {
        if (push(t, 0, a, &t->sent, STREAM_BYTES)) {
            return;
        }
        rig_pass(r, 20 * INL_MS);
        pull(t, 1, b, &arrived);
        if (push(t, 1, b, &t->echoed, arrived)) {
            return;
        }
        rig_pass(r, 20 * INL_MS);
        pull(t, 0, a, &t->got);
    }
    assert_int_equal(t->got, STREAM_BYTES);
    assert_int_equal(inl_shutdown(r->host[0], a, INL_SHUT_WR), 0);
    for (int i = 0; i < 400 && !ended; i++) {
        rig_pass(r, 100 * INL_MS);
        ended = pull(t, 1, b, &arrived);
    }
    assert_true(ended);
    assert_int_equal(inl_close(r->host[1], b), 0);
    assert_int_equal(inl_close(r->host[0], a), 0);
    assert_int_equal(inl_close(r->host[1], l), 0);
    rig_pass(r, 300 * INL_S); /* whatever was lost is sent again, TIME-WAIT is over */
    assert_int_equal(inl_sockets_snapshot(r->host[0], NULL, 0), 0);
    assert_int_equal(inl_sockets_snapshot(r->host[1], NULL, 0), 0);
}

static void tell_datagrams(struct story *t) {
    const struct inl_sockaddr any = {.port = 53}, to = at("fd00::2", 53);
    struct rig *r = &t->r;
    inl_sock a, b;
    int64_t n;
    char buf[8];

    b = inl_socket(r->host[1], INL_AF_INET6, INL_SOCK_DGRAM);
    if (refused(t, b) || refused(t, inl_bind(r->host[1], b, &any))) {
        return;
    }
    a = inl_socket(r->host[0], INL_AF_INET6, INL_SOCK_DGRAM);
    if (refused(t, a)) {
        return;
    }
    n = inl_sendto(r->host[0], a, "hello", 5, 0, &to);
    if (refused(t, n)) {
        return;
    }
    rig_settle(r);
    n = inl_recv(r->host[1], b, buf, sizeof(buf), 0);
    assert_true(n == 5 || (n == -EAGAIN && r->heap.failed));
}

/* Tells the story with allocation number n and those after it failing. False if it has no such
 * number. */
static bool tell(int64_t n, int64_t in_a_row) {
    static struct story t;

    memset(&t, 0, sizeof(t));
    for (size_t i = 0; i < STREAM_BYTES; i++) {
        t.data[i] = (uint8_t)(i * 131 >> 3);
    }
    t.r.now = (inl_time){INL_S};
    t.r.heap.fail_in = n;
    t.r.heap.fail_run = in_a_row;
    if (!refused(&t, rig_try(&t.r, NULL))) {
        tell_streams(&t);
        tell_datagrams(&t);
    }
    rig_done(&t.r);
    return t.r.heap.failed;
}

static void sweep(int64_t in_a_row) {
    int64_t n = 0;

    while (tell(n, in_a_row)) {
        n++;
        assert_true(n < 100000);
    }
    assert_true(n > 50);
    print_message("%d allocations failed, %d in a row\n", (int)n, (int)in_a_row);
}

static void test_every_allocation_may_fail(void **state) {
    (void)state;
    sweep(1);
}

/* The engine gives spare pages back and tries again before it refuses: so a second one fails. */
static void test_every_two_allocations_may_fail(void **state) {
    (void)state;
    sweep(2);
}

static void test_memory_may_be_short_for_a_while(void **state) {
    (void)state;
    sweep(5); /* a SYN that finds no memory is sent again after 1, 3, 7 and 15 s */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_every_two_allocations_may_fail),
        cmocka_unit_test(test_memory_may_be_short_for_a_while),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
