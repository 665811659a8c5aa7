"""The parts of a study, in the order of the page; apart, so that naming them loads nothing."""

SECTIONS = (
    "regimes", "year", "import", "cold", "dilution", "corpus", "replay", "repeats", "youtube",
    "ablation",
)  # fmt: skip
