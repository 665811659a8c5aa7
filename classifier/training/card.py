"""The model card: what a model was made from and how it did on sources it had not seen."""

from __future__ import annotations

from classifier.model import Model

SOURCES: dict[str, tuple[str, str]] = {
    "corpus": ("Winnow's own seed corpus, classifier/corpus", "this project's licence"),
    "django_cast": ("comments of a podcast site, 2018-2022 (django-cast)", "BSD-3-Clause"),
    "ham_haacked_blog": ("comments of a developer's blog (haacked.com)", "none stated"),
    "ham_mademistakes_blog": ("comments of a design blog (mademistakes.com)", "MIT"),
    "ham_monalenka_ru": ("Russian chat messages (monalenka)", "MIT"),
    "ham_wikipedia_talk": ("talk-page comments of the English Wikipedia", "CC BY-SA"),
    "sms_uci": ("SMS Spam Collection, UCI", "CC BY 4.0"),
    "spamassassin": ("SpamAssassin public mail corpus", "public domain (PDDL, CC0)"),
    "umputun_tg_spam": ("Telegram group messages (umputun/tg-spam)", "MIT"),
    "youtube_uci": ("YouTube Spam Collection, UCI", "CC BY 4.0"),
}

_HEAD = """# Model card: {name}

A linear model over hashed features of comments (feature version {version}), trained by
`python -m classifier train`. It holds weights only: no text of its training data can be read from
it.

**For** holding back spam among comments, forum posts and contact forms, as the starting point of a
site that then teaches it. **Not for** judging people, toxicity or truth, nor for deciding alone:
at its default bands it holds what is doubtful for a person to look at.

Libraries: {libraries}, Python {python}.

## Training data

| source | what | licence | spam | ham |
|---|---|---|---|---|
"""

_FIGURES = """
Rows that are spam though their source calls them ham are left out
(`classifier/training/leftover_spam.txt`).

## Figures on left-out sources

Each source was scored by a model that had not seen it (the corpus: each language by a model
without that language; the only large source of a language: each half by a model without it).
Bands: held from {hold}, rejected from {reject} (calibrated probability).

| source | AUC | spam held or rejected | ham held | ham rejected |
|---|---|---|---|---|
"""

_LIMITS = """
## Limits

Text does not transfer well between sites: what the model catches on a site that it has never seen
varies widely, and the site's own decisions do most of the work. Its ham is mostly English; a
language that only the seed corpus knows is judged with less evidence. Mail and SMS teach it words,
but are another genre.

SHA-256 of every file of training data is in the manifest of the model file.
"""


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def model_card(model: Model) -> str:
    """Return the card of a trained model in Markdown, from its manifest alone."""
    manifest = model.manifest
    libraries = ", ".join(f"{key} {value}" for key, value in manifest["libraries"].items())
    text = _HEAD.format(
        name=model.name,
        version=model.feature_version,
        libraries=libraries,
        python=manifest["python"],
    )
    for source, counts in manifest["rows"].items():
        what, licence = SOURCES.get(source, ("given by whoever trained it", "unknown"))
        text += f"| {source} | {what} | {licence} | {counts['spam']:,} | {counts['ham']:,} |\n"
    text += _FIGURES.format(hold=model.bands.hold, reject=model.bands.reject)
    for source, figures in manifest["left_out"].items():
        auc = f"{figures['auc']:.3f}" if "auc" in figures else ""
        cells = [
            auc,
            *(_share(figures.get(key)) for key in ("spam_caught", "ham_held", "ham_rejected")),
        ]
        text += f"| {source} | {' | '.join(cells)} |\n"
    return text + _LIMITS
