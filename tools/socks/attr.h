/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attr.h - walks over the attributes of a netlink message; each is checked against the end
 */
#ifndef TOOLS_SOCKS_ATTR_H
#define TOOLS_SOCKS_ATTR_H

#include <libmnl/libmnl.h>

/* The attribute at @at if it lies wholly before @end, or NULL. */
static inline const struct nlattr *attr_at(const void *at, const void *end) {
    const struct nlattr *a = at;
    int left = (int)((const char *)end - (const char *)at);

    return mnl_attr_ok(a, left) ? a : NULL;
}

#define ATTR_EACH(a, begin, end)                                                                   \
    for ((a) = attr_at(begin, end); (a) != NULL; (a) = attr_at(mnl_attr_next(a), end))

/* Those behind a message's own header of so many bytes. */
#define ATTR_EACH_OF(a, nlh, header_bytes)                                                         \
    ATTR_EACH(a, mnl_nlmsg_get_payload_offset(nlh, header_bytes), mnl_nlmsg_get_payload_tail(nlh))

/* Those inside an attribute. */
#define ATTR_EACH_IN(a, nest)                                                                      \
    ATTR_EACH(a, mnl_attr_get_payload(nest),                                                       \
              (const char *)mnl_attr_get_payload(nest) + mnl_attr_get_payload_len(nest))

#endif
