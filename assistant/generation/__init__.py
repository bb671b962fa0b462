"""The language model at work, inside its worker process: `files`, `loading`, `template`, then the loop of `decoding`.

Nothing here is imported by the daemon: `workers.language` starts the process and speaks with it over a pipe."""
