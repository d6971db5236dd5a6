# tests/unit/coverage.mk - which lines of net/ and lib/ the unit tests and packet scripts ran. Included by the Makefile.

COVERAGE := build/coverage
# A test's process ends by _exit() and must write its counts itself; a weak reference alone brings no __gcov_dump.
COVERAGE_LDFLAGS := --coverage -no-pie -Wl,-u,__gcov_dump

.PHONY: coverage
coverage:			## line coverage of net/ and lib/ by unit tests and packet scripts: build/coverage/index.html
	@mkdir -p $(COVERAGE)/objects && find $(COVERAGE)/objects -name '*.gcda' -delete
	@$(MAKE) -k --no-print-directory UO=$(COVERAGE)/objects UNIT_SAN=--coverage \
		UNIT_LDFLAGS='$(COVERAGE_LDFLAGS)' unit packet | grep -Ev "^ok|CC  *[a-z]" || true
	@cd $(COVERAGE) && gcovr -r ../.. --filter '../../net/' --filter '../../lib/' --gcov-ignore-parse-errors \
		--exclude-unreachable-branches --html-details index.html --txt summary.txt --json-summary summary.json objects 2>gcovr.log \
		|| { tail -5 gcovr.log; exit 1; }
	@$(PYTHON) tests/unit/coverage.py $(COVERAGE)/summary.json
	@echo "build/coverage/index.html has the lines, build/coverage/summary.txt the files"
