"""Words that are drawn into pictures: the shipped typeface, and what of a text it can show."""
