from film_pipeline.letters.typeface import in_reading_order, readable


def test_words_from_right_to_left_are_turned_around_and_others_stay() -> None:
    assert in_reading_order("abc \u05d0\u05d1 \u05d2 def 12") == "abc \u05d2 \u05d1\u05d0 def 12"


def test_letters_that_cannot_be_drawn_become_one_square_and_are_told() -> None:
    assert readable("Kůň, конь, ίππος") == ("Kůň, конь, ίππος", "")
    assert readable("a 雨雨が b") == ("a \N{WHITE SQUARE} b", "雨が")
