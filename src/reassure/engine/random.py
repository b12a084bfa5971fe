"""Chance by address: every draw is a hash of where it is used, so any future replays alone.

A draw has the address (seed, design, scenario, replication, stream, step). Nothing is carried
from draw to draw: policies share their luck because they ask at the same addresses, and a new
stream, parameter or scenario moves no other number.

**The hash.** One evaluation of PCG3D (Jarzynski & Olano 2020, "Hash Functions for GPU
Rendering", Journal of Computer Graphics Techniques 9(3), ``pcg3d``) for each future, stream and
*block* of three steps gives three 32-bit words, one for each of the block's steps::

    word of step k = pcg3d(future + stream(k // 3))[k % 3]

``future`` is 96 bits hashed from (seed, design) and from scenario and replication (64 bits each),
once a future; ``stream`` is 96 bits hashed from the stream's 64-bit key and the block. Both have
passed two full hashes, so the sum has no structure left of the address. PCG3D opens with
``v * A + C``; since ``A * (f + s) + C = A * f + (A * s + C)``, :func:`future_words` and
:func:`stream_words` return these two summands, and the six multiplications that remain are all
that three draws cost. PCG3D is a bijection of 96 bits: two draws coincide only where
``future + stream`` does.

**The uniform.** The top 23 bits of a word, centred: ``(2 * (w >> 9) + 1) / 2**24``, from
``2**-24`` to ``1 - 2**-24``. It is exact in single and in double precision, so runs of both
precisions share their luck, and ``1 - u`` is exact too. (24 bits and a half would round to 1 in
single precision.)

**How draws are used.** The compiled engine and the plain interpreter read the same uniforms ``u``
of step ``k`` in the same way; the stream's name is the element's alias, or else its name.

- noise (purpose ``noise``): 'normal' and 'ar1' take e = inverse normal distribution function of
  u, where an ar1 path at step k has just used the draw of step k (x[0] that of step 0); 'uniform'
  takes u itself.
- event by rate (``count``): the number of c in 1 .. cap with u < P(N >= c), N Poisson.
- event by probability p (``count``): 1 if u < p.
- mark of the i-th event of a step, i from 0 (``mark<i>``): the inverse distribution function of u;
  exponential is -mean * log(u), discrete is value number #{j < n - 1: u * total >= w_0 + .. + w_j}.
- choice (``choice``): option number #{j: u * total >= w_0 + .. + w_j}, with w the logit weights, 0
  for what is closed, so that a closed option is never taken.
- observation of X by actor A (``observe``): noise * inverse normal of u; its name is ``X@A``.

Functions work on NumPy and on JAX arrays alike (unsigned 32-bit arithmetic that wraps) and give
the same bits; this module imports only NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np

GENERATOR_VERSION = 1
"""Part of every key: a change of the generator changes it, and with it every number."""

STEPS_PER_BLOCK = 3

Words = tuple[Any, Any, Any]
"""Three arrays of unsigned 32-bit words of one shape, NumPy's or JAX's."""

_A = np.uint32(1664525)
_C = np.uint32(1013904223)
_16 = np.uint32(16)
_8 = np.uint32(8)
_1 = np.uint32(1)


def stream_key(name: str, purpose: str) -> int:
    """The 64-bit key of a stream: a BLAKE2b hash of name, purpose and generator version.

    Args:
        name: the element's alias, or its canonical name where it has none.
        purpose: what the draw is for, as listed at the top of this module.
    """
    text = f"{name}:{purpose}:{GENERATOR_VERSION}".encode()
    digest = blake2b(text, digest_size=8, person=b"reassure-stream").digest()
    return int.from_bytes(digest, "little")


def check_collisions(streams: Iterable[tuple[str, str]]) -> None:
    """Prove that no two of the ``(name, purpose)`` pairs share a stream.

    Raises:
        ValueError: two pairs have one key, as two elements with one alias do; it names both.
    """
    seen: dict[int, tuple[str, str]] = {}
    for pair in streams:
        key = stream_key(*pair)
        if key in seen:
            first, second = ":".join(seen[key]), ":".join(pair)
            raise ValueError(f"{first} and {second} would share one random stream")
        seen[key] = pair


def future_root(seed: int, design: str) -> np.ndarray:
    """Four words that stand for (seed, design): any integer and the name of a design."""
    text = f"{seed}:{design}:{GENERATOR_VERSION}".encode()
    digest = blake2b(text, digest_size=16, person=b"reassure-future").digest()
    return np.frombuffer(digest, dtype="<u4").astype(np.uint32)


def split(index: Any) -> tuple[np.ndarray, np.ndarray]:
    """Low and high 32-bit words of indices up to 2**64 - 1: JAX has no 64-bit types by default."""
    wide = np.atleast_1d(np.asarray(index, dtype=np.uint64))
    low, high = wide & np.uint64(0xFFFFFFFF), wide >> np.uint64(32)
    return low.astype(np.uint32), high.astype(np.uint32)


def future_words(seed: int, design: str, scenario: Any, replication: Any) -> Words:
    """The summands of the futures (scenario, replication): NumPy, shape ``[lanes]``.

    Args:
        seed, design: see :func:`future_root`.
        scenario, replication: indices from 0, integer arrays that broadcast to one dimension.
    """
    scenario, replication = np.broadcast_arrays(np.atleast_1d(scenario), np.atleast_1d(replication))
    return future_words_from(future_root(seed, design), *split(scenario), *split(replication))


def future_words_from(
    root: Any, scenario_low: Any, scenario_high: Any, replication_low: Any, replication_high: Any
) -> Words:
    """As :func:`future_words`, from a root of shape ``[4]`` and the indices' words (NumPy or JAX).

    Two rounds of PCG4D: the first takes structured counters, the second leaves nothing of them.
    """
    words = pcg4d(
        root[0] ^ scenario_low,
        root[1] ^ replication_low,
        root[2] ^ scenario_high,
        root[3] ^ replication_high,
    )
    x, y, z, _ = pcg4d(*words)
    return x * _A, y * _A, z * _A


def stream_words(keys: Any, block: Any) -> Words:
    """The summands of streams in a block of three steps: NumPy, ``keys`` and ``block`` broadcast.

    Args:
        keys: 64-bit keys from :func:`stream_key`, for example ``[S]``.
        block: ``step // 3``, for example a scalar, or ``[blocks, 1]`` for a whole run.
    """
    low, high = split(keys)
    return stream_words_from(low, high, np.atleast_1d(np.asarray(block)).astype(np.uint32))


def stream_words_from(key_low: Any, key_high: Any, block: Any) -> Words:
    """As :func:`stream_words`, from the keys' words and an unsigned block (NumPy or JAX)."""
    x, y, z = pcg3d(*pcg3d(key_low, key_high, block))
    return x * _A + _C, y * _A + _C, z * _A + _C


def draw_words(future: Words, stream: Words) -> Words:
    """Three words for each future and stream, those of the block's three steps.

    Args:
        future: summands of shape ``[B]`` from :func:`future_words`.
        stream: summands of shape ``[S]`` from :func:`stream_words`.

    Returns:
        For each of the three steps an array ``[S, B]``.
    """
    x, y, z = (f[None, :] + s[:, None] for f, s in zip(future, stream, strict=True))
    return _mix3(x, y, z)


def uniform(word: Any, dtype: Any = np.float64) -> Any:
    """The uniform of a word, strictly between 0 and 1, the same in single and double precision."""
    return ((word >> _8) | _1).astype(np.int32).astype(dtype) * np.dtype(dtype).type(2.0**-24)


def uniforms(future: Words, stream: Words, dtype: Any = np.float64) -> Words:
    """The uniforms of the block's three steps, each ``[S, B]``; see :func:`draw_words`."""
    x, y, z = draw_words(future, stream)
    return uniform(x, dtype), uniform(y, dtype), uniform(z, dtype)


def pcg3d(x: Any, y: Any, z: Any) -> Words:
    """PCG3D of Jarzynski & Olano (2020): a bijection of three unsigned 32-bit words."""
    return _mix3(x * _A + _C, y * _A + _C, z * _A + _C)


def pcg4d(x: Any, y: Any, z: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    """PCG4D of Jarzynski & Olano (2020): a bijection of four unsigned 32-bit words."""
    x, y, z, w = x * _A + _C, y * _A + _C, z * _A + _C, w * _A + _C
    x, y, z, w = _round4(x, y, z, w)
    x, y, z, w = x ^ (x >> _16), y ^ (y >> _16), z ^ (z >> _16), w ^ (w >> _16)
    return _round4(x, y, z, w)


def _mix3(x: Any, y: Any, z: Any) -> Words:
    """PCG3D without its opening multiply-add."""
    x, y, z = _round3(x, y, z)
    return _round3(x ^ (x >> _16), y ^ (y >> _16), z ^ (z >> _16))


def _round3(x: Any, y: Any, z: Any) -> Words:
    x = x + y * z
    y = y + z * x
    z = z + x * y
    return x, y, z


def _round4(x: Any, y: Any, z: Any, w: Any) -> tuple[Any, Any, Any, Any]:
    x = x + y * w
    y = y + z * x
    z = z + x * y
    w = w + y * z
    return x, y, z, w
