"""Does a model keep to its instructions over a conversation: probes, two copies that converse, scores, and a live monitor."""
