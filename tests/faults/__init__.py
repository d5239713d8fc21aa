"""The campaign of faults against five processes on a real Apache Kafka: run by `make faults`."""
