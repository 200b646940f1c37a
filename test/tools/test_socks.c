/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_socks.c - sockets as /proc lists them, their names, and what becomes of them over time
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/netstat/rtnl.h"
#include "tools/socks/socks.h"
#include "tools/socks/unix.h"
#include "tools/top/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- /proc/net/tcp and its like ---- */

static const char line_four[] =
    "   1: 0100007F:1F90 0200000A:C350 01 00000010:00000020 02:000AFC8A 00000003  1000        7 "
    "1234567 2 0000000000000000 20 4 30 10 -1";
static const char line_six[] =
    "   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A "
    "00000000:00000005 00:00000000 00000000     0        0 42 1 0000000000000000 100 0 0 10 0";

static void check_end(const struct sock *s, const struct sock_end *end, const char *want) {
    char text[SOCK_END_MAX];

    sk_end_text(s, end, SOCK_BRACKETS, text);
    assert_string_equal(text, want);
}

static void test_proc_lines(void **state) {
    struct sock s;

    (void)state;
    assert_int_equal(procnet_line(line_four, SK_TCP, false, &s), 0);
    check_end(&s, &s.local, "127.0.0.1:8080");
    check_end(&s, &s.remote, "10.0.0.2:50000");
    assert_string_equal(sk_state(&s), "ESTABLISHED");
    assert_string_equal(sk_proto(&s), "tcp");
    assert_int_equal(s.sndq, 16);
    assert_int_equal(s.rcvq, 32);
    assert_int_equal(s.timer, SOCK_TIMER_KEEPALIVE);
    assert_true(s.timer_ns == (inl_dur)0xafc8a * 10000000);
    assert_int_equal(s.retrans, 3);
    assert_int_equal(s.probes, 7);
    assert_int_equal(s.uid, 1000);
    assert_int_equal(s.inode, 1234567);
    assert_int_equal(procnet_line(line_six, SK_TCP, true, &s), 0);
    check_end(&s, &s.local, "[::1]:22");
    check_end(&s, &s.remote, "[::]:*");
    assert_true(sk_listens(&s) && !sk_has_peer(&s));
    assert_string_equal(sk_proto(&s), "tcp6");
    assert_string_equal(sk_state_windows(&s), "LISTENING");
}

/* Headings, and lines that end anywhere: refused, never read past. */
static void test_proc_bad_lines(void **state) {
    struct sock s;
    char cut[sizeof(line_four)];

    (void)state;
    assert_int_equal(procnet_line("  sl  local_address rem_address   st", SK_TCP, false, &s),
                     -EINVAL);
    assert_int_equal(procnet_line(line_four, SK_TCP, true, &s), -EINVAL);
    for (size_t n = 0; n < (size_t)(strstr(line_four, "1234567") - line_four); n++) {
        memcpy(cut, line_four, n);
        cut[n] = '\0';
        assert_int_equal(procnet_line(cut, SK_TCP, false, &s), -EINVAL);
    }
}

/* What the kernel says by sock_diag and by /proc is the same list. */
static void test_two_sources(void **state) {
    struct socks want = {.kinds = 1u << SK_TCP, .four = true, .lab_fd = -1};
    struct sock_list diag = {0}, proc = {0};

    (void)state;
    assert_int_equal(procnet_read(&want, &proc), 0);
    if (diag_read(&want, &diag) == 0) {
        for (size_t i = 0; i < proc.n; i++) {
            bool found = proc.at[i].state != INL_TCP_LISTEN; /* others come and go meanwhile */

            for (size_t j = 0; !found && j < diag.n; j++) {
                found = diag.at[j].inode == proc.at[i].inode &&
                        diag.at[j].local.port == proc.at[i].local.port &&
                        diag.at[j].state == proc.at[i].state;
            }
            assert_true(found);
        }
    }
    sk_list_done(&diag);
    sk_list_done(&proc);
}

/* A line of /proc/net/unix; the name may look like anything. */
static void test_unix_lines(void **state) {
    static const char line[] = "000000009f4561c0: 00000002 00000000 00010000 0005 01   123 @a b\t";
    struct unix_sock s;

    (void)state;
    assert_int_equal(unix_line(line, &s), 0);
    assert_string_equal(unix_type(&s), "SEQPACKET");
    assert_string_equal(unix_state(&s), "LISTENING");
    assert_string_equal(s.name, "@a b\t");
    assert_true(s.abstract && s.refs == 2 && s.inode == 123 && !s.has_detail);
    assert_int_equal(unix_line("f: 00000003 00000000 00000000 0001 03     0", &s), 0);
    assert_string_equal(unix_state(&s), "CONNECTED");
    assert_true(s.name[0] == '\0' && !s.abstract && s.inode == 0);
    assert_int_equal(unix_line("Num       RefCount Protocol Flags    Type St Inode Path", &s),
                     -EINVAL);
    unix_set_name(&s, "\0\0x\0", 4);
    assert_string_equal(s.name, "@@x@");
    assert_true(s.abstract);
    unix_set_name(&s, "/run/x\0rest", 11);
    assert_string_equal(s.name, "/run/x");
}

/* A list that changes while it is read still comes to its end. */
static void test_dump_changes(void **state) {
    _Alignas(struct nlmsghdr) char buf[64];
    struct nlmsghdr *first = mnl_nlmsg_put_header(buf);
    struct nlmsghdr *last = mnl_nlmsg_put_header(buf + first->nlmsg_len);
    size_t n = first->nlmsg_len + last->nlmsg_len;

    (void)state;
    first->nlmsg_flags = last->nlmsg_flags = NLM_F_MULTI;
    first->nlmsg_type = 99;
    last->nlmsg_type = NLMSG_DONE;
    assert_false(rtnl_settle(buf, n));
    last->nlmsg_flags |= NLM_F_DUMP_INTR;
    assert_int_equal(mnl_cb_run(buf, n, 0, 0, NULL, NULL), -1); /* what would happen */
    assert_true(rtnl_settle(buf, n));
    assert_int_equal(mnl_cb_run(buf, n, 0, 0, NULL, NULL), MNL_CB_STOP);
    assert_int_equal(first->nlmsg_flags, NLM_F_MULTI);
}

static void test_states(void **state) {
    uint32_t states = 0;

    (void)state;
    assert_int_equal(sk_states_parse("syn-recv,FIN_WAIT2", &states), 0);
    assert_int_equal(states, 1u << INL_TCP_SYN_RECEIVED | 1u << INL_TCP_FIN_WAIT_2);
    assert_int_equal(sk_states_parse("connected", &states), 0);
    assert_int_equal(states & (1u << INL_TCP_LISTEN | 1u << INL_TCP_CLOSED), 0);
    assert_int_equal(sk_states_parse("established,", &states), -EINVAL);
    assert_int_equal(sk_states_parse("establishedestablishedestablished", &states), -EINVAL);
}

/* ---- rows over time ---- */

static struct sock *put(struct sock_list *list, uint64_t id, uint64_t received) {
    struct sock *s = sk_list_add(list);

    assert_non_null(s);
    s->id = id;
    s->kind = SK_TCP;
    s->state = INL_TCP_ESTABLISHED;
    s->has_tcp = true;
    s->tcp.bytes_received = received;
    s->local = s->remote = (struct sock_end){.addr = INL_ADDR_ANY4, .port = (uint16_t)id};
    return s;
}

static const struct row *row_of(const struct rows *r, uint64_t id) {
    for (size_t i = 0; i < r->n; i++) {
        if (r->at[i]->sock.id == id) {
            return r->at[i];
        }
    }
    return NULL;
}

static void test_rows(void **state) {
    struct sock_list list = {0};
    struct rows r;

    (void)state;
    rows_init(&r, 2 * INL_S);
    put(&list, 1, 0);
    put(&list, 2, 0);
    assert_int_equal(rows_update(&r, &list, INL_S), 0);
    assert_int_equal(row_of(&r, 1)->mark, ROW_STEADY); /* what was there before is not new */
    assert_true(row_of(&r, 1)->rx_rate < 0);

    sk_list_clear(&list);
    put(&list, 1, 3000);
    put(&list, 3, 0);
    assert_int_equal(rows_update(&r, &list, 3 * INL_S), 0);
    assert_true(row_of(&r, 1)->rx_rate > 1499 && row_of(&r, 1)->rx_rate < 1501);
    assert_int_equal(row_of(&r, 2)->mark, ROW_CLOSED);
    assert_int_equal(row_of(&r, 3)->mark, ROW_NEW);
    assert_int_equal(r.alive, 2);

    sk_list_clear(&list);
    put(&list, 1, 3000)->state = INL_TCP_CLOSE_WAIT;
    put(&list, 3, 0);
    put(&list, 3, 500); /* cannot be told from the one before: ignored */
    assert_int_equal(rows_update(&r, &list, 4 * INL_S), 0);
    assert_int_equal(row_of(&r, 1)->mark, ROW_CHANGED);
    assert_int_equal(row_of(&r, 3)->mark, ROW_NEW);
    assert_int_equal(row_of(&r, 2)->mark, ROW_CLOSED);
    assert_int_equal(rows_update(&r, &list, 6 * INL_S), 0);
    assert_null(row_of(&r, 2)); /* gone after its moment */
    assert_int_equal(row_of(&r, 1)->mark, ROW_STEADY);
    assert_int_equal(row_of(&r, 3)->mark, ROW_STEADY);
    assert_int_equal(r.opened, 1);
    assert_int_equal(r.closed, 1);
    rows_done(&r);
    sk_list_done(&list);
}

/* A filter of several words, a tree, and the order. */
static void test_view(void **state) {
    struct view v = {.all = true, .sort = COL_LOCAL};
    struct sock_list list = {0};
    struct rows r;

    (void)state;
    rows_init(&r, INL_S);
    for (uint64_t id = 9; id > 0; id--) {
        struct sock *s = put(&list, id, 0);

        s->pid = id % 2 ? 100 : 200;
        snprintf(s->program, sizeof(s->program), "%s", id % 2 ? "Odd" : "even");
    }
    assert_int_equal(rows_update(&r, &list, INL_S), 0);
    assert_int_equal(view_make(&v, &r), 0);
    assert_int_equal(v.n, 9);
    assert_int_equal(v.line[0].row->sock.id, 1);
    v.reverse = true;
    assert_int_equal(view_make(&v, &r), 0);
    assert_int_equal(v.line[0].row->sock.id, 9);
    snprintf(v.filter, sizeof(v.filter), " odd  :3 ESTAB");
    assert_int_equal(view_make(&v, &r), 0);
    assert_int_equal(v.n, 1);
    assert_int_equal(v.line[0].row->sock.id, 3);
    v.filter[0] = '\0';
    v.tree = true;
    assert_int_equal(view_make(&v, &r), 0);
    assert_int_equal(v.n, 11);
    assert_true(v.line[0].process && v.line[0].sockets == 5 && v.line[0].row->sock.pid == 100);
    assert_true(v.line[6].process && v.line[6].sockets == 4);
    view_done(&v);
    rows_done(&r);
    sk_list_done(&list);
}

static void test_bytes(void **state) {
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {{0, "0"},      {999, "999"},      {999.6, "1.0K"}, {1234, "1.2K"}, {99900, "100K"},
                 {1e6, "1.0M"}, {999.4e6, "999M"}, {3e17, "300P"},  {9e18, "9000P"}};
    char buf[16];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        column_bytes(cases[i].bytes, buf);
        assert_string_equal(buf, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proc_lines),   cmocka_unit_test(test_proc_bad_lines),
        cmocka_unit_test(test_two_sources),  cmocka_unit_test(test_unix_lines),
        cmocka_unit_test(test_dump_changes), cmocka_unit_test(test_states),
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_view),
        cmocka_unit_test(test_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
