# SPDX-License-Identifier: BSD-2-Clause
# A thin door to meson for people who type make. `make help` tells what there is.

BUILD = build
PREFIX = /usr/local
DESTDIR =

.PHONY: all build demo check install clean help

all: build

build:
	@scripts/deps --check build
	@test -f $(BUILD)/build.ninja || { out=$$(meson setup $(BUILD) 2>&1) || { echo "$$out"; exit 1; }; }
	@ninja -C $(BUILD)

demo:
	@scripts/deps build run
	@$(MAKE) --no-print-directory build
	@scripts/demo $(BUILD)

check:
	@scripts/deps
	@scripts/check

# An install directory of a build is fixed when it is configured.
install:
	@scripts/deps --check build
	@if test -f $(BUILD)/build.ninja; then meson configure $(BUILD) -Dprefix=$(PREFIX); \
	else meson setup $(BUILD) --prefix=$(PREFIX); fi
	@ninja -C $(BUILD)
	@meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir=$(abspath $(DESTDIR)))

clean:
	rm -rf $(BUILD) build-check build-fuzz

help:
	@echo 'make                        build the library and the program in $(BUILD)/'
	@echo 'make demo                   watch curl fetch 10 MB from python3 over two inlet hosts'
	@echo 'make check                  all builds, tests and checks; under 20 minutes on 2 cores'
	@echo 'make install PREFIX=/usr/local DESTDIR='
	@echo '                            install library, headers, program and manual pages'
	@echo 'make clean                  remove what was built'
	@echo
	@echo 'demo and check install what is missing with apt-get, if they may; see scripts/deps.'
