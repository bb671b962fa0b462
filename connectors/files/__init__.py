"""The source kind `files`: a folder of the user's own notes and PDFs, as memory and never as news.

A folder keeps no history, so the cursor is a register of what it held: a poll walks the folder, compares, and reads
only what is new or changed. `folder` walks, `register` compares, `notes` and `pdf` read. Called like every connector.
"""

from connectors.files.connector import Files, FilesOptions

__all__ = ["Files", "FilesOptions"]
