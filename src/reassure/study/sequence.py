"""Columns of a design: uniforms by (name, seed, index), each column independent of all others.

**Sobol'.** In base 2 the one-dimensional Sobol' sequence is the radical inverse of the index (van
der Corput 1935). A column shuffles the index and scrambles the value, both keyed by the column's
name::

    u(i) = (scramble(reverse(shuffle(i))) + 1/2) / 2**32

``scramble`` is the nested uniform permutation of Owen (1995) as a hash (Burley 2020, "Practical
Hash-Based Owen Scrambling", Journal of Computer Graphics Techniques 9(4)): any aligned 2**k values
of the sequence still have one in each of 2**k equal intervals. ``shuffle`` makes the pairing of two
columns random. It moves indices only inside [2**k, 2**(k + 1)), and from k = 5 on only inside
eighths of that range, whose order is shuffled by a nested permutation: so the first 2**k draws, and
the first 9/8, 10/8, .. of that, remain evenly spread.

**Random.** SplitMix64 (Steele, Lea & Flood 2014, OOPSLA) of the index, keyed by the name.

**Latin.** SciPy's Latin hypercube, column by column. It is made for one number of scenarios.
"""

from __future__ import annotations

from hashlib import blake2b, shake_128

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bits = NDArray[np.uint32]

DESIGN_VERSION = 1
"""Part of every column's key; a change of the method changes it, and with it every number."""


_WHOLE = 5  # indices from 2**5 on are shuffled in eighths
_PARTS_LOG2 = 3
_ROUNDS = 4


def column(kind: str, name: str, seed: int, first: int, count: int) -> Array:
    """Draws ``first`` to ``first + count - 1`` of the column ``name``, strictly between 0 and 1.

    Args:
        kind: ``sobol``, ``random`` or ``latin``; a Latin column begins at 0 and depends on
        ``count``. name: what the column belongs to: a parameter's alias, or its name. first, count:
        indices below 2**32.
    """
    text = f"{name}:{kind}:{seed}:{DESIGN_VERSION}".encode()
    key = blake2b(text, digest_size=32, person=b"reassure-design").digest()
    if kind == "sobol":
        return _sobol(key, first, count)
    if kind == "random":
        return _random(int.from_bytes(key[:8], "little"), first, count)
    return _latin(int.from_bytes(key, "little"), count)


def _sobol(key: bytes, first: int, count: int) -> Array:
    words = np.frombuffer(key, dtype="<u4")
    parts = []
    at, last = first, first + count
    while at < last:
        level = max(at, 1).bit_length() - 1
        end = min(last, 2 << level if at else 1)
        index = np.arange(at, end, dtype=np.uint32)
        parts.append(_shuffled(index, level, key) if at else index)
        at = end
    inverse = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint32)
    # Reversing the radical inverse, as the scramble asks, gives the index back.
    value = _reversed(_nested(_nested(inverse, words[0], words[1]), words[2], words[3]))
    return np.asarray((value.astype(np.float64) + 0.5) * 2.0**-32)


def _shuffled(index: Bits, level: int, key: bytes) -> Bits:
    """Indices in [2**level, 2**(level + 1)) permuted among themselves: part by part, then the
    parts."""
    fine = level if level < _WHOLE else level - _PARTS_LOG2
    parts = 1 << (level - fine)
    size = 4 * (1 + 2 * _ROUNDS * parts)
    keys = np.frombuffer(shake_128(key + bytes([level])).digest(size), dtype="<u4")
    flips, rounds = int(keys[0]), keys[1:].reshape(_ROUNDS, 2, parts)
    part = (index >> np.uint32(fine)) - np.uint32(parts)
    mask, half = np.uint32((1 << fine) - 1), np.uint32((fine + 1) // 2)
    x = index & mask
    for add, factor in rounds:
        x = (x + add[part]) & mask
        x = (x * (factor[part] | np.uint32(1))) & mask
        x = x ^ (x >> half)
    order = np.array([_flipped(i, level - fine, flips) for i in range(parts)], dtype=np.uint32)
    return np.asarray(((order[part] + np.uint32(parts)) << np.uint32(fine)) | x)


def _flipped(part: int, bits: int, flips: int) -> int:
    """A nested permutation of [0, 2**bits): each bit is flipped or not by what the higher ones
    say."""
    result = 0
    for bit in reversed(range(bits)):
        above = (1 << (bits - 1 - bit)) - 1 + (part >> (bit + 1))
        result |= ((part >> bit & 1) ^ (flips >> above & 1)) << bit
    return result


def _reversed(x: Bits) -> Bits:
    """The 32 bits of each element in reverse order."""
    x = x.byteswap()
    for shift, mask in ((4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        low = np.uint32(mask)
        by = np.uint32(shift)
        x = ((x >> by) & low) | ((x & low) << by)
    return x


def _nested(x: Bits, add: np.uint32, factor: np.uint32) -> Bits:
    """A keyed permutation in which each bit depends on itself and on lower bits only.

    Laine & Karras (2011) with the constants of Vegdahl (2021, "Building a Better LK Hash"). Applied
    to reversed bits it is a nested uniform permutation; one after the other gives another one.
    """
    x = x ^ (x * np.uint32(0x3D20ADEA))
    x = x + add
    x = x * (factor | np.uint32(1))
    x = x ^ (x * np.uint32(0x05526C56))
    return x ^ (x * np.uint32(0x53A22864))


def _random(key: int, first: int, count: int) -> Array:
    index = np.arange(first + 1, first + count + 1, dtype=np.uint64)
    x = index * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return ((x >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _latin(key: int, count: int) -> Array:
    from scipy.stats import qmc

    cells = qmc.LatinHypercube(d=1, rng=np.random.default_rng(key)).random(count)[:, 0]
    return np.asarray(np.clip(cells, 2.0**-33, 1 - 2.0**-33))
