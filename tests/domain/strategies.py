"""Versions and graphs drawn at random, kept small so that they collide often."""

from __future__ import annotations

from hypothesis import strategies as st

from releases.domain.versions import parse

numbers = st.integers(min_value=0, max_value=3)
identifiers = st.one_of(numbers.map(str), st.sampled_from(["alpha", "beta", "rc", "x-1", "0a"]))
labels = st.lists(identifiers, max_size=3).map(".".join)
cores = st.tuples(numbers, numbers, numbers).map(lambda core: "{}.{}.{}".format(*core))
raw_versions = st.tuples(cores, labels, labels).map(
    lambda parts: parts[0] + (f"-{parts[1]}" if parts[1] else "") + (f"+{parts[2]}" if parts[2] else "")
)
versions = raw_versions.map(parse)
stable_versions = cores.map(parse)

# Long numbers, and words that begin alike: what an encoding of versions gets wrong first.
far_numbers = st.one_of(numbers, st.integers(min_value=0, max_value=10**24))
far_identifiers = st.one_of(
    far_numbers.map(str), st.from_regex(r"[a-zA-Z-][0-9a-zA-Z-]{0,2}", fullmatch=True), identifiers
)
far_versions = st.builds(
    lambda core, parts: parse("{}.{}.{}".format(*core) + (f"-{'.'.join(parts)}" if parts else "")),
    st.one_of(st.tuples(numbers, numbers, numbers), st.tuples(far_numbers, far_numbers, far_numbers)),
    st.lists(far_identifiers, max_size=3),
)

partials = st.lists(st.one_of(numbers.map(str), st.just("x")), min_size=1, max_size=3).map(
    lambda parts: ".".join("x" if "x" in parts[:place] else part for place, part in enumerate(parts))
)
comparisons = st.tuples(
    st.sampled_from(["", "^", "~", ">", ">=", "<", "<=", "="]), st.one_of(partials, raw_versions)
).map("".join)
range_texts = st.lists(comparisons, min_size=1, max_size=2).map(" ".join)

names = st.sampled_from("abcdefgh")
graphs = st.dictionaries(names, st.frozensets(names, max_size=4), max_size=8)
acyclic_graphs = graphs.map(
    lambda graph: {name: frozenset(other for other in needs if other < name) for name, needs in graph.items()}
)
