"""A sample is spread evenly over what is listed, and listing ends long before all is."""

from __future__ import annotations

from itertools import count

from edgewright.scale import Entry
from edgewright.scale.forecasting.sampling import MOST_LISTED, SAMPLED, take_sample


def entries(numbers):
    return (Entry(f"{number}.jpg") for number in numbers)


def test_inputs_without_end_are_not_listed_to_it():
    numbers = count()
    sample = take_sample(entries(numbers))
    assert (sample.listed, sample.complete, len(sample.entries)) == (MOST_LISTED, False, SAMPLED)
    assert next(numbers) == MOST_LISTED + 1


def test_it_is_spread_evenly():
    sample = take_sample(entries(range(1000)), 4)
    assert [entry.name for entry in sample.entries] == ["0.jpg", "250.jpg", "500.jpg", "750.jpg"]
    assert sample.complete
    assert sample.name_bytes == sum(len(f'"{number}.jpg"\n') for number in range(1000)) / 1000


def test_of_few_all_are_taken():
    sample = take_sample(entries(range(3)))
    assert [entry.name for entry in sample.entries] == ["0.jpg", "1.jpg", "2.jpg"]


def test_of_none_there_is_none():
    assert take_sample(entries(())).entries == []


def test_names_that_are_no_utf_8_have_their_bytes_counted():
    listed = take_sample(iter([Entry(b"\xff.jpg".decode("utf-8", "surrogateescape"))]))
    assert listed.name_bytes > 7
