"""Of what is learned: features, training, search, validation."""

from ml_core.spec.keys.key import Key

LEARNED = {
    "features": Key("What a model is shown of the past.", {"groups": ["momentum"]}),
    "features.groups": Key(
        "Groups of features to choose from; left out, with names too, all of them.", ["momentum"]
    ),
    "features.names": Key(
        "Single features that are kept whatever is chosen.", ["momentum_5", "volatility_20"]
    ),
    "features.select": Key('How many of the groups a fit keeps, the best on training dates; or "all".'),
    "features.scaling": Key("How a feature is scaled; fitted on training dates."),
    "training": Key("How a network learns.", {"epochs": 20}),
    "training.loss": Key("What a network makes small."),
    "training.epochs": Key("How often a network sees the training dates, at most."),
    "training.batch": Key("How many windows make one step of learning."),
    "training.windows": Key(
        "At most so many windows an epoch, drawn at random: bounds it on a large panel.", 20000
    ),
    "training.learning_rate": Key("How far one step of learning goes."),
    "training.weight_decay": Key("How strongly large weights are drawn back."),
    "training.precision": Key(
        "In which numbers a network computes; auto takes the shorter ones where they are quick."
    ),
    "training.patience": Key("After so many epochs without a better score on validation dates a fit ends."),
    "training.clip": Key("The longest step that a batch may ask for."),
    "training.device": Key('Where a network learns, as torch names it: "cpu" or "cuda".'),
    "search": Key("Which models are tried, how many, and how the worse ones are dropped.", {"trials": 24}),
    "search.families": Key("Networks and baselines that are tried.", ["lstm", "ridge"]),
    "search.width": Key("A wide search also varies how a model reads; auto is wide from 200 trials on."),
    "search.trials": Key("How many models are tried."),
    "search.epochs": Key("Epochs of a trial, at most; left out, those of training.", 12),
    "search.sampler": Key("Who proposes the next trial."),
    "search.scheduler": Key("How trials are dropped early."),
    "search.objective": Key("By which score on validation dates trials are compared."),
    "search.answer": Key('The best trial answers ("best"), or so many of the best as one.'),
    "search.ranges": Key("What a search varies besides, or otherwise.", {"task.lookback": [20, 60]}),
    "search.lag": Key(
        "A decision looks at trials that began so many before; left out, three for each at once.", 6
    ),
    "search.cpus_per_trial": Key("Processors of a trial."),
    "search.gpus_per_trial": Key("GPUs of a trial; a part of one is shared."),
    "search.stall_minutes": Key("After so many minutes without progress a search gives up."),
    "search.seed": Key("From which number all chance is drawn."),
    "validation": Key(
        "How the sessions are parted: what is learned from, what is tested, what no search sees.",
        {"train": 504},
    ),
    "validation.scheme": Key("Walking forward through time, or every choice of groups of sessions."),
    "validation.groups": Key("Of a combinatorial scheme: into how many groups the sessions are cut."),
    "validation.test_groups": Key("Of a combinatorial scheme: how many groups are tested at a time."),
    "validation.train": Key("Sessions to learn from in each fold, or a share of all (0.5)."),
    "validation.test": Key("Sessions that each fold is tested on, or a share of all (0.1)."),
    "validation.step": Key("Sessions from one fold to the next; left out, those of test.", 63),
    "validation.expanding": Key("Whether a fold learns from all sessions before it."),
    "validation.embargo": Key("Sessions left out between the parts, beyond the longest horizon."),
    "validation.folds": Key("At most so many folds, the latest; left out, as many as fit.", 4),
    "validation.holdout": Key(
        "The last sessions, which no search sees: so many, a share, or from a date on."
    ),
    "validation.early_stopping": Key(
        "The share of the training dates, the last of them, by which the best epoch is chosen."
    ),
    "validation.seeds": Key("How many networks of each spec are fitted, to answer as one."),
    "validation.baselines": Key("Simple rules that stand beside every score.", ["zero", "ridge"]),
}
