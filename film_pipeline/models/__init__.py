"""The nouns of a film: data and its rules only, no input or output."""
