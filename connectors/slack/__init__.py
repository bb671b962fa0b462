"""The source kind `slack`: the channels and direct messages of one account in one workspace, with their threads.

Here is the name of the class alone. `connectors.slack.connector` says how a poll goes, `web` asks Slack through slack-sdk,
`workspace` knows names, `channel` and `threads` read, `messages` and `text` turn what Slack sends into items, `bell` rings.
"""

from connectors.slack.connector import Slack
from connectors.slack.options import SlackOptions

__all__ = ["Slack", "SlackOptions"]
