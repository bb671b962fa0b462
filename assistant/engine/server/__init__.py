"""The engine behind any OpenAI-compatible server: read `wire`, `abilities`, `streamed`, `steering`, then `engine`; `refusals` are its failures."""
