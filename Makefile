# Dubplate. `make run` installs, builds, starts and proves it; `make test` proves all of it.
#
#   run stop          start everything on 127.0.0.1:$PORT with state in $DATA_DIR, and process one track (URL=…)
#   test check        everything / the quick half (unit tests and lint: seconds, no network, no root)
#   fault             the long form of the fault tests: hundreds of kills, power cuts, races, full disks (half an hour)
#   asan              the whole suite once more on an ASan and UBSan build
#   bench             figures as ratios against a peer in the same run
#   deps              Debian and npm packages, by name; fast when nothing is missing
#
# SAN=1 builds with sanitizers into build-asan; CC=clang works.

VERSION = 0.1.0
PORT ?= 8080
DATA_DIR ?= ./data
export PORT DATA_DIR

ifdef SAN
BUILD   = build-asan
OPT     = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -DDUBPLATE_ASAN
LDFLAGS += -fsanitize=address,undefined
else
BUILD = build
OPT   = -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
endif

WARN = -Wall -Wextra -Wshadow -Wformat=2 -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wvla
CFLAGS += -std=gnu17 $(OPT) -fPIE $(WARN) $(if $(CI),-Werror)
CPPFLAGS += -D_GNU_SOURCE -DDUBPLATE_VERSION='"$(VERSION)"' -MMD -MP -Ilib
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed

# ---- what is built from what ----

# Every file of a folder: a platform is lib/source_NAME.c and a row in lib/source.h, a test tests/unit/test_NAME.c.
names  = $(patsubst $(1)/%.c,%,$(wildcard $(2:%=$(1)/%)))
LIB    = $(call names,lib,base/*.c *.c)
WORKER = $(call names,worker,*.c stages/*.c ytdlp/*.c)
MEDIA  = $(call names,worker/media,*.c tag/*.c)
UNIT   = $(call names,tests/unit,test_*.c)
HANDLERS       = jobs preview queue tracks whitelist auth system sessions
HANDLER_SHARED = handler http send target view
JOBS_PARTS     = job_steer job_submit

LIB_OBJ     = $(LIB:%=$(BUILD)/lib/%.o) $(BUILD)/gen/migrations.o
WORKER_OBJ  = $(WORKER:%=$(BUILD)/worker/%.o)
MEDIA_OBJ   = $(MEDIA:%=$(BUILD)/worker/media/%.o)
HANDLER_OBJ = $(HANDLER_SHARED:%=$(BUILD)/cgi/%.o)
JOBS_OBJ    = $(JOBS_PARTS:%=$(BUILD)/cgi/%.o)
SQLITE_OBJ  = build/vendor/sqlite3.o
PROGRAMS    = $(BUILD)/dubplate $(BUILD)/dubplate-media $(HANDLERS:%=$(BUILD)/cgi/%.fcgi)
UNIT_BIN    = $(UNIT:%=$(BUILD)/tests/unit/%)

LIBS       = -lcjson -lsodium -lcurl -lutf8proc -lm
MEDIA_LIBS = -lavformat -lavcodec -lswresample -lswscale -lavutil -lmp3lame -lcjson -lm

.PHONY: all
all: $(PROGRAMS)
# Objects that only a pattern names would be deleted after the first build, and made again by the second.
.SECONDARY:

$(BUILD)/dubplate: $(WORKER_OBJ) $(BUILD)/libdubplate.a $(SQLITE_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/dubplate-media: $(MEDIA_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(MEDIA_LIBS)
$(BUILD)/cgi/%.fcgi: $(BUILD)/cgi/%.o $(HANDLER_OBJ) $(BUILD)/libdubplate.a $(SQLITE_OBJ)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lfcgi $(LIBS)
$(BUILD)/cgi/jobs.fcgi: $(JOBS_OBJ)
$(BUILD)/libdubplate.a: $(LIB_OBJ)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wconversion -isystem build/vendor -c -o $@ $<
$(BUILD)/cgi/%.o: cgi/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Icgi $(CFLAGS) -c -o $@ $<
$(BUILD)/worker/media/%.o: worker/media/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Iworker/media $(CFLAGS) -Wconversion -c -o $@ $<
$(BUILD)/worker/%.o: worker/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Iworker $(CFLAGS) -c -o $@ $<
$(BUILD)/tests/unit/test_%: tests/unit/test_%.c $(filter-out %/main.o,$(WORKER_OBJ)) $(BUILD)/libdubplate.a $(SQLITE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Iworker $(CFLAGS) $(LDFLAGS) -isystem build/vendor -o $@ $(filter %.c %.o %.a,$^) -lcmocka $(LIBS)
$(BUILD)/tests/unit/test_mp3: tests/unit/test_mp3.c $(MEDIA_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Iworker $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %/main.o,$^) -lcmocka $(MEDIA_LIBS)
# The regression test of the WAL-reset bug once more, on the system's SQLite: an affected one has to lose data, or the
# test proves nothing.
$(BUILD)/tests/unit/control/wal_reset: tests/unit/test_wal_reset.c tests/unit/vfs_shim.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(OPT) -fPIE $(WARN) -D_GNU_SOURCE -DWAL_RESET_CONTROL $(LDFLAGS) -o $@ $< -lsqlite3
$(BUILD)/lib/db.o: build/vendor/sqlite3.h

# The schema is part of the program: one string per migration, in the order of their numbers.
$(BUILD)/gen/migrations.c: $(sort $(wildcard sql/0*.sql))
	@mkdir -p $(@D)
	@{ echo 'extern const char *const db_migrations[];'; echo 'extern const int db_migration_count;'; \
	   echo 'const char *const db_migrations[] = {'; \
	   for f in $^; do sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$$/\\n"/' $$f; echo '    ,'; done; \
	   echo '};'; echo 'const int db_migration_count = $(words $^);'; } > $@
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# SQLite comes as the amalgamation inside a pinned npm package: Debian's own has the WAL-reset bug (lib/db.h).
SQLITE_PACKAGE = better-sqlite3@12.11.1
SQLITE_SHA256  = 60d2f39a3726cd6b9021da6f4e868608d66fbb6528a9f513dc8ffcc640493422
SQLITE_FLAGS   = -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 \
                 -DSQLITE_OMIT_DEPRECATED -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_DEFAULT_FOREIGN_KEYS=1 -DHAVE_FDATASYNC=1
build/vendor/sqlite3.c:
	@mkdir -p build/vendor
	cd build/vendor && npm pack --silent $(SQLITE_PACKAGE) >/dev/null && \
	    tar -xzf better-sqlite3-*.tgz --strip-components=3 package/deps/sqlite3/sqlite3.c package/deps/sqlite3/sqlite3.h
	@echo "$(SQLITE_SHA256)  $@" | sha256sum --check --quiet || { rm -f $@; exit 1; }
	@touch $@
build/vendor/sqlite3.h: build/vendor/sqlite3.c
	@touch -c $@
$(SQLITE_OBJ): build/vendor/sqlite3.c
	$(CC) -O2 -g -fPIE -w $(SQLITE_FLAGS) -c -o $@ $<

-include $(LIB_OBJ:.o=.d) $(WORKER_OBJ:.o=.d) $(MEDIA_OBJ:.o=.d) $(HANDLER_OBJ:.o=.d) $(JOBS_OBJ:.o=.d) \
         $(HANDLERS:%=$(BUILD)/cgi/%.d) $(UNIT_BIN:%=%.d)

# ---- what is done with it ----

JOBS = -j$(shell nproc)

.PHONY: deps deps-run run stop test check fault asan bench readme clean
deps-run:
	@.ci/deps run
deps:
	@.ci/deps test
	@cd tests/browser && { [ -e node_modules/.package-lock.json ] && \
	    [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund; }

run: deps-run
	@$(MAKE) --no-print-directory $(JOBS) all
	@nginx/stack run $(URL)
stop:
	@nginx/stack stop

check: deps
	@$(MAKE) --no-print-directory $(JOBS) all units
	@tests/run lint unit
test: deps
	@$(MAKE) --no-print-directory $(JOBS) all units
	@DUBPLATE_BUILD=$(CURDIR)/$(BUILD) tests/run
# The same tests are in `test`, shorter. The seed repeats the choices of chance: make fault DUBPLATE_TEST_SEED=…
FAULT = KILLS=500 TASKS=6000 REAL_KILLS=200 POSTS=1000 FILLS=24 DRAINS=100 FREEZES=10 SHORT_TASKS=2000 \
        SOAK_SECONDS=120 SOAK_REQUESTS=10000 SOAK_TASKS=1000 IMAGES=10000 RACES=2000 MUTANTS=10000
DUBPLATE_TEST_SEED ?= $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
fault: DUBPLATE_TEST_SEED := $(DUBPLATE_TEST_SEED)
fault: deps
	@$(MAKE) --no-print-directory $(JOBS) all units
	@rm -f $(BUILD)/fault.txt
	@echo "DUBPLATE_TEST_SEED=$(DUBPLATE_TEST_SEED); what is measured goes to $(BUILD)/fault.txt"
	@env $(FAULT:%=DUBPLATE_TEST_%) DUBPLATE_TEST_SEED=$(DUBPLATE_TEST_SEED) \
	    DUBPLATE_TEST_FIGURES=$(CURDIR)/$(BUILD)/fault.txt DUBPLATE_BUILD=$(CURDIR)/$(BUILD) \
	    tests/run -v $(BUILD)/tests/unit/test_power_loss $(BUILD)/tests/unit/test_job_races \
	    tests/media/test_mutants.py fault
asan:
	@DUBPLATE_TEST_PATIENCE=3 $(MAKE) --no-print-directory SAN=1 test
# Removes what an earlier checkout left: tests/run runs every program that is there.
.PHONY: units
units: $(UNIT_BIN) $(BUILD)/tests/unit/control/wal_reset
	@rm -f $(filter-out $(UNIT_BIN) %.d %/control,$(wildcard $(BUILD)/tests/unit/*))
bench: deps
	@$(MAKE) --no-print-directory $(JOBS) all
	@tests/bench/run

# The settings table of the README is the one in lib/conf_table.h; lint fails when it is stale.
readme: $(BUILD)/dubplate
	@tests/lint/readme --write

clean:
	@nginx/stack stop
	rm -rf build build-asan
