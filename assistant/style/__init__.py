"""The form of texts: read from one, written into another. A trait a file."""
