"""The heart of Karhu: the procedure, the law, time and money. Pure, and imports nothing of ours."""
