"""What the API answers with, as pydantic models that its routers and the client share.

One noun a file, like the routers. They import pydantic and nothing heavy, because the client reads them at every command.
"""
