"""Lines and columns of pointers."""

from screentest_contracts.raw.places import Places


def test_places_follow_merges_and_fall_back_to_the_parent() -> None:
    places = Places("a: &one\n  b: 1\nc:\n  <<: *one\n  d: [x, {e: 2}]\n")
    assert places.of("") == (1, 1)
    assert places.of("/a/b") == (2, 3)
    assert places.of("/c/b") == (2, 3), "a merged member stands where it was written"
    assert places.of("/c/d/1/e") == (5, 11)
    assert places.of("/c/d/9/e") == (5, 3)
    assert Places("\t{").of("/a") == (1, 1)
