# An Sinh: `make demo` shows it, `make test` proves it, `make check` before each commit.
export GOFLAGS ?= -buildvcs=false
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: build demo test check bench clean-test

build:
	go build -trimpath -o bin/ansinh ./cmd/ansinh

demo:
	@scripts/need postgresql
	@$(MAKE) --no-print-directory build
	bin/ansinh demo $(DEMO)

test:
	@scripts/need postgresql tests
	@trap 'scripts/stop-test-postgres' EXIT; go test -timeout 20m ./...

# Under a minute once the build cache is warm: the whole tree is read, and the rooms that
# need no long months are tested. `make test` tests everything.
QUICK := ./money/... ./identity/... ./qr/... ./bank/... ./internal/... ./audit/... ./staff/...

check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "not formatted: run gofmt -w"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@trap 'scripts/stop-test-postgres' EXIT; go test -short $(QUICK)

bench: build
	@for what in payout post pay match reconcile parse; do bin/ansinh bench $$what --json; done
