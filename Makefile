# libopenclaw. `make help` lists the targets; `make deps check` is all that a fresh Debian 12 needs.
#
# Everything is built under $(B). The user's CC, AR, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS reach every command, behind our
# own flags. Files are found by wildcard: a new lib/<room>/<module>.c or tests/<room>/test_<module>.c needs no line here.

# ---- what a user may set
B            ?= build
CC           ?= cc
CXX          ?= c++
AR           ?= ar
INSTALL      ?= install
PKG_CONFIG   ?= pkg-config
CFLAGS       ?= -O2 -g
CXXFLAGS     ?= -O2
WERROR       ?=
ATOMICS      ?= ao
prefix       ?= /usr/local
libdir       ?= $(prefix)/lib
includedir   ?= $(prefix)/include
pkgconfigdir ?= $(libdir)/pkgconfig
STRESS_S     ?= 10
FUZZ_S       ?= 20
DEPLOY_TOOLS ?= $(B)/deploy-tools
OCL_VECTORS  ?= $(abspath $(wildcard ../shared/vectors))
# Flags of a sanitizer or of coverage, set by the targets below; behind the user's, so that they win.
VARIANT      ?=

# ---- the packages of Debian 12 that `make deps` installs
debian_packages = build-essential gcc g++ clang clang-format clang-tidy libclang-rt-14-dev llvm-14 make pkg-config git \
	libatomic-ops-dev check relacy-dev libmicrohttpd-dev libjansson-dev libsqlite3-dev prometheus wrk gnuplot-nox doxygen \
	cppcheck codespell valgrind libc6-dbg python3 python3-prometheus-client curl jq sqlite3 abigail-tools procps \
	libhiredis-dev libssl-dev openssl redis-server redis-sentinel haproxy libncurses-dev tmux libmpfr-dev python3-mpmath
# What only `make deps-deploy` installs, for the checks of the deployment kit.
deploy_packages = docker-compose yamllint shellcheck jq buildah busybox python3-yaml python3-jsonschema python3-venv \
	ca-certificates uidmap
# What only `make deps-peers` installs. Cargo, Go and Node are taken from PATH: Debian's are older than the peers want.
peer_packages = libdpdk-dev maven default-jdk-headless python3-venv
# What only `make deps-arm64` installs, for `make bits`.
arm64_packages = gcc-aarch64-linux-gnu qemu-user check:arm64 libjansson-dev:arm64

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

deps: ## Install what the targets need (Debian 12; as root or through sudo)
	@.ci/deps $(debian_packages)
deps-deploy: deps ## Also what check-deploy needs: Debian packages, and pinned tools in DEPLOY_TOOLS (Go 1.26; about 6 minutes)
	@.ci/deps $(deploy_packages)
	@examples/deploy/tools/install.sh $(DEPLOY_TOOLS)
deps-deploy-cluster: deps-deploy ## Also the control plane of check-deploy-cluster (6 minutes more, 6 GB of Go's caches)
	@tests/deploy/cluster/install.sh $(DEPLOY_TOOLS)
deps-peers: deps ## Also what bench-peers needs beside cargo, go and npm
	@.ci/deps $(peer_packages)
deps-arm64: deps ## Also what lets `bits` check aarch64: a cross compiler, qemu, Check (adds arm64 to dpkg's architectures)
	@.ci/deps --architecture arm64 $(arm64_packages)
.PHONY: deps deps-deploy deps-deploy-cluster deps-peers deps-arm64

# `make deps check`: the packages first, also under -j, then a fresh make that finds them.
first_goals      := $(filter deps deps-deploy deps-deploy-cluster deps-peers deps-arm64,$(MAKECMDGOALS))
goals_after_deps := $(if $(first_goals),$(filter-out $(first_goals),$(MAKECMDGOALS)))
ifneq ($(goals_after_deps),)
.NOTPARALLEL:
.PHONY: $(goals_after_deps)
$(goals_after_deps): $(first_goals)
	@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$$(nproc)) $@
else

# ---- flags of our own
version_of = $(shell sed -n 's/^\#define OCL_VERSION_$(1) \([0-9]*\).*/\1/p' include/openclaw/version.h)
major   := $(call version_of,MAJOR)
version := $(major).$(call version_of,MINOR).$(call version_of,PATCH)

warnings     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wundef -Wvla \
	-Wc++-compat $(if $(WERROR),-Werror)
own_cppflags = -Iinclude -Ilib -D_GNU_SOURCE $(if $(filter c11,$(ATOMICS)),-DOCL_ATOMIC_C11)
own_cflags   = -std=c11 -fvisibility=hidden -ffp-contract=off -pthread $(warnings)
# Thread-local state is a few bytes, reached without a call; the general model would ask the dynamic linker each time.
pic_cflags   = -fPIC -ftls-model=initial-exec
# What an example sees is what a user sees: the public headers.
example_cppflags = -Iinclude
example_cflags   = -std=gnu11 -pthread $(warnings)
user_cflags  = $(CPPFLAGS) $(CFLAGS) $(VARIANT)
user_ldflags = $(CFLAGS) $(VARIANT) $(LDFLAGS)
ao_libs      = $(if $(filter c11,$(ATOMICS)),,$$($(PKG_CONFIG) --libs atomic_ops 2>/dev/null || echo -latomic_ops))
own_libs     = $(ao_libs) -lm -pthread
test_libs    = $$($(PKG_CONFIG) --libs check) -ljansson
server_packages = libmicrohttpd jansson sqlite3
# What only the rating server needs beyond these: the shared log.
shared_packages = hiredis openssl

# ---- what there is
headers      := $(sort $(wildcard include/openclaw/*.h))
lib_src      := $(sort $(wildcard lib/*/*.c))
lib_obj      := $(lib_src:%.c=$(B)/%.o)
pic_obj      := $(lib_src:%.c=$(B)/pic/%.o)
test_src     := $(sort $(wildcard tests/*/test_*.c))
stress_src   := $(sort $(wildcard tests/*/stress_*.c))
drive_src    := $(sort $(wildcard tests/*/drive_*.c))
fuzz_src     := $(sort $(wildcard tests/*/fuzz_*.c))
model_src    := $(sort $(wildcard tests/*/model_*.cc))
bench_src    := $(sort $(wildcard bench/bench_*.c))
server_src   := $(sort $(wildcard examples/rating_server/*.c))
# Examples of one file that run until they are stopped; every other one ends by itself, and `make check` runs it.
service_src  := $(wildcard examples/limit_server.c examples/prefork_server.c)
top_src      := $(sort $(wildcard examples/openclaw_top/*.c))
example_src  := $(filter-out $(service_src),$(sort $(wildcard examples/*.c)))
test_bin     := $(test_src:%.c=$(B)/%)
stress_bin   := $(stress_src:%.c=$(B)/%)
drive_bin    := $(drive_src:%.c=$(B)/%)
fuzz_bin     := $(fuzz_src:%.c=$(B)/%)
bench_bin    := $(bench_src:%.c=$(B)/%)
example_bin  := $(example_src:%.c=$(B)/%)
server_obj   := $(server_src:examples/%.c=$(B)/obj/%.o)
service_bin  := $(service_src:%.c=$(B)/%)
top_obj      := $(top_src:examples/%.c=$(B)/obj/%.o)
csv_src      := $(sort $(wildcard examples/rate_csv/*.c))
csv_obj      := $(csv_src:examples/%.c=$(B)/obj/%.o)
server_bin   := $(service_bin) $(if $(server_src),$(B)/examples/rating_server) $(if $(top_src),$(B)/examples/openclaw_top) \
	$(if $(csv_src),$(B)/examples/rate_csv)
program_obj  := $(addsuffix .o,$(test_bin) $(stress_bin) $(drive_bin) $(fuzz_bin) $(bench_bin) $(example_bin)) \
	$(service_bin:=.o) $(server_obj) $(top_obj) $(csv_obj) $(B)/tests/fuzz_replay.o

static_lib   := $(B)/libopenclaw.a
real_name    := libopenclaw.so.$(version)
soname       := libopenclaw.so.$(major)
shared_lib   := $(B)/$(real_name)

# nodelete: threads that counted have a destructor in here, so dlclose() must leave the code where it is.
shared_flags  = -shared -Wl,-soname,$(soname) -Wl,--version-script=lib/openclaw.map -Wl,-z,defs -Wl,-z,nodelete

# ---- the library
all: $(static_lib) $(shared_lib) ## The static and the shared library (the default)
programs: all $(test_bin) $(stress_bin) $(drive_bin) $(fuzz_bin) $(bench_bin) $(example_bin) $(server_bin) ## Compile everything, run nothing
servers: $(server_bin) ## The example servers
examples: $(example_bin) $(server_bin) ## All examples

# Objects depend on the flags they were compiled with: `make CFLAGS=-O0` after `make` never mixes the two.
$(B)/flags: export text = $(CC) $(own_cppflags) $(own_cflags) $(pic_cflags) $(user_cflags) $(shared_flags) $(LDFLAGS) $(LDLIBS)
$(B)/sources: export text = $(lib_src) $(version)
$(B)/flags $(B)/sources: FORCE
	@mkdir -p $(@D); printf '%s\n' "$$text" | cmp -s - $@ || printf '%s\n' "$$text" >$@

$(static_lib): $(lib_obj) $(B)/sources
	@rm -f $@
	$(AR) rcs $@ $(lib_obj)

$(shared_lib): $(pic_obj) $(B)/sources lib/openclaw.map
	$(CC) $(shared_flags) $(user_ldflags) -o $@ $(pic_obj) -Wl,--as-needed $(own_libs) $(LDLIBS)
	@ln -sf $(real_name) $(B)/$(soname)
	@ln -sf $(soname) $(B)/libopenclaw.so

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(extra_cflags) $(user_cflags) -MMD -MP -c -o $@ $<
$(B)/pic/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(pic_cflags) $(user_cflags) -MMD -MP -c -o $@ $<
$(B)/examples/%.o: examples/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(example_cppflags) $(example_cflags) $(extra_cflags) $(user_cflags) -MMD -MP -c -o $@ $<
$(B)/obj/%.o: examples/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(example_cppflags) $(example_cflags) $(extra_cflags) $(user_cflags) -MMD -MP -c -o $@ $<

# ---- programs; each room's are linked with the static library
# Tests in tests/servers/ are linked with all of the rating server but its main(), and see its headers.
server_parts = $(filter-out %/main.o,$(server_obj))
server_libs  = $$($(PKG_CONFIG) --libs $(server_packages) $(shared_packages))
$(filter $(B)/tests/servers/%,$(test_bin) $(fuzz_bin) $(drive_bin)): $(server_parts)
$(filter $(B)/tests/servers/%,$(test_bin) $(fuzz_bin) $(drive_bin)): room_libs = $(server_libs)
$(patsubst %,%.o,$(filter $(B)/tests/servers/%,$(test_bin) $(fuzz_bin) $(drive_bin))): extra_cflags = \
	-Iexamples/rating_server $$($(PKG_CONFIG) --cflags $(server_packages) $(shared_packages))
# Tests in tests/rate_csv/ likewise.
$(filter $(B)/tests/rate_csv/%,$(test_bin) $(fuzz_bin)): $(filter-out %/main.o,$(csv_obj))
$(patsubst %,%.o,$(filter $(B)/tests/rate_csv/%,$(test_bin) $(fuzz_bin))): extra_cflags = -Iexamples/rate_csv
$(test_bin) $(stress_bin) $(drive_bin): $(B)/%: $(B)/%.o $(static_lib)
	$(CC) $(user_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(test_libs) $(room_libs) $(own_libs) $(LDLIBS)
# A fuzz target is linked with clang's libFuzzer, or with a driver that runs saved inputs.
$(fuzz_bin): $(B)/%: $(B)/%.o $(if $(FUZZER),,$(B)/tests/fuzz_replay.o) $(static_lib)
	$(CC) $(user_ldflags) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $(filter %.o,$^) $(filter %.a,$^) -ljansson \
		$(room_libs) $(own_libs) $(LDLIBS)
$(bench_bin): $(B)/%: $(B)/%.o $(static_lib)
	$(CC) $(user_ldflags) -o $@ $^ $(own_libs) $(LDLIBS)
$(example_bin): $(B)/%: $(B)/%.o $(static_lib)
	$(CC) $(user_ldflags) -o $@ $^ $(own_libs) $(LDLIBS)
$(service_bin:=.o): extra_cflags = $$($(PKG_CONFIG) --cflags $(server_packages))
$(server_obj): extra_cflags = $$($(PKG_CONFIG) --cflags $(server_packages) $(shared_packages))
$(service_bin): $(B)/%: $(B)/%.o $(static_lib)
	$(CC) $(user_ldflags) -o $@ $^ $$($(PKG_CONFIG) --libs $(server_packages)) $(own_libs) $(LDLIBS)
$(top_obj): extra_cflags = $$($(PKG_CONFIG) --cflags ncursesw)
$(B)/examples/openclaw_top: $(top_obj) $(static_lib)
	@mkdir -p $(@D)
	$(CC) $(user_ldflags) -o $@ $^ $$($(PKG_CONFIG) --libs ncursesw) $(own_libs) $(LDLIBS)
$(B)/examples/rating_server: $(server_obj) $(static_lib)
	@mkdir -p $(@D)
	$(CC) $(user_ldflags) -o $@ $^ $(server_libs) $(own_libs) $(LDLIBS)
$(csv_obj): extra_cflags = $$($(PKG_CONFIG) --cflags jansson)
$(B)/examples/rate_csv: $(csv_obj) $(static_lib)
	@mkdir -p $(@D)
	$(CC) $(user_ldflags) -o $@ $^ $$($(PKG_CONFIG) --libs jansson) $(own_libs) $(LDLIBS)
# A bench prints how it was compiled.
$(bench_bin:=.o): extra_cflags = '-DOCL_BENCH_FLAGS="$(CC) $(CFLAGS)"'

# ---- install; the same list of headers serves both ways
define write_pc
	sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(patsubst $(prefix)/%,$${prefix}/%,$(libdir))|' \
		-e 's|@includedir@|$(patsubst $(prefix)/%,$${prefix}/%,$(includedir))|' -e 's|@version@|$(version)|' \
		-e "s|@ao_libs@|$(strip $(ao_libs))|" openclaw.pc.in >$(1)
endef
openclaw.pc: ## $(B)/openclaw.pc for this prefix
	@mkdir -p $(B)
	$(call write_pc,$(B)/openclaw.pc)
install: all ## Install under $(DESTDIR)$(prefix)
	$(INSTALL) -d $(DESTDIR)$(libdir) $(DESTDIR)$(includedir)/openclaw $(DESTDIR)$(pkgconfigdir)
	$(INSTALL) -m 644 $(headers) $(DESTDIR)$(includedir)/openclaw
	$(INSTALL) -m 644 $(static_lib) $(DESTDIR)$(libdir)
	$(INSTALL) -m 755 $(shared_lib) $(DESTDIR)$(libdir)
	ln -sf $(real_name) $(DESTDIR)$(libdir)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(libdir)/libopenclaw.so
	$(call write_pc,$(DESTDIR)$(pkgconfigdir)/openclaw.pc)
	chmod 644 $(DESTDIR)$(pkgconfigdir)/openclaw.pc
uninstall: ## Remove what `make install` with the same variables put there
	rm -f $(headers:include/%=$(DESTDIR)$(includedir)/%) $(DESTDIR)$(pkgconfigdir)/openclaw.pc \
		$(addprefix $(DESTDIR)$(libdir)/,libopenclaw.a $(real_name) $(soname) libopenclaw.so)
	-rmdir $(DESTDIR)$(includedir)/openclaw

# ---- tests. A result file holds three numbers: passed, failed, skipped; it is written anew each time.
export CC CXX CFLAGS PKG_CONFIG OCL_VECTORS STRESS_S FUZZ_S DEPLOY_TOOLS
export PYTHONDONTWRITEBYTECODE = 1
run = @tests/run.sh $@

unit_results     := $(test_bin:=.result)
stress_results   := $(stress_bin:=.result)
replay_results   := $(fuzz_bin:=.result)
model_results    := $(model_src:%.cc=$(B)/%.result)
mutant_results   := $(patsubst %.txt,$(B)/%.result,$(sort $(wildcard tests/*/mutants_*.txt)))
example_results  := $(example_bin:=.result)
script_results   := $(patsubst %,$(B)/tests/%.result,headers.sh symbols.sh sizes.sh install.sh flags.sh)
# In tests/servers/, helpers that no one runs begin with `_` or `lib`.
server_scripts   := $(filter-out tests/servers/lib% tests/servers/_%,$(sort $(wildcard tests/servers/*.sh tests/servers/*.py tests/examples/*.py)))
server_results   := $(server_scripts:%=$(B)/%.result)
exposition_results := $(patsubst %,$(B)/%.result,$(sort $(wildcard tests/*/oracle_*.sh tests/*/scrape_*.sh)))
oracle_results   := $(patsubst %,$(B)/%.result,$(sort $(wildcard tests/*/oracle_*.py)))
# In tests/deploy/, what is shared begins with `lib`.
deploy_results   := $(patsubst %,$(B)/%.result,$(filter-out tests/deploy/lib%,$(sort $(wildcard tests/deploy/*.sh))))
cluster_results  := $(patsubst %,$(B)/%.result,$(filter-out tests/deploy/cluster/lib% tests/deploy/cluster/install.sh,\
	$(sort $(wildcard tests/deploy/cluster/*.sh))))
vector_tests     := $(if $(test_src),$(shell grep -lE "OCL_VECTORS|vectors_open" $(test_src)))
vector_results   := $(vector_tests:%.c=$(B)/%.vectors.result)
check_results    := $(unit_results) $(script_results) $(example_results) $(exposition_results) $(server_results) \
	$(replay_results)

# $(call suite,name,results): a target that runs the results and sums them up.
define suite
.PHONY: $(1)
$(1): $(2)
	@tests/summary.sh $(2)
endef
$(eval $(call suite,check-unit,$(unit_results)))
$(eval $(call suite,check-bits,$(filter $(B)/tests/%/test_columns.result $(B)/tests/rating/test_bits%,$(unit_results))))
$(eval $(call suite,check-headers,$(B)/tests/headers.sh.result))
$(eval $(call suite,check-symbols,$(B)/tests/symbols.sh.result))
$(eval $(call suite,check-sizes,$(B)/tests/sizes.sh.result))
$(eval $(call suite,check-installed,$(B)/tests/install.sh.result))
$(eval $(call suite,check-flags,$(B)/tests/flags.sh.result))
$(eval $(call suite,check-examples,$(example_results)))
$(eval $(call suite,check-servers,$(server_results)))
$(eval $(call suite,check-shared,$(filter %_redis.py.result %_redis_faults.py.result %_redis_network.py.result,$(server_results))))
$(eval $(call suite,check-exposition,$(exposition_results)))

check: $(check_results) ## Unit tests, headers, symbols, sizes, installed tree, flags, examples, exposition, servers
	@tests/summary.sh $(check_results)
check-vectors: $(if $(OCL_VECTORS),$(vector_results)) ## The unit tests that read ../shared/vectors (or $(OCL_VECTORS))
	@$(if $(OCL_VECTORS),tests/summary.sh $(vector_results),echo "skipped: no vectors (set OCL_VECTORS)"; tests/summary.sh --skipped $(words $(vector_tests)))
stress: $(stress_results) ## Every stress test for STRESS_S seconds
	@tests/summary.sh $(stress_results)
model: $(model_results) ## The model checker (relacy) on every concurrent module; each of its mutants must fail
	@tests/summary.sh $(model_results)
mutants: $(mutant_results) ## Break the library in every way that tests/*/mutants_*.txt lists; a test must notice each
	@tests/summary.sh $(mutant_results)
check-deploy: $(deploy_results) ## Every file of examples/deploy/ by the tool that reads it (after make deps-deploy)
	@tests/summary.sh $(deploy_results)
check-deploy-cluster: $(cluster_results) ## up.sh and down.sh on a real control plane on loopback (after make deps-deploy-cluster)
	@tests/summary.sh $(cluster_results)
check-mpfr: $(B)/tests/base/mpfr_math.result ## exp, log and their kin against MPFR: within one unit in the last place (ROUNDS=n: more points)
	@tests/summary.sh $<
oracle: $(oracle_results) ## Compare with independent implementations (Python)
	@tests/summary.sh $(oracle_results)
fuzz-replay: $(replay_results) ## Run every saved input through the fuzz targets
	@tests/summary.sh $(replay_results)

$(B)/tests/base/mpfr_math: tests/base/mpfr_math.c $(static_lib)
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(user_cflags) $(user_ldflags) -o $@ $^ -lmpfr -lgmp $(own_libs) $(LDLIBS)
$(B)/tests/base/mpfr_math.result: $(B)/%.result: $(B)/% FORCE
	$(run) $<
# tests/<room>/fuzz_<name>.c keeps its inputs in tests/<room>/corpus_<name>/.
corpus = $(dir $*)corpus_$(patsubst fuzz_%,%,$(notdir $*))
$(unit_results): $(B)/%.result: $(B)/% FORCE
	$(run) $(TEST_WRAPPER) $<
$(vector_results): $(B)/%.vectors.result: $(B)/% FORCE
	$(run) $<
$(stress_results): $(B)/%.result: $(B)/% FORCE
	$(run) $(TEST_WRAPPER) $<
$(replay_results): $(B)/%.result: $(B)/% FORCE
	$(run) $(TEST_WRAPPER) $< $(corpus)
$(example_results): $(B)/%.result: $(B)/% FORCE
	$(run) $<
$(model_results): export TEST_TIMEOUT_S = 800
$(model_results): $(B)/%.result: %.cc $(headers) $(wildcard lib/*/*.c lib/*/*.h tests/*.h) FORCE
	$(run) tests/model.sh $< $(B)
$(mutant_results): export TEST_TIMEOUT_S = 3600
$(mutant_results): $(B)/%.result: %.txt $(static_lib) FORCE
	$(run) tests/mutants.sh $< $(B)
$(server_results): $(B)/%.result: % $(server_bin) $(filter $(B)/tests/servers/%,$(drive_bin)) FORCE
	$(run) $< $(B)
$(exposition_results) $(oracle_results): $(B)/%.result: % $(drive_bin) $(example_bin) $(server_bin) FORCE
	$(run) $< $(B)
$(deploy_results) $(cluster_results): export TEST_TIMEOUT_S = 900
$(deploy_results): $(B)/%.result: % $(server_bin) FORCE
	$(run) $< $(B)
$(cluster_results): $(B)/%.result: % FORCE
	$(run) $< $(B)
$(script_results): $(B)/%.result: % all FORCE
	$(run) env MAKE='$(MAKE)' $< $(B)

# ---- variants: a recursive make with a folder of its own, so that objects never mix. Tests may divide their rounds by
# OCL_TEST_SLOW.
sub_make = +@TEST_TIMEOUT_S=900 $(MAKE) --no-print-directory B=$(B)/$@
export OCL_TEST_SLOW
# gcc 12's ThreadSanitizer gives up where the kernel scatters addresses widely; not every container lets us say so.
no_aslr = TEST_WRAPPER="$$(setarch -R true 2>/dev/null && echo setarch -R)"
under_valgrind = TEST_WRAPPER='env CK_FORK=no valgrind --quiet --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite,indirect --num-callers=20'
sanitize: asan ubsan tsan ## asan, ubsan and tsan
asan: ## Unit tests and saved fuzz inputs under AddressSanitizer and UndefinedBehaviorSanitizer (gcc)
	$(sub_make) CC=gcc OCL_TEST_SLOW=4 check-unit-and-replay \
		VARIANT='-O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
ubsan: ## The same under clang's UndefinedBehaviorSanitizer, with its check of implicit conversions
	$(sub_make) CC=clang OCL_TEST_SLOW=4 check-unit-and-replay \
		VARIANT='-O1 -fsanitize=undefined,implicit-conversion -fno-sanitize-recover=all'
tsan: tsan-gcc tsan-clang ## Unit tests under ThreadSanitizer, gcc's and clang's
tsan-gcc:
	$(sub_make) CC=gcc OCL_TEST_SLOW=8 VARIANT='-O1 -fsanitize=thread' $(no_aslr) check-unit
tsan-clang:
	$(sub_make) CC=clang OCL_TEST_SLOW=8 VARIANT='-O1 -fsanitize=thread' $(no_aslr) check-unit
tsan-servers: ## The rating server under clang's ThreadSanitizer, while the tests of its shared log run
	$(sub_make) CC=clang CFLAGS='-O1 -g' VARIANT=-fsanitize=thread OCL_TEST_SLOW=4 ROUNDS=3 \
		TSAN_OPTIONS='halt_on_error=1 exitcode=66' check-shared
bits: ## The same bits by gcc and clang, at -O0, -O3, for this machine and for aarch64 (deps-arm64), and no fused multiply-add in the library
	+@MAKE='$(MAKE)' tests/bits.sh $(B)
valgrind: ## Unit tests under valgrind's memcheck
	$(sub_make) OCL_TEST_SLOW=20 $(under_valgrind) check-unit
c11: ## Unit tests with C11 atomics in place of libatomic_ops
	$(sub_make) ATOMICS=c11 check-unit
coverage: ## Lines of lib/ that the unit tests run
	$(sub_make) CC=gcc VARIANT='-O0 --coverage' check-unit; code=$$?; tests/coverage.sh $(B)/coverage; exit $$code
fuzz: ## Fuzz every target for FUZZ_S seconds (clang); what it finds lands in build/fuzz/found/
	$(sub_make) CC=clang FUZZER=1 fuzz-run \
		VARIANT='-O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all'
$(eval $(call suite,check-unit-and-replay,$(unit_results) $(replay_results)))
$(eval $(call suite,fuzz-run,$(fuzz_bin:=.fuzzed)))
$(fuzz_bin:=.fuzzed): $(B)/%.fuzzed: $(B)/% FORCE
	$(run) tests/fuzz.sh $< $(corpus) $(B)

# ---- everything else
bench: $(bench_bin) ## Run every bench
	@set -e; for program in $^; do $$program; done
bench-quick: $(bench_bin) ## Every bench with BENCH_QUICK=1 in the environment: does it still run?
	@set -e; for program in $^; do BENCH_QUICK=1 $$program; done
bench-peers: $(filter $(B)/bench/bench_peer_%,$(bench_bin)) ## Beside the peers in Rust, Go, Java, C, Node and Python: time and exactness (BENCH_QUICK=1: some minutes)
	bench/peers/limits.py $(B)
	@[ ! -x bench/peers/ratings.py ] || bench/peers/ratings.py $(B)
demo: all $(server_bin) $(example_bin) ## Start the example servers, show them at work, stop them
	@examples/demo/run.sh $(B)
example-rate: $(B)/examples/rate_csv ## Compare all rating systems on a file of results (DATA=file.csv, or the vectors', or made-up ones), with plots
	$(B)/examples/rate_csv --plot $(B)/example-rate $(or $(DATA),$(wildcard $(OCL_VECTORS)/rating/llmfao_sequence.csv),--demo)
demo-cluster: $(server_bin) ## Three rating servers, one log in Redis, haproxy: kill some, compare all
	@examples/demo/cluster.sh $(B)
lint: ## Format, static analysis, spelling, and the rules of CONTRIBUTING.md
	@CPPFLAGS_OWN='$(own_cppflags)' CPPFLAGS_EXAMPLES='$(example_cppflags)' tests/lint.sh $(B)
format: ## clang-format over every C file
	clang-format -i $(wildcard $(foreach ext,c h cc,include/openclaw/*.$(ext) $(foreach dir,lib/* tests tests/* bench examples \
		examples/*,$(dir)/*.$(ext))))
doc: ## The manual, in build/doc/html (doxygen; a warning is an error)
	@mkdir -p $(B)/doc
	@{ cat Doxyfile; echo 'OUTPUT_DIRECTORY = $(B)/doc'; echo 'PROJECT_NUMBER = $(version)'; } | doxygen -
abi: all ## Compare the ABI with the last tag's (abidiff)
	@MAKE='$(MAKE)' tests/abi.sh $(B)
abi-accept: ## Write lib/openclaw.map, tests/symbols.txt and tests/sizes.txt anew, to be read before a commit
	@MAKE='$(MAKE)' tests/abi_accept.sh $(B) $(major).$(call version_of,MINOR)
dist: ## The source of HEAD as build/libopenclaw-VERSION.tar.gz
	@mkdir -p $(B)
	git archive --prefix=libopenclaw-$(version)/ HEAD | gzip -n >$(B)/libopenclaw-$(version).tar.gz
clean: ## Remove what was built
	rm -rf $(B)
help: ## This list
	@sed -n 's/^\([a-z0-9.-]*\):[^#=]*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  %-14s %s\n' "$$name" "$$text"; done

.PHONY: all programs servers examples bits openclaw.pc install uninstall check check-vectors check-mpfr check-deploy check-deploy-cluster stress model mutants oracle fuzz \
	fuzz-replay sanitize asan ubsan tsan tsan-gcc tsan-clang tsan-servers valgrind c11 coverage bench bench-quick bench-peers demo demo-cluster example-rate lint \
	format doc abi abi-accept dist clean help FORCE
FORCE:

-include $(patsubst %.o,%.d,$(lib_obj) $(pic_obj) $(program_obj))
endif
