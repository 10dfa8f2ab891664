"""Of [model]: the family, and what each has to choose."""

from ml_core.spec.keys.key import Key

LEARNERS = {
    "model": Key("The model that `evaluate` fits, and that a search begins from.", {"family": "lstm"}),
    "model.family": Key("A network or a baseline, by its name."),
    "model.hidden": Key("The size of each layer of memory, or one for each layer.", [64, 32]),
    "model.layers": Key("How many layers lie on each other."),
    "model.dropout": Key("The share of a layer that is left out at random while it learns."),
    "model.width": Key("How many numbers stand for one step; a multiple of heads."),
    "model.heads": Key("How many ways of attending work beside each other."),
    "model.blocks": Key("How many blocks of attention lie on the memory."),
    "model.block": Key("How many steps attend to each other in full."),
    "model.keep": Key("How many steps of each earlier block are looked at."),
    "model.short": Key("How many sessions the shortest branch sees."),
    "model.middle": Key("How many sessions the middle branch sees."),
    "model.stride": Key("How many sessions the longest branch takes together."),
    "model.channels": Key("How many patterns a layer looks for."),
    "model.kernel": Key("How many steps a pattern has."),
    "model.levels": Key("How many layers there are; each sees twice as far."),
    "model.patch": Key("How many sessions are read as one step."),
    "model.span": Key("A session that long ago weighs about an eighth of today's."),
    "model.trees": Key("How many trees are grown, at most."),
    "model.depth": Key("How often a tree asks before it answers."),
    "model.leaf": Key("The fewest rows that an answer of a tree rests on."),
    "model.learning_rate": Key("How much of each tree's answer is believed."),
    "model.penalty": Key(
        "How strongly large answers are drawn to none; of ridge, left out: the best of five.", 1.0
    ),
    "model.patience": Key("After so many trees without a better score no more are grown."),
    "model.rows": Key("From how many rows is learned, at most."),
    "model.share": Key("Which share of the features is tried at each question."),
    "model.season": Key("How many sessions make a season; five are a week of daily bars."),
}
