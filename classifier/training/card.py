"""The model card: what a model was made from and how it did on sources it had not seen."""

from __future__ import annotations

from classifier.model import Model

SOURCES: dict[str, tuple[str, str]] = {
    "corpus": ("Winnow's own seed corpus, classifier/corpus", "this project's licence"),
    "alexeykalina_blog": ("comments rejected by a blog, Russian (alexeykalina)", "MIT"),
    "billjr99_pr": ("comments rejected by a teacher's site (billjr99)", "MIT (the theme's file)"),
    "chrisrisner_blog": ("comments of a mobile developer's blog (chrisrisner)", "MIT"),
    "cmbuckley_pr": ("comments of a developer's blog (cmbuckley)", "CC BY 4.0"),
    "django_cast": ("comments of a podcast site, 2018-2022 (django-cast)", "BSD-3-Clause"),
    "eduardoboucas_blog": (
        "comments of a web developer's blog (eduardoboucas)",
        "ISC (package.json)",
    ),
    "fabienlasserre_blog": (
        "comments rejected by a developer's blog (fabienlasserre)",
        "MIT (package.json)",
    ),
    "filmprojektor_pr": (
        "comments rejected by a German film blog (filmprojektor)",
        "MIT (the theme's file)",
    ),
    "gitannex_forum": ("forum and bug comments (git-annex, ikiwiki)", "GPL/AGPL"),
    "ham_ar_social": ("Arabic tweets (iabufarha/ArSarcasm)", "MIT"),
    "ham_dyn4j_blog": ("comments on a physics engine's articles (dyn4j)", "BSD-3-Clause"),
    "ham_haacked_blog": ("comments of a developer's blog (haacked.com)", "none stated"),
    "ham_hoizey_blog": ("comments of a French web developer's blog (nicolas-hoizey.com)", "MIT"),
    "ham_ja_comments": ("Japanese comments (inspection-ai/japanese-toxic-dataset)", "Apache-2.0"),
    "ham_korean_news": ("comments on Korean news (kocohub/korean-hate-speech)", "CC BY-SA 4.0"),
    "ham_mademistakes_blog": ("comments of a design blog (mademistakes.com)", "MIT"),
    "ham_monalenka_ru": ("Russian chat messages (monalenka)", "MIT"),
    "ham_networkhobo_blog": ("comments of a network engineer's blog (networkhobo)", "Apache-2.0"),
    "ham_papagamedev_blog": ("comments of a games teacher's blog, Spanish (papagamedev)", "CC0"),
    "ham_pt_social": ("Portuguese tweets (ToLD-Br)", "CC BY-SA 4.0"),
    "ham_rachel_blog": (
        "comments of a student's blog, Vietnamese (trongthanh/yahoo360-rachel)",
        "MIT",
    ),
    "ham_rumpler_blog": (
        "comments of a developer's travel diary, German (rumpler)",
        "MIT (the theme's file)",
    ),
    "ham_thai_social": ("Thai social network messages (PyThaiNLP/wisesight-sentiment)", "CC0"),
    "ham_wikipedia_talk": ("talk-page comments of the English Wikipedia", "CC BY-SA"),
    "ham_zh_social": ("Chinese social network comments (thu-coai/COLDataset)", "Apache-2.0"),
    "id_judol_youtube": (
        "Indonesian YouTube comments (gbennnn/judol-comment-classification)",
        "MIT",
    ),
    "joehx_blog": ("comments that a personal blog's owner left unpublished (joehx)", "MIT"),
    "julien731_pr": ("comments of a WordPress developer's blog (julien731)", "MIT"),
    "macnaughton_pr": (
        "comments rejected by a developer's blog (macnaughton)",
        "MIT (the theme's file)",
    ),
    "mademistakes_pr": ("comments rejected by a design blog (mademistakes.com)", "MIT"),
    "mindbyte_pr": (
        "comments rejected by a .NET developer's blog (mindbyte)",
        "MIT (the theme's file)",
    ),
    "small_blogs_pr": ("comments of fifteen small blogs", "MIT, GPL-3.0, BSD"),
    "small_blogs_pr3": (
        "comments of three developers' blogs (tjaddison, kunalspathak, rumpler)",
        "MIT (the theme's files)",
    ),
    "sms_uci": ("SMS Spam Collection, UCI", "CC BY 4.0"),
    "someweekendreading_pr": (
        "comments of a blog on medicine and politics (someweekendreading)",
        "MIT",
    ),
    "spamassassin": ("SpamAssassin public mail corpus", "public domain (PDDL, CC0)"),
    "spinningnumbers_blog": ("comments of an electronics course (spinningnumbers)", "MIT"),
    "tg_spam_ru": ("Russian Telegram group messages (tizhproger/spamfilter)", "GPL-3.0"),
    "umputun_tg_spam": ("Telegram group messages (umputun/tg-spam)", "MIT"),
    "vplauzon_blog": ("comments of an Azure architect's blog (vplauzon)", "MIT (the theme's file)"),
    "yalov_pr": (
        "comments of a programmer's pages, Russian and English (yalov)",
        "MIT (the theme's file)",
    ),
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
varies, and the site's own decisions do most of the work. Its ham is mostly English; a language
that only the seed corpus knows is judged with less evidence. Mail and SMS teach it words, but are
another genre: they place no bands. Where a licence is a theme's file it says little of the
comments: the model holds weights of them and nothing else.

SHA-256 of every file of training data is in the manifest of the model file.
"""


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def model_card(model: Model) -> str:
    """Return the card of a trained model in Markdown, from its manifest alone."""
    manifest = model.manifest
    libraries = ", ".join(f"{key} {value}" for key, value in sorted(manifest["libraries"].items()))
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
