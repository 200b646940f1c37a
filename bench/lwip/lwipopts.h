/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwipopts.h - settings of the lwIP that is built from its source (option bench_lwip_source)
 *
 * As fast as it will go for what the benchmarks do: no operating system layer, no IPv6, no
 * assertions, pools of fixed size for control blocks and segments, checksums while copying. The
 * window is that of the rows with 64 KB; it is compiled in, so rows with larger ones are left out.
 */
#ifndef BENCH_LWIPOPTS_H
#define BENCH_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1
#define LWIP_NETIF_TX_SINGLE_PBUF 1

#define MEM_ALIGNMENT 8
#define MEM_LIBC_MALLOC 1
#define MEMP_NUM_TCP_PCB 32768
#define MEMP_NUM_TCP_SEG 60000
#define MEMP_NUM_PBUF 60000
#define PBUF_POOL_SIZE 4096
#define PBUF_POOL_BUFSIZE 1536

#define TCP_MSS 1460
#define TCP_WND 0xffff
#define TCP_SND_BUF 0xffff
#define TCP_SND_QUEUELEN 256
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 1
#define TCP_QUEUE_OOSEQ 1
#define TCP_LISTEN_BACKLOG 0
#define LWIP_CHECKSUM_ON_COPY 1
#define LWIP_CHKSUM_ALGORITHM 3
#define ARP_QUEUEING 1
#define LWIP_TCP_KEEPALIVE 1
#define SO_REUSE 1

#endif
