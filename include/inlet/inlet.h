/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inlet.h - everything that an embedder needs
 */
#ifndef INLET_H
#define INLET_H

#include <inlet/addr.h>
#include <inlet/alloc.h>
#include <inlet/cause.h>
#include <inlet/conf.h>
#include <inlet/group.h>
#include <inlet/info.h>
#include <inlet/net.h>
#include <inlet/offload.h>
#include <inlet/socket.h>
#include <inlet/stack.h>
#include <inlet/trace.h>
#include <inlet/types.h>
#include <inlet/world.h>

#endif
