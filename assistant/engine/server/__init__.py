"""The engine behind any OpenAI-compatible server: read `wire`, `abilities`, `streamed`, then `engine`; `refusals` are its failures."""
