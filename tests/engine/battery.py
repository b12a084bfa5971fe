"""Statistical tests of bits and uniforms, each a p-value.

The bit tests are those of NIST SP 800-22 rev. 1a (Rukhin et al. 2010), sections 2.1 to 2.6 and
2.11 to 2.13; the tests of uniforms are from Knuth, The Art of Computer Programming 2, section
3.3.2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

Array = Any


def frequency(bits: Array) -> float:
    """2.1: as many ones as zeros."""
    return float(special.erfc(abs(2.0 * bits.sum() - bits.size) / math.sqrt(2.0 * bits.size)))


def block_frequency(bits: Array, length: int = 128) -> float:
    """2.2: as many ones as zeros in every block."""
    blocks = bits[: bits.size // length * length].reshape(-1, length)
    statistic = 4.0 * length * ((blocks.mean(axis=1) - 0.5) ** 2).sum()
    return float(special.gammaincc(len(blocks) / 2, statistic / 2))


def runs(bits: Array) -> float:
    """2.3: as many changes between neighbours as chance makes."""
    share, changes = bits.mean(), int((bits[1:] != bits[:-1]).sum()) + 1
    expected = 2.0 * bits.size * share * (1 - share)
    return float(
        special.erfc(
            abs(changes - expected) / (2 * math.sqrt(2.0 * bits.size) * share * (1 - share))
        )
    )


def longest_run(bits: Array) -> float:
    """2.4: the longest run of ones in blocks of 128."""
    blocks = bits[: bits.size // 128 * 128].reshape(-1, 128)
    run, longest = np.zeros(len(blocks), int), np.zeros(len(blocks), int)
    for column in blocks.T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    seen = np.bincount(np.clip(longest, 4, 9) - 4, minlength=6)
    law = np.array([0.1174, 0.2430, 0.2493, 0.1752, 0.1027, 0.1124])
    return float(stats.chisquare(seen, law / law.sum() * len(blocks)).pvalue)


def rank(bits: Array) -> float:
    """2.5: ranks of 32 x 32 matrices over the field of two elements."""
    matrices = bits[: bits.size // 1024 * 1024].reshape(-1, 32, 32).astype(np.uint64)
    rows = (matrices << np.arange(32, dtype=np.uint64)).sum(axis=2, dtype=np.uint64)
    ranks = np.zeros(len(rows), int)
    for bit in range(32):
        has = (rows >> np.uint64(bit)) & np.uint64(1)
        found, pivot = has.any(axis=1), has.argmax(axis=1)
        lead = np.where(found, rows[np.arange(len(rows)), pivot], 0).astype(np.uint64)
        rows = rows ^ np.where(has.astype(bool), lead[:, None], np.uint64(0))
        ranks += found
    seen = np.array([(ranks == 32).sum(), (ranks == 31).sum(), (ranks < 31).sum()])
    law = np.array([0.2888, 0.5776, 0.1336])
    return float(stats.chisquare(seen, law / law.sum() * len(ranks)).pvalue)


def spectral(bits: Array) -> float:
    """2.6: no period stands out of the discrete Fourier transform."""
    heights = np.abs(np.fft.rfft(2.0 * bits - 1.0)[: bits.size // 2])
    below = (heights < math.sqrt(math.log(1 / 0.05) * bits.size)).sum()
    expected = 0.95 * bits.size / 2
    return float(
        special.erfc(abs(below - expected) / math.sqrt(bits.size * 0.95 * 0.05 / 4) / math.sqrt(2))
    )


def serial(bits: Array, length: int = 10) -> float:
    """2.11: every pattern of ten bits as often as every other."""

    def psi(m: int) -> float:
        if m == 0:
            return 0.0
        return float((_patterns(bits, m) ** 2.0).sum() * 2**m / bits.size - bits.size)

    first = psi(length) - psi(length - 1)
    second = psi(length) - 2 * psi(length - 1) + psi(length - 2)
    return float(
        min(
            special.gammaincc(2 ** (length - 2), first / 2),
            special.gammaincc(2 ** (length - 3), second / 2),
        )
    )


def approximate_entropy(bits: Array, length: int = 8) -> float:
    """2.12: patterns of length m + 1 no more regular than those of length m."""

    def phi(m: int) -> float:
        share = _patterns(bits, m) / bits.size
        return float((share[share > 0] * np.log(share[share > 0])).sum())

    statistic = 2 * bits.size * (math.log(2) - (phi(length) - phi(length + 1)))
    return float(special.gammaincc(2 ** (length - 1), statistic / 2))


def cumulative_sums(bits: Array) -> float:
    """2.13: the walk of the bits strays no further than a random one."""
    n = bits.size
    z = np.abs(np.cumsum(2 * bits.astype(np.int64) - 1)).max() / math.sqrt(n)
    reach = int(math.sqrt(n) / (4 * z)) + 2
    k = np.arange(-reach, reach + 1)
    cdf = stats.norm.cdf
    first = (cdf((4 * k + 1) * z) - cdf((4 * k - 1) * z)).sum()
    second = (cdf((4 * k + 3) * z) - cdf((4 * k + 1) * z)).sum()
    return float(np.clip(1 - first + second, 0, 1))


def _patterns(bits: Array, m: int) -> Array:
    around = np.concatenate([bits, bits[: m - 1]]).astype(np.int64)
    values = sum(around[i : i + bits.size] << (m - 1 - i) for i in range(m))
    return np.bincount(values, minlength=2**m).astype(float)


NIST = (
    frequency,
    block_frequency,
    runs,
    longest_run,
    rank,
    spectral,
    serial,
    approximate_entropy,
    cumulative_sums,
)


def even(u: Array, cells: int = 1024) -> float:
    """Knuth A: as many numbers in every cell."""
    return float(stats.chisquare(np.bincount((u * cells).astype(int), minlength=cells)).pvalue)


def pairs(u: Array, v: Array, cells: int = 32) -> float:
    """Knuth B: pairs fill the square evenly."""
    where = (u * cells).astype(int) * cells + (v * cells).astype(int)
    return float(stats.chisquare(np.bincount(where.ravel(), minlength=cells**2)).pvalue)


def uncorrelated(u: Array, v: Array) -> float:
    """Knuth K: no linear relation between numbers and their partners."""
    z = 12.0 * ((u - 0.5) * (v - 0.5)).sum() / math.sqrt(u.size)
    return float(special.erfc(abs(z) / math.sqrt(2)))


def gaps(u: Array, low: float = 0.0, high: float = 0.1, longest: int = 40) -> float:
    """Knuth D: waiting times between visits to an interval are geometric."""
    waits = np.diff(np.flatnonzero((u >= low) & (u < high))) - 1
    p = high - low
    law = p * (1 - p) ** np.arange(longest)
    law = np.append(law, 1 - law.sum())
    seen = np.bincount(np.minimum(waits, longest), minlength=longest + 1)
    return float(stats.chisquare(seen, law * waits.size).pvalue)


def permutations(u: Array, length: int = 5) -> float:
    """Knuth F: every order of five numbers as often as every other."""
    groups = u[: u.size // length * length].reshape(-1, length)
    order = np.argsort(groups, axis=1) @ length ** np.arange(length)
    _, seen = np.unique(order, return_counts=True)
    seen = np.pad(seen, (0, math.factorial(length) - len(seen)))
    return float(stats.chisquare(seen).pvalue)


def maxima(u: Array, length: int = 8) -> float:
    """Knuth H: the largest of eight, to the eighth power, is uniform."""
    groups = u[: u.size // length * length].reshape(-1, length)
    return float(stats.kstest(groups.max(axis=1) ** length, "uniform").pvalue)


def birthday_spacings(words: Array) -> float:
    """Knuth J (Marsaglia): equal spacings among 512 birthdays in a year of 2**24 days."""
    days = np.sort((words >> np.uint32(8)).reshape(-1, 512).astype(np.int64), axis=1)
    spacings = np.sort(np.diff(days, axis=1, prepend=days[:, -1:] - 2**24), axis=1)
    equal = (spacings[:, 1:] == spacings[:, :-1]).sum(axis=1)
    law = stats.poisson.pmf(np.arange(7), 2.0)
    law = np.append(law, 1 - law.sum())
    seen = np.bincount(np.minimum(equal, 7), minlength=8)
    return float(stats.chisquare(seen, law * len(days)).pvalue)


def collisions(words: Array) -> float:
    """Knuth I: 2**14 numbers thrown into 2**20 urns hit an occupied one as often as they should."""
    urns = np.sort((words >> np.uint32(12)).reshape(-1, 2**14), axis=1)
    hit = (urns[:, 1:] == urns[:, :-1]).sum()
    n, m = 2.0**14, 2.0**20
    expected = len(urns) * (n - m * -math.expm1(n * math.log1p(-1 / m)))
    return float(2 * min(stats.poisson.cdf(hit, expected), stats.poisson.sf(hit - 1, expected)))


KNUTH_UNIFORMS = (even, gaps, permutations, maxima)
KNUTH_WORDS = (birthday_spacings, collisions)
