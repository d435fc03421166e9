"""The exercises of Chinese segmentation: the solution passes, typical mistakes are told apart."""

from math import log

from seq2seq_tutor.text import best_path, forward_maximum_matching, word_graph


def paths(graph):
    ways = [0] * len(graph) + [1]
    for start in range(len(graph) - 1, -1, -1):
        ways[start] = sum(ways[end] for end in graph[start])
    return ways[0]


def words_in_graph(graph):
    return sum(len(ends) for ends in graph)


def product_of_choices(graph):
    number = 1
    for ends in graph:
        number *= len(ends)
    return number


def paths_unless_empty(graph):
    return paths(graph) if graph else 0


def fewest(text, dictionary, *, key=lambda words, score: (-words, score), graph_of=word_graph):
    graph = graph_of(text, dictionary)
    best = [None] * len(text) + [(0, 0.0, [])]
    for start in range(len(text) - 1, -1, -1):
        candidates = []
        for end in graph[start]:
            word = text[start:end]
            count = dictionary.frequencies.get(word) or 1
            words, score, rest = best[end]
            gain = log(count / dictionary.total)
            candidates.append((words + 1, score + gain, [word, *rest]))
        best[start] = max(candidates, key=lambda each: key(each[0], each[1]))
    return best[0][2]


def any_of_the_fewest(text, dictionary):
    return fewest(text, dictionary, key=lambda words, score: -words)


def most_words(text, dictionary):
    return fewest(text, dictionary, key=lambda words, score: (words, score))


def single_anywhere(text, dictionary):
    def graph_of(text, dictionary):
        graph = word_graph(text, dictionary)
        return [sorted({*ends, start + 1}) for start, ends in enumerate(graph)]

    return fewest(text, dictionary, graph_of=graph_of)


def stub(*arguments): ...


SOLUTIONS = {
    "chinese_segmentation.1": "context",
    "chinese_segmentation.2": ("rises", "falls"),
    "chinese_segmentation.3": paths,
    "chinese_segmentation.4": fewest,
}
STUBS = {
    "chinese_segmentation.1": ...,
    "chinese_segmentation.2": (..., ...),
    "chinese_segmentation.3": stub,
    "chinese_segmentation.4": stub,
}
GIVEN_AWAY = {  # no message may hold this
    "chinese_segmentation.1": "context is",
    "chinese_segmentation.2": "it falls because",
    "chinese_segmentation.3": "ways",
    "chinese_segmentation.4": "max(",
}
MISTAKES = {
    "chinese_segmentation.1": [
        ("dictionary", "which of them does the dictionary lack"),
        ("hmm", "Is there such a run"),
        ("更多", "yours is '更多' (str)"),
        (3, "yours is 3 (int)"),
    ],
    "chinese_segmentation.2": [
        (("falls", "falls"), "is it in a vocabulary"),
        (("stays", "falls"), "you say it stays"),
        (("rises", "rises"), "What becomes of a word"),
        (("rises", "更高"), "'on, then off' must be one of rises, stays, falls"),
        (("rises", ...), "no answer yet for on, then off"),
        ("rises", "must be a tuple"),
    ],
    "chinese_segmentation.3": [
        (words_in_graph, "are too many"),
        (product_of_choices, "are too many"),
        (lambda graph: 1, "1 paths are too few"),
        (lambda graph: float(paths(graph)), "must be an int, and yours is 1.0 (float)"),
        (paths_unless_empty, "For the empty text, 0 paths are too few"),
        (lambda graph: graph[99], "raised IndexError"),
        (7, "must be a function"),
    ],
    "chinese_segmentation.4": [
        (best_path, "1 are enough"),
        (forward_maximum_matching, "is more probable"),
        (any_of_the_fewest, "is more probable"),
        (most_words, "are enough"),
        (lambda text, dictionary: [text], "which is none"),
        (lambda text, dictionary: fewest(text, dictionary)[::-1], "are not the text, cut up"),
        (lambda text, dictionary: "".join(fewest(text, dictionary)), "a list of words was to come"),
        (single_anywhere, "stands where a word begins"),
        (lambda text: [text], "raised TypeError"),
    ],
}
