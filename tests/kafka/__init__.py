"""The office as five processes on a real Apache Kafka: run by `make test-kafka`."""
