"""Language models behind the OpenAI chat API, spoken to well: one place for directing and judging alike.

Not here: what they are asked, and what their answers mean.
"""
