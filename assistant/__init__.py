"""What is done with what was read and kept: ingest, stories, ranking, digest, delivery, service, client."""
