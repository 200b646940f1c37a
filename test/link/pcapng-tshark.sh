#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A capture that we wrote is read by tshark without complaint, comments, times, names and
# directions included. Usage: pcapng-tshark.sh WRITE_PCAPNG
set -eu
command -v tshark >/dev/null || { echo "tshark is not installed: skipped"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1" "$dir/f.pcapng"
tshark -r "$dir/f.pcapng" -n -T fields -E separator='|' -e frame.time_epoch \
    -e frame.interface_name -e frame.packet_flags_direction -e frame.len -e frame.comment \
    -e _ws.malformed >"$dir/got" 2>"$dir/err"
cat >"$dir/want" <<'END'
1700000000.000000007|net0|0x00000002|42|asks for the link-layer address of the next hop|
1700000000.001000007|net0|0x00000002|74|handshake: answers a SYN|
1700000000.002000007|net0|0x00000001|48||
1700000000.003000007|tun-with-a-name||64|x|
1700000000.004000007|tun-with-a-name|0x00000001|54||
1700000000.005000007|net0|0x00000002|87|one byte of padding|
1700000000.006000007|net0|0x00000002|89|three bytes of padding|
END
# tshark says that it runs as root; anything else on stderr is a complaint about the file.
grep -v "Running as user" "$dir/err" >"$dir/complaints" || true
diff -u "$dir/want" "$dir/got"
diff -u /dev/null "$dir/complaints"
