"""The generator: its bits, its addresses, and its chance."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from reassure.engine import random as generator

from . import battery

Array = Any
MASK = 0xFFFFFFFF
LEAST = 1e-5  # of a p-value: some 200 are looked at, all from fixed seeds

GOLDEN_KEY = 9389946774936655084
GOLDEN_WORDS = [3061621952, 2498715709, 3652530205]

# -- bits -----------------------------------------------------------------------------------------


def plain_pcg3d(x: int, y: int, z: int) -> tuple[int, int, int]:
    """As printed by Jarzynski & Olano (2020), in whole numbers of Python."""
    x, y, z = ((v * 1664525 + 1013904223) & MASK for v in (x, y, z))
    for last in (False, True):
        x = (x + y * z) & MASK
        y = (y + z * x) & MASK
        z = (z + x * y) & MASK
        if not last:
            x, y, z = (v ^ (v >> 16) for v in (x, y, z))
    return x, y, z


def test_the_hash_is_pcg3d_of_the_sum() -> None:
    inverse = pow(1664525, -1, 2**32)
    future = generator.future_words(3, "sobol", np.arange(4), 9)
    stream = generator.stream_words([1, 2**63 + 5], 7)
    got = generator.draw_words(future, stream)
    for s, lane in itertools.product(range(2), range(4)):
        f = [int(part[lane]) * inverse & MASK for part in future]
        k = [(int(part[s]) - 1013904223) * inverse & MASK for part in stream]
        expected = plain_pcg3d(*((a + b) & MASK for a, b in zip(f, k, strict=True)))
        assert tuple(int(word[s, lane]) for word in got) == expected


def test_the_numbers_of_this_version_stay() -> None:
    """A change here is a new GENERATOR_VERSION: it changes every published figure."""
    assert generator.GENERATOR_VERSION == 1
    assert generator.stream_key("provocation", "count") == GOLDEN_KEY
    future = generator.future_words(2007, "sobol", 5, 2**40 + 3)
    words = generator.draw_words(future, generator.stream_words([GOLDEN_KEY], 79))
    assert [int(word[0, 0]) for word in words] == GOLDEN_WORDS


def test_numpy_and_jax_give_the_same_bits_and_both_precisions_the_same_number() -> None:
    jax = pytest.importorskip("jax")
    scenario, replication = np.arange(500) + 2**33, np.arange(500)[::-1] * 977
    keys = [generator.stream_key(f"e{i}", "mark0") for i in range(9)]
    blocks = np.arange(9, dtype=np.uint32)

    def compiled(root: Array, sl: Array, sh: Array, rl: Array, rh: Array, *k: Array) -> Any:
        future = generator.future_words_from(root, sl, sh, rl, rh)
        stream = generator.stream_words_from(*k, blocks)
        words = generator.draw_words(future, stream)
        return words, generator.uniforms(future, stream, np.float32)

    lanes = (*generator.split(scenario), *generator.split(replication))
    root = generator.future_root(-4, "random")
    words, single = jax.jit(compiled)(root, *lanes, *generator.split(keys))
    future = generator.future_words(-4, "random", scenario, replication)
    stream = generator.stream_words(keys, blocks)
    for mine, theirs in zip(generator.draw_words(future, stream), words, strict=True):
        assert theirs.dtype == np.uint32
        assert np.array_equal(mine, theirs)
    for mine, theirs in zip(generator.uniforms(future, stream), single, strict=True):
        assert theirs.dtype == np.float32
        assert np.array_equal(mine, np.asarray(theirs).astype(float))


def test_uniforms_stay_inside_and_are_exact_in_single_precision() -> None:
    ends = np.array([0, MASK], dtype=np.uint32)
    for dtype in (np.float32, np.float64):
        low, high = generator.uniform(ends, dtype)
        assert low == 2.0**-24
        assert high == 1 - 2.0**-24
        assert dtype(1) - high == low


def test_an_address_gives_its_number_alone_and_among_others() -> None:
    keys = [generator.stream_key(name, "noise") for name in "abc"]
    futures = generator.future_words(1, "sobol", np.arange(50) // 10, np.arange(50) % 10)
    together = generator.draw_words(futures, generator.stream_words(keys, 4))
    alone = generator.draw_words(
        generator.future_words(1, "sobol", 3, 7), generator.stream_words(keys[1:2], 4)
    )
    for many, one in zip(together, alone, strict=True):
        assert many[1, 37] == one[0, 0]


def test_streams_that_would_collide_are_refused() -> None:
    generator.check_collisions([("a", "count"), ("a", "noise"), ("b", "count")])
    with pytest.raises(ValueError, match="a:count and a:count"):
        generator.check_collisions([("a", "count"), ("a", "noise"), ("a", "count")])


# -- chance: every coordinate of the address ------------------------------------------------------


def along_steps() -> tuple[Array, ...]:
    """Words with the step as the first axis: 480 steps, 4 streams, 256 futures."""
    future = generator.future_words(5, "sobol", np.arange(256) // 16, np.arange(256) % 16)
    words = [generator.draw_words(future, generator.stream_words(KEYS[:4], b)) for b in range(160)]
    return (np.concatenate([np.stack(word) for word in words]),)


def along_streams() -> tuple[Array, ...]:
    future = generator.future_words(5, "sobol", 0, np.arange(512))
    words = np.stack(generator.draw_words(future, generator.stream_words(KEYS, 2)))
    return (words.transpose(1, 0, 2),)


def along_replications() -> tuple[Array, ...]:
    future = generator.future_words(5, "sobol", 0, np.arange(16384))
    words = np.stack(generator.draw_words(future, generator.stream_words(KEYS[:10], 0)))
    return (words.transpose(2, 0, 1),)


def along_scenarios() -> tuple[Array, ...]:
    future = generator.future_words(5, "sobol", np.arange(16384), 0)
    words = np.stack(generator.draw_words(future, generator.stream_words(KEYS[:10], 0)))
    return (words.transpose(2, 0, 1),)


def along_far_scenarios() -> tuple[Array, ...]:
    """Scenarios that differ in their high words alone."""
    future = generator.future_words(5, "sobol", np.arange(16384) << 32, 0)
    words = np.stack(generator.draw_words(future, generator.stream_words(KEYS[:10], 0)))
    return (words.transpose(2, 0, 1),)


def along_seeds() -> tuple[Array, ...]:
    lanes = [generator.future_words(seed, "sobol", np.arange(16), 0) for seed in range(1024)]
    stream = generator.stream_words(KEYS[:10], 0)
    return (np.stack([np.stack(generator.draw_words(lane, stream)) for lane in lanes]),)


def along_designs() -> tuple[Array, ...]:
    lanes = [generator.future_words(5, f"sobol{i}", np.arange(16), 0) for i in range(1024)]
    stream = generator.stream_words(KEYS[:10], 0)
    return (np.stack([np.stack(generator.draw_words(lane, stream)) for lane in lanes]),)


def across_scenario_and_replication() -> tuple[Array, ...]:
    """(i, j) beside (j, i): the two indices must not be interchangeable."""
    i, j = np.triu_indices(600, 1)
    stream = generator.stream_words(KEYS[:3], 0)
    here = np.stack(generator.draw_words(generator.future_words(5, "sobol", i, j), stream))
    there = np.stack(generator.draw_words(generator.future_words(5, "sobol", j, i), stream))
    return (np.stack([here, there]),)


KEYS = np.array([generator.stream_key(f"element{i}", "count") for i in range(320)], np.uint64)
COORDINATES: tuple[Callable[[], tuple[Array, ...]], ...] = (
    along_steps,
    along_streams,
    along_replications,
    along_scenarios,
    along_far_scenarios,
    along_seeds,
    along_designs,
    across_scenario_and_replication,
)


@pytest.mark.parametrize("words_of", COORDINATES, ids=lambda f: f.__name__)
def test_neighbours_along_every_coordinate_are_independent(words_of: Any) -> None:
    (words,) = words_of()
    u = generator.uniform(words)
    found = {}
    for lag in (1, 2, 3, 6, 12):
        if lag < len(u):
            here, there = u[:-lag], u[lag:]
            found[lag, "pairs"] = battery.pairs(here, there)
            found[lag, "product"] = battery.uncorrelated(here, there)
            bits = np.bitwise_count((words[:-lag] ^ words[lag:]) >> np.uint32(9)).astype(float)
            z = (bits.mean() - 11.5) / np.sqrt(23 / 4 / bits.size)
            found[lag, "bits"] = float(special.erfc(abs(z) / np.sqrt(2)))
    assert min(found.values()) > LEAST, found


@pytest.mark.parametrize("words_of", COORDINATES, ids=lambda f: f.__name__)
def test_knuth_along_every_coordinate(words_of: Any) -> None:
    words = np.moveaxis(words_of()[0], 0, -1).ravel()[: 2**19]
    u = generator.uniform(words)
    found = {test.__name__: test(u) for test in battery.KNUTH_UNIFORMS}
    usable = words[: words.size // 2**14 * 2**14]
    found |= {test.__name__: test(usable) for test in battery.KNUTH_WORDS}
    found["uniform"] = float(stats.kstest(u, "uniform").pvalue)
    assert min(found.values()) > LEAST, found


@pytest.mark.parametrize("words_of", COORDINATES, ids=lambda f: f.__name__)
def test_nist_along_every_coordinate(words_of: Any) -> None:
    words = np.moveaxis(words_of()[0], 0, -1).ravel()[: 2**15]
    shifts = np.arange(31, 8, -1, dtype=np.uint32)
    bits = ((words[:, None] >> shifts) & np.uint32(1)).astype(np.int8).ravel()
    found = {test.__name__: test(bits) for test in battery.NIST}
    assert min(found.values()) > LEAST, found


def test_p_values_over_many_seeds_are_uniform_themselves() -> None:
    stream = generator.stream_words(KEYS[:8], 0)
    found = []
    for seed in range(300):
        future = generator.future_words(seed, "sobol", 0, np.arange(512))
        found.append(battery.even(generator.uniforms(future, stream)[seed % 3].ravel(), 64))
    assert stats.kstest(found, "uniform").pvalue > LEAST


def test_every_bit_used_is_balanced() -> None:
    words = along_replications()[0]
    for bit in range(9, 32):
        ones = int(((words >> np.uint32(bit)) & np.uint32(1)).sum())
        assert stats.binomtest(ones, words.size).pvalue > LEAST, bit


def flipped(component: str, bit: int) -> Array:
    """How often each bit of a draw changes when one bit of its address does: ``[3, 23]``."""
    lanes = np.arange(4096)
    address: dict[str, Array] = {
        "scenario": lanes * 7 + 1,
        "replication": lanes * 13 + 5,
        "key": np.full(1, KEYS[0]),
        "block": 11,
    }
    twin = dict(address)
    twin[component] = address[component] ^ type(np.asarray(address[component]).flat[0])(1 << bit)

    def words(a: dict[str, Array]) -> Array:
        future = generator.future_words(5, "sobol", a["scenario"], a["replication"])
        drawn = generator.draw_words(future, generator.stream_words(a["key"], a["block"]))
        return np.stack([word[0] for word in drawn])

    changed = words(address) ^ words(twin)
    shifts = np.arange(9, 32, dtype=np.uint32)
    return ((changed[..., None] >> shifts) & np.uint32(1)).mean(axis=1)


@pytest.mark.parametrize(
    ("component", "bits"),
    [("scenario", range(63)), ("replication", range(63)), ("key", range(63)), ("block", range(12))],
)
def test_one_bit_of_the_address_flips_half_of_the_draw(component: str, bits: range) -> None:
    for bit in bits:
        shares = flipped(component, bit)
        # 4096 flips: a standard deviation of 0.008, and 69 shares a bit
        assert np.abs(shares - 0.5).max() < 0.045, (component, bit)


def test_no_two_of_a_million_futures_share_their_words() -> None:
    scenario, replication = np.divmod(np.arange(1 << 20), 1024)
    x, y, z = generator.future_words(5, "sobol", scenario, replication)
    for a, b in ((x, y), (y, z), (x, z)):
        both = a.astype(np.uint64) << np.uint64(32) | b
        assert np.unique(both).size == both.size


def test_no_two_blocks_of_streams_share_their_words() -> None:
    x, y, _ = generator.stream_words(KEYS[:, None], np.arange(2000)[None, :])
    both = x.astype(np.uint64) << np.uint64(32) | y
    assert np.unique(both).size == both.size


@pytest.mark.parametrize("test", battery.NIST, ids=lambda f: f.__name__)
def test_the_nist_tests_see_a_poor_generator(test: Any) -> None:
    """Each test passes fair bits and fails bits with a small fault of its own kind."""
    chance = np.random.default_rng(1)
    fair = chance.integers(0, 2, 1 << 19).astype(np.int8)
    assert test(fair) > LEAST
    assert test(POOR[test.__name__](fair, chance)) < LEAST


def sticky(bits: Array, chance: Any) -> Array:
    again = np.flatnonzero(chance.random(bits.size - 1) < 0.03) + 1
    bits = bits.copy()
    bits[again] = bits[again - 1]
    return bits


def biased(bits: Array, chance: Any) -> Array:
    return bits | (chance.random(bits.size) < 0.02)


def periodic(bits: Array, chance: Any) -> Array:
    return np.where(np.arange(bits.size) % 512 < 64, np.resize(bits[:64], bits.size), bits)


def linear(bits: Array, chance: Any) -> Array:
    """Every row of every matrix the sum of two others."""
    rows = bits.reshape(-1, 32, 32).copy()
    rows[:, 2] = rows[:, 0] ^ rows[:, 1]
    return rows.ravel()


def clumped(bits: Array, chance: Any) -> Array:
    """Blocks with too many ones or too many zeros, in turn."""
    blocks = bits.reshape(-1, 128).copy()
    blocks[::2, :8], blocks[1::2, :8] = 1, 0
    return blocks.ravel()


POOR: dict[str, Any] = {
    "frequency": biased,
    "block_frequency": clumped,
    "runs": sticky,
    "longest_run": clumped,
    "rank": linear,
    "spectral": periodic,
    "serial": sticky,
    "approximate_entropy": sticky,
    "cumulative_sums": biased,
}
