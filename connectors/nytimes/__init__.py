"""The source kind `nytimes`: sections of The New York Times, by RSS, or by the Top Stories API where a key is given.

Both show what stands in a section now, so a poll compares with the prints of what it has taken. `sections` knows their
names, `feed` and `top_stories` read them, `bylines` tells the authors apart. Called like every connector.
"""

from connectors.nytimes.connector import NewYorkTimes, NewYorkTimesOptions

__all__ = ["NewYorkTimes", "NewYorkTimesOptions"]
