# libopenclaw. `make help` lists the targets.
B      ?= build
CC     ?= cc
CXX    ?= c++
CFLAGS ?= -O2 -g
own_cppflags = -Iinclude -Ilib -D_GNU_SOURCE
own_cflags   = -std=c11 -fvisibility=hidden -ffp-contract=off -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wundef -Wvla -Wc++-compat

lib_src  := $(sort $(wildcard lib/*/*.c))
lib_obj  := $(lib_src:%.c=$(B)/%.o)
test_src := $(sort $(wildcard tests/*/test_*.c))
test_bin := $(test_src:%.c=$(B)/%)
bench_src := $(sort $(wildcard bench/bench_*.c))
bench_bin := $(bench_src:%.c=$(B)/%)

all: $(B)/libopenclaw.a
$(B)/libopenclaw.a: $(lib_obj)
	rm -f $@ && $(AR) rcs $@ $^
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/tests/%: tests/%.c $(B)/libopenclaw.a
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libopenclaw.a $$(pkg-config --cflags --libs check) -ljansson -lm -lpthread
$(B)/bench/%: bench/%.c $(B)/libopenclaw.a
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libopenclaw.a -lm -lpthread
check: $(test_bin)
	@set -e; for t in $^; do echo "$$t"; $$t; done
bench: $(bench_bin)
	@set -e; for t in $^; do $$t; done
clean:
	rm -rf $(B)
-include $(lib_obj:.o=.d) $(test_bin:=.d) $(bench_bin:=.d)
.PHONY: all check bench clean
