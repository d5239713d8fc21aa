"""A local Apache Kafka: fetched from Maven Central, one broker, for tests and for trying out."""
