"""What facts about the user say of each other: the same, another thing, or that one of them holds no more."""
