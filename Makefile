# Everything a newcomer types. Each target may be run again; the second time is quick.
#
#   make demo     all four stages on real pictures, from nothing
#   make test     build and pass every test; make test-faults adds the long form of the fault tests
#   make fuzz     libFuzzer on the readers of strangers' files   [SECONDS=600]
#   make bench    our work against a peer's, JSON lines   [ONLY=train|score|loader|demo|busy|select|index|…]
#   make parquet  Apache Arrow, for lists and selections in Parquet   [TOOLS=1: and what tests them]

SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c
export PKG_CONFIG_PATH := $(CURDIR)/.libtorch:$(PKG_CONFIG_PATH)
# Tests look inside modules; the same flags for both, so that a test run does not build twice.
FLAGS = -c release -Xswiftc -enable-testing $(shell cat .libtorch/flags)
HALCYON = .build/release/halcyon

.PHONY: setup parquet build demo test test-faults example fuzz bench benchmarks lint clean

setup:
	@scripts/setup

# Loaded at run time: nothing is built again after it, and everything else works without it.
parquet: setup
	@scripts/setup-parquet $(if $(TOOLS),--test)

build: setup
	swift build $(FLAGS) --product halcyon

demo: build
	$(HALCYON) run Recipes/fashion-mnist.yaml --out runs/fashion-mnist

# One libtorch in the process and one pool of threads under it: one test at a time. Its threads sleep
# rather than spin while they wait, so that other work on the machine does not stall them. What failed
# among a thousand tests is said once more at the end.
test: setup
	swift build $(FLAGS) --build-tests
	OMP_WAIT_POLICY=passive swift test $(FLAGS) --skip-build --no-parallel 2>&1 | tee .build/test.log \
	  || { echo "What failed, of .build/test.log:"; grep -A 8 '^✘' .build/test.log | grep -vE '^(◇|✔)' || tail -n 20 .build/test.log; exit 1; }

# Every place at which a file operation can fail and fifty rounds of kill -9, instead of some.
test-faults: setup
	swift build $(FLAGS) --build-tests
	HALCYON_TEST_FAULTS=all OMP_WAIT_POLICY=passive swift test $(FLAGS) --skip-build --no-parallel \
	  --filter RankingFaultTests

# The programs of Examples/, on budgets of seconds.
example: build
	swift build $(FLAGS) --product SelfTraining
	swift build $(FLAGS) --product OwnLoop
	OMP_WAIT_POLICY=passive .build/release/SelfTraining
	OMP_WAIT_POLICY=passive .build/release/OwnLoop

# libFuzzer on what reads strangers' files, SECONDS a reader; CONTRIBUTING.md has what to do with finds.
SECONDS = 600
fuzz: setup
	@Fuzzing/run $(SECONDS)

bench: setup
	@Benchmarks/run $(ONLY)

# Only that the benchmarks compile: over what the tests are built of, of which nothing is built again.
benchmarks: setup
	cp Package.resolved Benchmarks/
	swift build $(FLAGS) --package-path Benchmarks --scratch-path .build --product halcyon-bench

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks Examples \
	  Fuzzing/Package.swift Fuzzing/Sources

clean:
	rm -rf .build .build-* Benchmarks/.build Fuzzing/.build
