"""The parsers, fed with whatever a fuzzer finds by watching which code its inputs reach: `make fuzz`."""
