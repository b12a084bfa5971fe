"""PSIS, leave-future-out, stacking and the table, against exact answers."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import genpareto, norm

from reassure.history.scores import (
    LeaveFutureOut,
    compare,
    khat_limit,
    leave_future_out,
    model_weights,
    smooth,
)
from reassure.history.scores.generalized_pareto import fit


@pytest.mark.parametrize(
    ("shape", "fitted", "scale", "khat", "largest"),
    [  # the numbers of arviz-stats 0.8
        (0.1, 0.15347504462388908, 0.9779948472544515, 0.1520887, -4.499245207779043),
        (0.4, 0.416739791131, 0.986919041641251, 0.41039332, -3.443005556496385),
        (0.8, 0.7678192000147748, 0.9991524169420778, 0.7548316327515917, -2.0766318235603265),
        (1.2, 1.1189228084593739, 1.0116197152374105, 1.0993996951015448, -1.0863342776844072),
    ],
)
def test_pareto_tails_are_those_of_arviz(shape, fitted, scale, khat, largest):
    x = genpareto.ppf((np.arange(100) + 0.5) / 100, shape)
    assert np.ravel(fit(x[:, None])) == pytest.approx([fitted, scale], rel=1e-8)
    ratios = np.log(genpareto.ppf((np.arange(900) + 0.5) / 900, shape) + 1e-3)
    shuffled = ratios[np.argsort(np.modf(np.arange(900) * 0.6180339887498949)[0])]
    found = smooth(np.stack([shuffled, shuffled + 3], axis=1))
    assert found.khat == pytest.approx([khat, khat], rel=1e-6)
    assert found.logs.max(0) == pytest.approx([largest, largest])
    assert logsumexp(found.logs, axis=0) == pytest.approx([0, 0])
    assert (np.argsort(found.logs[:, 0]) == np.argsort(shuffled)).all()


def test_weights_without_a_tail():
    even = smooth(np.zeros((1000, 1)))
    assert even.khat == -np.inf
    assert even.logs == pytest.approx(np.full((1000, 1), -np.log(1000)))
    lone = np.full((1000, 1), -900.0)
    lone[7] = 0
    assert smooth(lone).khat == np.inf
    assert smooth(np.zeros((10, 1)) - np.arange(10)[:, None]).khat == np.inf  # too few draws
    with pytest.raises(ValueError, match="above zero"):
        smooth(np.full((100, 1), -np.inf))
    with pytest.raises(ValueError, match="not a number"):
        smooth(np.full((100, 1), np.nan))


def test_the_limit_of_khat_is_lower_for_few_draws():
    assert khat_limit(10**6) == 0.7
    assert khat_limit(100) == pytest.approx(0.5)


def test_psis_finds_leave_one_out_of_a_normal_mean():
    rng = np.random.default_rng(0)
    y = rng.normal(1, 1, 30)
    draws = rng.normal(y.sum() / 31, 31**-0.5, 4000)  # prior N(0, 1), known variance 1
    logs = norm.logpdf(y, draws[:, None], 1)
    weights = smooth(-logs)
    found = logsumexp(weights.logs + logs, axis=0)
    rest = (y.sum() - y) / 30
    assert found == pytest.approx(norm.logpdf(y, rest, np.sqrt(1 + 1 / 30)), abs=0.02)
    assert (weights.khat < 0.5).all()


class NormalMean:
    """y_t ~ N(m, 1), m ~ N(0, 1): everything is known."""

    def __init__(self, y):
        self.y, self.rng, self.fits = y, np.random.default_rng(1), []

    def fit(self, until):
        self.fits.append(until)
        total, precision = self.y[:until].sum(), 1 + until
        draws = self.rng.normal(total / precision, precision**-0.5, 4000)
        return norm.logpdf(self.y, draws[:, None], 1)

    def exact(self, time, ahead):
        total, precision = self.y[:time].sum(), 1 + time
        out = 0.0
        for value in self.y[time : time + ahead]:
            out += norm.logpdf(value, total / precision, np.sqrt(1 + 1 / precision))
            total, precision = total + value, precision + 1
        return out


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize("fitted", [None, 10])
def test_leave_future_out_of_a_normal_mean(ahead, fitted):
    model = NormalMean(np.random.default_rng(2).normal(1, 1, 60))
    given = model.fit(60 if fitted is None else fitted)
    found = leave_future_out(given, first=10, fitted=fitted, ahead=ahead, refit=model.fit)
    exact = [model.exact(t, ahead) for t in found.times]
    assert found.elpd == pytest.approx(exact, abs=0.15)
    assert found.elpd.sum() == pytest.approx(sum(exact), abs=0.5)
    assert found.times.tolist() == list(range(10, 61 - ahead))
    assert found.unsound == 0
    assert 1 <= len(model.fits) <= 6  # a handful of fits stand for fifty


def test_without_refits_what_cannot_be_trusted_is_counted():
    y = np.concatenate([np.zeros(30), np.full(30, 5.0)])
    model = NormalMean(y)
    found = leave_future_out(model.fit(60), first=5)
    assert found.unsound > 0
    assert found.refits == ()
    mended = leave_future_out(model.fit(60), first=5, refit=model.fit)
    assert mended.unsound == 0
    assert mended.refits[0] == 5
    assert found.khat[-1] < found.limit


def test_times_without_data_are_passed_over():
    model = NormalMean(np.random.default_rng(3).normal(size=20))
    logs = model.fit(20)
    logs[:, [4, 12]] = np.nan
    found = leave_future_out(logs, first=3)
    assert found.times.tolist() == [t for t in range(3, 20) if t not in (4, 12)]
    logs[0, 5] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        leave_future_out(logs, first=3)


def test_draws_that_rule_out_the_past_do_not_break_it():
    logs = np.full((1000, 6), -1.0)
    logs[:10, 2] = -np.inf
    found = leave_future_out(logs, first=1)
    assert (
        found.khat[1] == np.inf
    )  # the posterior before time 2 had more of such draws than are here
    assert found.khat[-1] == -np.inf
    with pytest.raises(ValueError, match="outside"):
        leave_future_out(logs, first=6)


def test_stacking_finds_the_shares_of_a_known_mixture():
    rng = np.random.default_rng(4)
    y = np.where(rng.random(4000) < 0.3, rng.normal(-2, 1, 4000), rng.normal(2, 1, 4000))
    logs = np.stack([norm.logpdf(y, -2), norm.logpdf(y, 2), norm.logpdf(y, 9)], axis=1)
    found = model_weights(logs)
    assert found.stacking == pytest.approx([0.3, 0.7, 0], abs=0.03)
    assert found.stacking.sum() == pytest.approx(1)
    assert found.stacking_error[0] == pytest.approx(np.sqrt(0.3 * 0.7 / 4000), rel=0.3)
    assert found.pseudo_bma == pytest.approx([0, 1, 0], abs=0.01)


def test_two_copies_share_and_a_model_that_rules_out_what_came_gets_little():
    logs = np.random.default_rng(5).normal(-1, 0.3, 50)
    same = model_weights(np.stack([logs, logs], axis=1))
    assert same.stacking == pytest.approx([0.5, 0.5])
    assert same.pseudo_bma == pytest.approx([0.5, 0.5])
    ruled = logs + 0.1
    ruled[7] = -np.inf
    found = model_weights(np.stack([logs, ruled], axis=1))
    assert found.pseudo_bma == pytest.approx([1, 0])
    assert 0 < found.stacking[1] < 1  # mixed with the other it still helps at the other times


def foretold(elpd, khat=0.0, ahead=1):
    n = len(elpd)
    return LeaveFutureOut(np.arange(n), np.asarray(elpd), np.full(n, khat), 0.7, ahead, ())


def test_a_difference_beyond_errors_has_a_winner():
    rng = np.random.default_rng(6)
    good = rng.normal(-1, 0.5, 80)
    poor = good - 0.5 + rng.normal(0, 0.3, 80)
    found = compare({"poor": foretold(poor), "good": foretold(good)})
    assert [row.name for row in found.rows] == ["good", "poor"]
    assert found.rows[0].difference == 0
    assert found.rows[1].difference == pytest.approx((poor - good).sum())
    assert found.rows[1].difference_error == pytest.approx(np.sqrt(80) * (poor - good).std(ddof=1))
    assert found.winner == "good"
    assert found.sentence.startswith("good foretells best")


def test_no_winner_within_errors_nor_on_weak_ground():
    rng = np.random.default_rng(7)
    a = rng.normal(-1, 0.5, 80)
    b, c = a + rng.normal(-0.02, 1.0, 80), a - 2 + rng.normal(0, 0.1, 80)
    near = compare({"a": foretold(a), "b": foretold(b), "c": foretold(c)})
    assert near.winner == ""
    assert "cannot be told apart" in near.sentence
    assert near.sentence.endswith("behind: c")
    sure_but_small = compare({"a": foretold(a), "b": foretold(a - 0.03)})
    assert sure_but_small.winner == ""  # 2.4 nats without any error as computed
    shaky = compare({"a": foretold(a), "c": foretold(c, khat=0.9)})
    assert shaky.winner == ""
    assert "k-hat" in shaky.sentence
    few = compare({"a": foretold(a[:20]), "c": foretold(c[:20])})
    assert few.winner == ""
    assert "too few" in few.sentence


def test_overlapping_windows_widen_the_error():
    rng = np.random.default_rng(8)
    steps = rng.normal(size=203)
    windows = np.convolve(steps, np.ones(4), "valid")
    base = np.zeros(200)
    models = {"a": base + 1, "b": base + 1 - windows}
    alone = compare({k: foretold(v) for k, v in models.items()})
    together = compare({k: foretold(v, ahead=4) for k, v in models.items()})
    error, naive = (found.rows[1].difference_error for found in (together, alone))
    assert error / naive == pytest.approx(2, rel=0.3)  # sqrt of (1 + 2 (3 + 2 + 1) / 4)


def test_models_of_different_times_are_refused():
    with pytest.raises(ValueError, match="other times"):
        compare({"a": foretold(np.zeros(40)), "b": foretold(np.zeros(41))})
