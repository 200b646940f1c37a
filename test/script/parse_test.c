/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_test.c - what the parser makes of good scripts, and what it says about bad ones
 *
 * The message of a bad script is a part of the runner's interface: each must name the line, what
 * was found, and what was expected.
 */
#include "script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parse_ok(const char *text, struct ps_script *s) {
    char err[400] = "";

    if (ps_parse("t.pkt", text, s, err, sizeof(err)) != 0) {
        fail_msg("%s", err);
    }
}

static void test_packet(void **state) {
    struct ps_script s;
    const struct ps_packet *p;

    (void)state;
    parse_ok("// comment\n/* two\nlines */ # and one more\n"
             "+.25 > @3 [ttl 64, ect0] P. 1:1001(1000) ack -1 win 7 "
             "<mss 1460,nop,wscale 7,sackOK,sack 1:2 5:9,TS val 1 ecr 2> why data-push\n",
             &s);
    assert_int_equal(s.nevents, 1);
    assert_int_equal(s.events[0].line, 4);
    assert_int_equal(s.events[0].time.kind, PS_TIME_AFTER);
    assert_int_equal(s.events[0].time.lo_ns, 250000000);
    p = &s.events[0].u.packet;
    assert_false(p->in);
    assert_int_equal(p->flow, 3);
    assert_int_equal(p->ip.ttl, 64);
    assert_int_equal(p->ip.ecn, 2);
    assert_int_equal(p->ip.tos, -1);
    assert_int_equal(p->flags, PS_PSH | PS_ACK);
    assert_int_equal(p->seq, 1);
    assert_int_equal(p->len, 1000);
    assert_int_equal(p->ack, 0xffffffffu);
    assert_true(p->has_win);
    assert_int_equal(p->win, 7);
    assert_int_equal(p->nopts, 6);
    assert_int_equal(p->opts[0].a, 1460);
    assert_int_equal(p->opts[2].a, 7);
    assert_int_equal(p->opts[4].n, 4);
    assert_int_equal(p->opts[4].v[3], 9);
    assert_int_equal(p->opts[5].b, 2);
    assert_string_equal(p->why, "data-push");
    ps_script_free(&s);
}

static void test_times(void **state) {
    static const struct {
        const char *text;
        enum ps_time_kind kind;
        int64_t lo, hi;
    } t[] = {
        {"0 > R 0:0(0)", PS_TIME_AT, 0, 0},
        {"0.3 > R 0:0(0)", PS_TIME_AT, 300000000, 300000000},
        {"+1.000000001 > R 0:0(0)", PS_TIME_AFTER, 1000000001, 1000000001},
        {"+0~+.2 > R 0:0(0)", PS_TIME_AFTER, 0, 200000000},
        {"0.1~0.2 > R 0:0(0)", PS_TIME_AT, 100000000, 200000000},
        {"* > R 0:0(0)", PS_TIME_ANY, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        struct ps_script s;

        parse_ok(t[i].text, &s);
        assert_int_equal(s.events[0].time.kind, t[i].kind);
        assert_int_equal(s.events[0].time.lo_ns, t[i].lo);
        assert_int_equal(s.events[0].time.hi_ns, t[i].hi);
        ps_script_free(&s);
    }
}

static void test_call(void **state) {
    struct ps_script s;
    const struct ps_call *c;

    (void)state;
    parse_ok("--mtu=1400\n--config=msl=5s\n"
             "+0...0.2 read(4, ..., 10) = -1 ECONNRESET (Connection reset by peer)\n"
             "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n"
             "+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1\n"
             "+0 %{ assert tcpi_state == ESTABLISHED }%\n",
             &s);
    assert_int_equal(s.nsettings, 2);
    assert_string_equal(s.settings[1].name, "config");
    assert_string_equal(s.settings[1].value, "msl=5s");
    assert_int_equal(s.nevents, 4);
    c = &s.events[0].u.call;
    assert_string_equal(c->name, "read");
    assert_int_equal(c->nargs, 3);
    assert_int_equal(c->args[0].v, 4);
    assert_int_equal(c->args[1].kind, PS_ARG_ANY);
    assert_int_equal(c->result, -ECONNRESET);
    assert_true(c->blocking);
    assert_int_equal(c->end.lo_ns, 200000000);
    assert_int_equal(s.events[1].u.call.args[3].kind, PS_ARG_LINGER);
    assert_int_equal(s.events[1].u.call.args[3].v, 1);
    assert_int_equal(s.events[2].u.call.args[0].polls[0].fd, 4);
    assert_string_equal(s.events[3].u.text, " assert tcpi_state == ESTABLISHED ");
    ps_script_free(&s);
}

static void test_icmp(void **state) {
    struct ps_script s;
    uint8_t type;
    uint8_t code;

    (void)state;
    parse_ok("0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]\n"
             "0 < udp (10) to 9\n"
             "0 < icmp echo_request id 1 seq 2 (56)\n",
             &s);
    assert_int_equal(s.events[0].u.packet.icmp.mtu, 1200);
    assert_int_equal(s.events[0].u.packet.icmp.quote_seq, 1);
    assert_true(ps_icmp_wire(s.events[0].u.packet.icmp.type, false, &type, &code));
    assert_int_equal(type, 3);
    assert_int_equal(code, 4);
    assert_true(ps_icmp_wire(s.events[0].u.packet.icmp.type, true, &type, &code));
    assert_int_equal(type, 2);
    assert_int_equal(s.events[1].u.packet.dport, 9);
    assert_int_equal(s.events[1].u.packet.len, 10);
    assert_int_equal(s.events[2].u.packet.icmp.seq, 2);
    ps_script_free(&s);
}

static void test_bad(void **state) {
    static const struct {
        const char *text, *message;
    } t[] = {
        {"", "t.pkt:1: the script has no events"},
        {"// only this", "t.pkt:1: the script has no events"},
        {"\n/* no end", "t.pkt:2: the comment has no end"},
        {"0 < S 0:0(0)\nxyz > S 0:0(0)", "t.pkt:2: expected a time"},
        {"+ < S 0:0(0)", "t.pkt:1: expected a time"},
        {"0.2~0.1 > S 0:0(0)", "t.pkt:1: the range of time ends before it begins"},
        {"0.1~0.2 < S 0:0(0)", "t.pkt:1: a packet that is sent in needs an exact time"},
        {"* < S 0:0(0)", "t.pkt:1: a packet that is sent in needs an exact time"},
        {"* close(3) = 0", "t.pkt:1: a call needs an exact time"},
        {"0...1 > S 0:0(0)", "t.pkt:1: a packet has no end time"},
        {"0 < X 0:0(0)", "t.pkt:1: expected TCP flags"},
        {"0 < SS 0:0(0)", "t.pkt:1: the flag 'S' stands twice"},
        {"0 <\nS 0-0(0)", "t.pkt:2: expected ':' in seq:end(len), found '-0'"},
        {"0 < S 0:5(4)", "t.pkt:1: seq:end(len) does not add up: 0:5 is 5 bytes, not 4"},
        {"0 < S 0:0", "t.pkt:1: expected '(' in seq:end(len), found the end of the script"},
        {"0 < S 0:0(0) ack 1", "t.pkt:1: ack without the flag '.'"},
        {"0 < S. 0:0(0)", "t.pkt:1: the flag '.' wants: ack N"},
        {"0 < S 0:0(0) win 65536", "t.pkt:1: the window field has 16 bits: 65536"},
        {"0 < S 5000000000:0(0)", "t.pkt:1: a sequence number is 5000000000, at most"},
        {"0 < S 0:0(0) <mss>", "t.pkt:1: expected an MSS, found '>'"},
        {"0 < S 0:0(0) <md5 1>", "t.pkt:1: unknown TCP option: found 'md5'"},
        {"0 < S 0:0(0) <mss 1460", "t.pkt:1: expected '>' after the TCP options"},
        {"0 < S 0:0(0) <...>", "t.pkt:1: <...> says nothing in a packet that is sent in"},
        {"0 < S 0:0(0) <raw 1e0>", "t.pkt:1: expected pairs of hexadecimal digits"},
        {"0 < S 0:0(0) why syn", "t.pkt:1: expected a time such as 0.1, +.1 or *, found 'why'"},
        {"0 > S 0:0(0) why", "t.pkt:1: expected the short name of a cause after why"},
        {"0 < @16 S 0:0(0)", "t.pkt:1: the number of a flow is 16, at most 15 can be"},
        {"0 < [speed 3] S 0:0(0)", "t.pkt:1: unknown IP field 'speed'"},
        {"0 < [ttl 300] S 0:0(0)", "t.pkt:1: a TTL is 300, at most 255 can be"},
        {"0 < icmp nonsense", "t.pkt:1: unknown ICMP message 'nonsense'"},
        {"0 < icmp unreachable nowhere", "t.pkt:1: unknown ICMP message 'unreachable nowhere'"},
        {"0 < udp 10", "t.pkt:1: expected '(' after udp, found '10'"},
        {"0 close(3)", "t.pkt:1: expected '=' before the expected result"},
        {"0 close(3 = 0", "t.pkt:1: expected ')' after the arguments"},
        {"0 close(3) = -1 EWHAT", "t.pkt:1: unknown error 'EWHAT'"},
        {"0 close(3) = -1", "t.pkt:1: expected the name of an error after -1"},
        {"0 close(three) = 0", "t.pkt:1: unknown name 'three'"},
        {"0 bind(3, \"any:1, ...) = 0", "t.pkt:1: the text has no end"},
        {"0 f(1,2,3,4,5,6,7,8,9) = 0", "t.pkt:1: too many arguments"},
        {"0 %{ assert 1", "t.pkt:1: %{ has no end"},
        {"0 `sysctl -w x=1`", "t.pkt:1: expected net.ipv4.NAME=VALUE, found 'x=1'"},
        {"0 `sysctl -w net.x=1", "t.pkt:1: the shell command has no end"},
        {"0 close(3) = 0\n1 `ls`", "t.pkt:2: shell commands stand before all events"},
        {"0 writev(4, [{..., x}], 1) = 0", "t.pkt:1: expected the length of the buffer"},
        {"0 sendmsg(4, {msg_iov(2)=[{..., 1}]}, 0) = 0", "t.pkt:1: msg_iov(2) has 1 buffers"},
        {"0 sendmsg(4, {msg_nix=1}, 0) = 0", "t.pkt:1: expected msg_flags"},
        {"0 f({events=EPOLLIN, x=1}) = 0", "t.pkt:1: expected fd=, u32=, u64= or ptr="},
        {"0 f({sa_family=AF_INET, x}) = 0", "t.pkt:1: expected sin_port"},
        {"0 f([1, ]) = 0", "t.pkt:1: expected a number or a name"},
        {"--mtu 1500\n0 close(3) = 0", "t.pkt:1: expected '=' after the name of the setting"},
        {"--mtu=\n0 close(3) = 0", "t.pkt:1: expected a value for --mtu"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        struct ps_script s;
        char err[400] = "";

        if (ps_parse("t.pkt", t[i].text, &s, err, sizeof(err)) == 0) {
            fail_msg("a bad script was accepted: %s", t[i].text);
        }
        if (strncmp(err, t[i].message, strlen(t[i].message)) != 0) {
            fail_msg("%s\n  gave:     %s\n  expected: %s", t[i].text, err, t[i].message);
        }
        ps_script_free(&s);
    }
}

/* Every prefix of a script that uses everything: no crash, and a message if it is refused. */
static void test_prefixes(void **state) {
    static const char whole[] =
        "--mtu=1400\n`sysctl -q net.a=\"1 2\"\necho 1 > /proc/sys/net/b; x/defaults.sh`\n+.25 > @3 "
        "[ttl 64,src \"1.2.3.4\",ipopt 0101] P. 1:11(10) ack 1 win 7 urg 3 "
        "<mss 1460,wscale 7,FO abcd,raw 1e03aa,sack 1:2,TS val 1 ecr 2> to 9 newisn why rtx-rto\n"
        "0 < icmp unreachable port_unreachable [udp (3)]\n0 < icmp type 200 code 1 (5)\n"
        "0...1 poll([{fd=1,events=POLLIN,revents=0}], 1, -1) = 0x2 (flags)\n"
        "0 f([1], {onoff=1, linger=2}, \"text\", ..., A|1) = ?\n0 %{ assert 1 }%\n"
        "0 f({events=1, fd=2}, [{..., 5}, {..., 6}], [5, 6], [...]) = 0\n"
        "0 f({sa_family = 2, sin_port = htons(80), sin_addr = inet_addr(\"1.2.3.4\")}) = 0\n"
        "0 f({msg_name(...)=..., msg_iov(1)=[{..., 1}], msg_flags=0}) = 0\n";

    (void)state;
    for (size_t n = 0; n < sizeof(whole); n++) {
        char *text = malloc(n + 1); /* exactly as long: the address sanitizer sees over-reads */
        struct ps_script s;
        char err[64] = "";

        assert_non_null(text);
        memcpy(text, whole, n);
        text[n] = '\0';
        if (ps_parse("t.pkt", text, &s, err, sizeof(err)) != 0) {
            assert_true(strncmp(err, "t.pkt:", 6) == 0);
        }
        ps_script_free(&s);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packet), cmocka_unit_test(test_times),
        cmocka_unit_test(test_call),   cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_bad),    cmocka_unit_test(test_prefixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
