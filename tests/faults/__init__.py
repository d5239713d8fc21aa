"""The campaign of faults, run by `make faults`: processes on a real Apache Kafka, and the money."""
