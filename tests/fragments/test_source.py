from scmaxatac.fragments._source import MatchReport


def test_the_rate_is_a_share_of_the_cells_asked_for():
    assert MatchReport(4, 3).rate == 0.75
    assert MatchReport(0, 0).rate == 0
