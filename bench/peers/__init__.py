"""cmr-watch beside what people would otherwise use: `make bench-peers`, described in docs/benchmarks.md."""
