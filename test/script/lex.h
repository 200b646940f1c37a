/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex.h - the parser's cursor over the text of a script: characters, words, numbers, complaints
 *
 * There is no table of tokens: the language changes its lexical rules from place to place ("."
 * is a flag, a part of a number or half of an ellipsis). The first mistake is kept with its line
 * and ends the parse: every function returns false from then on.
 *
 * Invariant: p never passes the NUL at the end of the text.
 */
#ifndef SCRIPT_LEX_H
#define SCRIPT_LEX_H

#include "script.h"

struct parser {
    const char *file;
    const char *p;
    int line;
    char *err;
    size_t err_cap;
    bool failed;
    struct ps_script *out;
    unsigned events_cap;
};

/* Keeps the message, if it is the first, as "file:line: message". Returns false. */
bool lex_fail(struct parser *ps, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

bool lex_is_digit(char c);
bool lex_is_word(char c); /* letter, digit or underscore */

/* Passes blanks and comments (//, #, and slash-star). */
void lex_skip(struct parser *ps);
/* The next character that is not blank. */
char lex_peek(struct parser *ps);
/* Consumes the character if it comes next. */
bool lex_take(struct parser *ps, char c);
/* The same, and a mistake if it does not: "expected 'c' where, found ...". */
bool lex_expect(struct parser *ps, char c, const char *where);
/* What comes next, for a message. */
const char *lex_found(struct parser *ps, char buf[24]);
/* Consumes a word, of any kind or this one; the latter is no mistake if absent. */
bool lex_word(struct parser *ps, char *buf, size_t cap, const char *what);
bool lex_keyword(struct parser *ps, const char *w);
/* "text" */
bool lex_quoted(struct parser *ps, char *buf, size_t cap);

bool lex_number(struct parser *ps, uint64_t max, uint64_t *ret, const char *what);
bool lex_number32(struct parser *ps, uint32_t *ret, const char *what);
/* A relative sequence number: "-5" lies before the start. */
bool lex_seqnum(struct parser *ps, uint32_t *ret, const char *what);
/* Pairs of hexadecimal digits. */
bool lex_hex(struct parser *ps, uint8_t *buf, size_t cap, unsigned *ret_n);

/* parse_arg.c: one argument of a call; and a number or names joined by '|'. */
bool parse_argument(struct parser *ps, struct ps_arg *a);
bool parse_int(struct parser *ps, int64_t *ret);

/* parse_shell.c: the text between backquotes, as settings of the script. */
bool parse_shell(struct parser *ps);

/* parse_packet.c: from '<' or '>' to the end of the packet. */
bool parse_packet(struct parser *ps, struct ps_packet *pk);

#endif
