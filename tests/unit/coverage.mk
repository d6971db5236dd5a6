# tests/unit/coverage.mk - which lines of net/ and lib/ the unit tests and packet scripts ran. Included by the Makefile.

.PHONY: coverage
coverage:			## line coverage of net/ and lib/ by unit tests and packet scripts: build/coverage/index.html
	@$(MAKE) -k --no-print-directory UO=build/coverage/objects UNIT_SAN=--coverage unit packet | grep -v "^ok" || true
	@cd build/coverage && gcovr -r ../.. --filter '../../net/' --filter '../../lib/' --gcov-ignore-parse-errors \
		--html-details index.html --txt summary.txt --print-summary objects
	@echo "build/coverage/index.html has the lines, build/coverage/summary.txt the files"
